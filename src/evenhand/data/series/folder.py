"""A folder of recordings: its files by recording, and which of them are damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evenhand.data.series.metadata import FUTURE, LABEL, METADATA, TIME, Metadata, Record
from evenhand.data.series.npz import fault, open_npz
from evenhand.data.series.recording import Manner, Outline, outline, verify
from evenhand.data.series.records import Stream
from evenhand.durable import file_sha256
from evenhand.errors import DataError, EvenhandError, MissingFileError, did_you_mean

SKIPPED = ("E232", "E233")
"""Faults of a file that ``series.corrupt = "skip"`` sets aside."""
SHOWN = 5


@dataclass(frozen=True)
class Damaged:
    """A recording that cannot be used.

    Args:
        name: of the recording.
        record: what ``metadata.json`` says of it.
        files: its files.
        error: what is wrong.
    """

    name: str
    record: Record
    files: tuple[Path, ...]
    error: EvenhandError


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Args:
        path: as it was named.
        outlines: its sound recordings, by name.
        damaged: the others; empty unless they are to be set aside.
        sha256: path -> SHA-256 of each file, ``metadata.json`` among them.
        notes: what the user should know.
    """

    path: Path
    outlines: tuple[Outline, ...]
    damaged: tuple[Damaged, ...]
    sha256: Mapping[str, str]
    notes: tuple[str, ...]


def is_series(source: Any) -> bool:
    """Say whether ``source`` is a folder with ``metadata.json`` or NPZ files in it."""
    if not isinstance(source, str | Path):
        return False
    folder = Path(source)
    try:
        return folder.is_dir() and ((folder / METADATA).is_file() or bool(npz_files(folder)))
    except OSError:
        return False


def npz_files(folder: Path) -> list[str]:
    """Return the names of the NPZ files of a folder, hidden ones aside, in order."""
    return sorted(path.name for path in folder.glob("*.npz") if not path.name.startswith("."))


def refuse_no_folder(source: Any) -> Path:
    """Return the folder of series at ``source``.

    Raises:
        MissingFileError: E202 when it is none.
    """
    if not is_series(source):
        raise MissingFileError(
            "E202",
            "that is no folder of series",
            got=str(source) if isinstance(source, str | Path) else type(source).__name__,
            fix=f"name a folder with {METADATA} and NPZ files in it",
        )
    return Path(source)


def survey(
    path: Path,
    metadata: Metadata | None,
    manner: Manner,
    corrupt: Literal["refuse", "skip"],
) -> Folder:
    """Look at every file of a folder, headers only, and tell which recording it belongs to.

    Args:
        path: the folder.
        metadata: its ``metadata.json``; None where it has none.
        manner: how its recordings are read.
        corrupt: refuse a damaged file, or set its recording aside; every file is then read to
            its end, so that no damage is met later.

    Raises:
        MissingFileError: E202 when no recording is left.
        DataError: E231 for files that ``metadata.json`` names and that are not there; E206,
            E232 and E233 as ``outline``.
    """
    owned, notes = _owned(path, metadata)
    outlines: list[Outline] = []
    damaged: list[Damaged] = []
    sha256 = {str(path / METADATA): file_sha256(path / METADATA)} if metadata else {}
    for name, files in owned.items():
        record = metadata.record(name) if metadata else Record()
        try:
            hashed = [(file, _hash(file)) for file in files]
            sha256 |= {str(file): digest for file, digest in hashed}
            found = outline(name, record, hashed, manner)
            if corrupt == "skip":
                verify(found)
        except EvenhandError as error:
            if corrupt == "refuse" or error.code not in SKIPPED:
                raise
            damaged.append(Damaged(name, record, files, error))
        else:
            outlines.append(found)
    if not outlines:
        raise _nothing_left(path, damaged)
    notes += [f"set aside: {d.error.what} ({d.error.got})" for d in damaged[:SHOWN]]
    if len(damaged) > SHOWN:
        notes.append(f"set aside: {len(damaged) - SHOWN:,} more damaged recordings")
    return Folder(path, tuple(outlines), tuple(damaged), sha256, (*notes, *_unread(outlines)))


def refuse_absent(folder: Folder, streams: Sequence[Stream]) -> None:
    """Raise when no recording of a folder holds one of the streams.

    Raises:
        DataError: E233 naming it and the arrays that there are.
    """
    for stream in streams:
        if not any(found.holds(stream.name) for found in folder.outlines):
            arrays = {a for o in folder.outlines for f in o.files for a in (*f.unread, *f.arrays)}
            others = arrays - {s.name for s in streams} - {LABEL, FUTURE, TIME}
            raise DataError(
                "E233",
                f"no recording of {folder.path} holds the stream {stream.name!r}",
                got=f"the arrays {', '.join(sorted(arrays))}",
                fix=did_you_mean(stream.name, others)
                if others
                else f"take {stream.name!r} out of dimensions, or read others: series.streams=...",
            )


def dimensions_told(folder: Path) -> dict[str, int]:
    """Return the streams of the first sound NPZ file, to show what ``dimensions`` may be."""
    for name in npz_files(folder):
        try:
            with open_npz(folder / name) as npz:
                shapes = {n: h.shape for n, h in npz.headers.items() if h.dtype is not None}
        except DataError:
            continue
        return {n: shape[1] for n, shape in shapes.items() if len(shape) == 2}
    return {}


def _hash(file: Path) -> str:
    if not file.is_file():
        raise fault(file, "it is no file", "a folder, or something else of that name")
    try:
        return file_sha256(file)
    except OSError as error:
        raise fault(file, "it cannot be read", str(error.strerror)) from error


def _owned(path: Path, metadata: Metadata | None) -> tuple[dict[str, tuple[Path, ...]], list[str]]:
    """Return recording -> its files, by name, and what is to be noted."""
    there = npz_files(path)
    records = metadata.recordings if metadata else {}
    claimed = {file for record in records.values() for file in record.files or ()}
    owned: dict[str, tuple[Path, ...]] = {}
    absent: list[str] = []
    for name, record in records.items():
        files = record.files or (f"{name}.npz",)
        missing = [file for file in files if file not in there]
        if missing and metadata and len(missing) < len(files):
            raise metadata.wrong(
                f"recording {name!r} names a file that is not there",
                repr(missing[0]),
                did_you_mean(missing[0], there),
            )
        if missing:
            absent.append(name)
        else:
            owned[name] = tuple(path / file for file in files)
    for file in there:
        name = file.removesuffix(".npz")
        if file in claimed or (records.get(name, Record()).files is None and name in owned):
            continue
        if name in owned and metadata:
            raise metadata.wrong(
                f"recording {name!r} names other files than the one of its own name",
                f"{file} beside {', '.join(p.name for p in owned[name])}",
                f"add {file!r} to its files, or rename one of them",
            )
        owned[name] = (path / file,)
    notes = []
    if absent and metadata:
        shown = ", ".join(absent[:SHOWN]) + (", ..." if len(absent) > SHOWN else "")
        notes.append(f"{metadata.path} names {len(absent):,} recordings without a file ({shown})")
    return dict(sorted(owned.items())), notes


def _nothing_left(path: Path, damaged: Sequence[Damaged]) -> MissingFileError:
    got, fix = f"{path}: no NPZ file in it", f"put NPZ files beside {METADATA}"
    if damaged:
        first = damaged[0].error
        got, fix = f"{path}: all {len(damaged):,} are damaged, first {first.got}", first.fix
    return MissingFileError("E202", "there are no recordings", got=got, fix=fix)


def _unread(outlines: Sequence[Outline]) -> list[str]:
    found = {name for o in outlines for file in o.files for name in file.unread}
    names = sorted(found - {LABEL, FUTURE})
    return [f"arrays that nothing reads: {', '.join(names)}"] if names else []
