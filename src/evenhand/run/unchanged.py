"""What must be as it was: the settings and the rows that a run was started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.data.split_file import split_hash


def changed_setting(config: RunConfig, resolved: Mapping[str, Any]) -> str | None:
    """Return the first setting that is not what ``resolved.json`` says, or None.

    A key that the file does not know, because an older evenhand wrote it, must have its default.
    ``train.epochs`` may be unset: the rows then choose it.

    Args:
        config: of the run file, as it is now.
        resolved: every setting as it was used when the run began.
    """
    now = dict(leaves(config.model_dump(mode="json")))
    was = dict(leaves(RunConfig().model_dump(mode="json"))) | dict(leaves(resolved))
    if config.train.epochs is None:
        now["train.epochs"] = was["train.epochs"]
    for key in sorted(now.keys() | was.keys()):
        if now.get(key) != was.get(key):
            return f"{key} is {now.get(key)!r} and was {was.get(key)!r}"
    return None


def changed_data(dataset: Dataset, hashes: Mapping[str, str]) -> str | None:
    """Return which files are not what a manifest says, ``"another split"``, or None.

    Args:
        dataset: the rows as they are now.
        hashes: ``sha256`` of the manifest.
    """
    known = set(hashes.values())
    if {split_hash(dataset), *dataset.sha256.values()} == known:
        return None
    files = [name for name, digest in dataset.sha256.items() if digest not in known]
    return ", ".join(files) or "another split"


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values of nested settings; a list is a value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{key}.")
        elif not isinstance(value, Mapping):
            yield f"{prefix}{key}", value
