"""Data sets of the hub and of the ``datasets`` library's folders (extra ``hub``)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from evenhand.data.records import Columns
from evenhand.errors import DataError, MissingFileError, did_you_mean
from evenhand.extras import need

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]*)/[\w.-]+(:[\w.-]+)?")
_MARKS = ("dataset_info.json", "dataset_dict.json")


def is_saved_folder(path: Path) -> bool:
    """Tell whether ``path`` is a folder written by ``save_to_disk``."""
    return any((path / mark).is_file() for mark in _MARKS)


def is_hub_id(name: str) -> bool:
    """Tell whether ``name`` has the form ``owner/name`` or ``owner/name:split``, and is no path."""
    found = _HUB_ID.fullmatch(name)
    return found is not None and not Path(found[1]).is_dir()


def saved_columns(path: Path) -> Columns:
    """Return the columns of a folder written by ``save_to_disk``.

    A folder of several splits gets a column ``split``; class numbers become class names, and
    -1 (the library's mark for a withheld label) becomes None.

    Raises:
        MissingExtraError: E104 without the ``datasets`` package.
        DataError: E204 when the library cannot read the folder.
    """
    datasets = need("hub", "datasets")
    try:
        return _columns(datasets.load_from_disk(str(path)))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            "E204",
            "that folder is no data set that the datasets library can read",
            got=f"{path}: {error}",
            fix="write it again with save_to_disk",
        ) from error


def hub_columns(name: str) -> Columns:
    """Return the columns of hub data set ``owner/name``, or of one split, ``owner/name:split``.

    Raises:
        MissingExtraError: E104 without the ``datasets`` package.
        MissingFileError: E202 when there is no such data set, or the hub cannot be reached.
        DataError: E209 when the data set has no such split.
    """
    datasets = need("hub", "datasets")
    identifier, _, split = name.partition(":")
    try:
        loaded = datasets.load_dataset(identifier)
    except (OSError, ValueError) as error:
        raise MissingFileError(
            "E202",
            "there is no such file, and the hub gives no data set of that name",
            got=f"{name!r}: {str(error).partition(chr(10))[0]}",
            fix="check the path, or the connection to the hub",
        ) from error
    if not split:
        return _columns(loaded)
    if split not in loaded:
        raise DataError(
            "E209",
            "the data set has no such split",
            got=repr(split),
            fix=did_you_mean(split, loaded),
        )
    return _columns(loaded[split])


def _columns(loaded: Any) -> Columns:
    if not isinstance(loaded, dict):
        return _named(loaded)
    parts = {split: _named(part) for split, part in loaded.items()}
    names = dict.fromkeys(name for part in parts.values() for name in part)
    sizes = {split: len(next(iter(part.values()), [])) for split, part in parts.items()}
    columns = {
        name: [
            cell for split, part in parts.items() for cell in part.get(name, [None] * sizes[split])
        ]
        for name in names
    }
    if len(parts) > 1:
        columns["split"] = [split for split, size in sizes.items() for _ in range(size)]
    return columns


def _named(part: Any) -> Columns:
    columns: Columns = {name: list(part[name]) for name in part.column_names}
    for name, feature in part.features.items():
        inner = getattr(feature, "feature", feature)
        if hasattr(inner, "int2str"):
            columns[name] = [_class_name(cell, inner.names) for cell in columns[name]]
    return columns


def _class_name(cell: Any, names: list[str]) -> Any:
    if isinstance(cell, list):
        return [names[c] for c in cell]
    return None if cell is None or cell < 0 else names[cell]
