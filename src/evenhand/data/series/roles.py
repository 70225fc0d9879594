"""Recordings to roles: by folders, by a key of their records, or drawn so that none is parted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.data.roles import VALUES, shared_rows
from evenhand.data.series.folder import Folder
from evenhand.data.series.metadata import Record
from evenhand.data.series.records import Rows
from evenhand.errors import DataError
from evenhand.types import Role


@dataclass(frozen=True)
class Taken:
    """A recording, whole or damaged, with its role.

    Args:
        name: of the recording.
        role: given to it; fit where roles are yet to be drawn.
        folder: in which it is.
        record: what ``metadata.json`` says of it.
        files: its files that hold a stream: those of labels alone may be alike by chance.
        sha256: of each.
    """

    name: str
    role: Role
    folder: Path
    record: Record
    files: tuple[Path, ...]
    sha256: tuple[str, ...]


def take(
    folders: Mapping[Role, Folder], split: str | None
) -> tuple[tuple[Taken, ...], tuple[Taken, ...]]:
    """Return the sound and the damaged recordings of all folders, each with its role.

    Args:
        folders: by the role that they are given for; fit alone holds all recordings.
        split: key that says the role of a recording of the fit folder.

    Raises:
        DataError: E208 for a file that stands in two roles, E209 for a value that names no role,
            or when no recording is to fit.
    """
    sound, damaged = [], []
    for role, folder in folders.items():
        by_key = split if role is Role.FIT else None
        for found in folder.outlines:
            measured = [file for file in found.files if file.measured]
            files = tuple(file.path for file in measured)
            hashes = tuple(file.sha256 for file in measured)
            own = _role(found.name, found.record, by_key) if by_key else role
            sound.append(Taken(found.name, own, folder.path, found.record, files, hashes))
        for bad in folder.damaged:
            own = _role(bad.name, bad.record, by_key) if by_key else role
            damaged.append(Taken(bad.name, own, folder.path, bad.record, bad.files, ()))
    if split and not any(one.role is Role.FIT for one in sound):
        raise DataError(
            "E209",
            "the split key leaves no recording to fit",
            got=f"key {split!r}: only {', '.join(dict.fromkeys(one.role for one in sound))}",
            fix="mark recordings 'fit' or 'train' there; or --set data.split=none",
        )
    _refuse_shared(sound)
    return tuple(sound), tuple(damaged)


def units(taken: Sequence[Taken], group: str | None) -> Rows:
    """Return a number a recording, ``(R,)``: equal ones must not be parted.

    Recordings are joined by an equal value of their group, by files of equal content, and by a
    chain of such recordings. One without a group is joined by content alone.

    Raises:
        DataError: E231 for a group that is no plain value.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    seen: dict[Any, int] = {}
    keys = [
        (i, seen.setdefault(key, len(taken) + len(seen)))
        for i, one in enumerate(taken)
        for key in _keys(one, group)
    ]
    size = len(taken) + len(seen)
    rows, columns = zip(*keys, strict=True)
    edges = coo_array((np.ones(len(keys)), (rows, columns)), shape=(size, size))
    _, component = connected_components(edges, directed=False)
    _, numbers = np.unique(component[: len(taken)], return_inverse=True)
    return np.asarray(numbers, dtype=np.int64)


def shared_groups(taken: Sequence[Taken], group: str | None) -> Iterator[str]:
    """Yield a sentence for each pair of given roles that have recordings of one group."""
    if group is None:
        return
    held = {
        role: {one.record.value(group) for one in taken if one.role is role} - {None}
        for role in Role
    }
    for one, other in ((Role.FIT, Role.TUNE), (Role.FIT, Role.REPORT), (Role.TUNE, Role.REPORT)):
        both = held[one] & held[other]
        if both:
            yield f"{len(both)} of {group!r} have both {one} and {other} recordings"


def ungrouped(taken: Sequence[Taken], group: str | None) -> Iterator[str]:
    """Yield a sentence where recordings lack the key that keeps them together."""
    bare = [one.name for one in taken if group and one.record.value(group) is None]
    if bare:
        yield f"{len(bare):,} of {len(taken):,} recordings have no {group!r} (such as {bare[0]})"


def copies(taken: Sequence[Taken]) -> Iterator[str]:
    """Yield a sentence where files of one folder hold the same bytes."""
    first: dict[str, Path] = {}
    twice = [
        f"{first[digest].name} and {file.name}"
        for one in taken
        for file, digest in zip(one.files, one.sha256, strict=True)
        if first.setdefault(digest, file) != file
    ]
    if twice:
        more = f", and {len(twice) - 3} more" if len(twice) > 3 else ""
        yield f"files of equal content: {'; '.join(twice[:3])}{more}"


def renamed(taken: Sequence[Taken]) -> list[str]:
    """Return names of recordings that no two of them share: ``fit/NAME`` where two would."""
    names = [one.name for one in taken]
    if len(set(names)) == len(names):
        return names
    return [f"{one.role}/{one.name}" for one in taken]


def _keys(one: Taken, group: str | None) -> Iterator[Any]:
    value = one.record.value(group) if group else None
    if isinstance(value, list | dict):
        raise DataError(
            "E231",
            f"a value of {group!r} is no name or number",
            got=f"{value!r} of recording {one.name!r} ({one.folder})",
            fix="give each recording one name or number",
        )
    yield ("group", value) if value is not None else ("alone", one.folder, one.name)
    yield from (("bytes", digest) for digest in one.sha256)


def _role(name: str, record: Record, key: str) -> Role:
    value = record.value(key)
    role = VALUES.get(str(value).strip().casefold())
    if role is None:
        raise DataError(
            "E209",
            "a recording names no role" if value is None else "the split key names no role",
            got=f"{value!r} (key {key!r} of recording {name!r})",
            fix=f"use one of {', '.join(VALUES)}; or --set data.split=none",
        )
    return role


def _refuse_shared(taken: Sequence[Taken]) -> None:
    seen: dict[str, tuple[Role, Path]] = {}
    for one in taken:
        for file, digest in zip(one.files, one.sha256, strict=True):
            role, other = seen.setdefault(digest, (one.role, file))
            if role is not one.role:
                raise shared_rows(
                    role,
                    one.role,
                    f"{other} and {file} are equal",
                    fix="give each role recordings of its own",
                )
