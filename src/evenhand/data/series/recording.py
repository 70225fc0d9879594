"""A recording: which files hold which of its arrays, and the arrays themselves.

Files that hold the same streams follow each other in time; files of other streams are merged.
Shapes: T frames of a recording, D numbers of a stream at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series.metadata import FUTURE, LABEL, TIME, Record
from evenhand.data.series.npz import ArrayHeader, open_npz
from evenhand.data.series.records import Float32s, Stream
from evenhand.errors import DataError

Chain = tuple["File", ...]
Loaded = dict[str, NDArray[Any]]
LARGEST = 2**31
"""Labels lie below this, and above its negative."""


@dataclass(frozen=True)
class Manner:
    """How recordings are read.

    Args:
        streams: that are read; one that a recording lacks is 0 there, and not known.
        nan: whether a frame with NaN or infinity is refused, or 0 and not known.
        unlabelled: the number that stands for no label.
        labels: whether labels are read.
        passed: streams and labels that may be there and are not read: a file of nothing else is
            passed over.
    """

    streams: tuple[Stream, ...]
    nan: Literal["refuse", "mask"]
    unlabelled: int
    labels: bool = True
    passed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class File:
    """One file of a recording.

    Args:
        path: where it is.
        sha256: of its content.
        frames: that its arrays have.
        arrays: names of those that are read.
        unread: names of the others.
        measured: whether a stream is among them; labels alone may be alike in many recordings.
    """

    path: Path
    sha256: str
    frames: int
    arrays: frozenset[str]
    unread: tuple[str, ...]
    measured: bool


@dataclass(frozen=True)
class Outline:
    """What a recording holds, told from the headers of its files alone.

    Args:
        name: of the recording.
        record: what ``metadata.json`` says of it.
        chains: files that follow each other in time, ``T`` frames a chain.
    """

    name: str
    record: Record
    chains: tuple[Chain, ...]

    @property
    def frames(self) -> int:
        """Frames of the recording, ``T``."""
        return sum(file.frames for file in self.chains[0])

    @property
    def files(self) -> tuple[File, ...]:
        """All its files."""
        return tuple(file for chain in self.chains for file in chain)

    def holds(self, array: str) -> bool:
        """Say whether some file has an array of that name."""
        return any(array in file.arrays for file in self.files)


@dataclass(frozen=True)
class Recording:
    """The arrays of one recording.

    Args:
        values: stream -> float32, ``(T, D)``; 0 where a value is not known.
        known: stream -> whether the frame was measured, bool, ``(T,)``.
        label_T: int32; ``unlabelled`` where there is none.
        future_T: int32, likewise.
        time_T: seconds as stored, float64; None where none are.
    """

    values: Mapping[str, Float32s]
    known: Mapping[str, NDArray[np.bool_]]
    label_T: NDArray[np.int32]
    future_T: NDArray[np.int32]
    time_T: NDArray[np.float64] | None


def outline(
    name: str, record: Record, files: Sequence[tuple[Path, str]], manner: Manner
) -> Outline:
    """Look at the headers of a recording's files.

    Args:
        name: of the recording.
        record: what ``metadata.json`` says of it.
        files: path and SHA-256 of each, in time.
        manner: how it is read.

    Raises:
        DataError: E206 for labels that are no whole numbers, E232 for a damaged file, E233
            where the arrays do not fit ``metadata.json`` or each other.
    """
    chains: dict[frozenset[str], list[File]] = {}
    wanted = frozenset(stream.name for stream in manner.streams)
    for path, sha256 in files:
        if (file := _look(path, sha256, manner)) is None:
            continue
        chains.setdefault(file.arrays & wanted, []).append(file)
    merged = [held for held in chains if held]
    for i, held in enumerate(merged):
        if twice := [other for other in merged[:i] if other & held]:
            shared = sorted(twice[0] & held)[0]
            raise _unfit(
                f"two files of recording {name!r} hold {shared!r}, but not the same streams",
                f"{chains[held][0].path.name} and {chains[twice[0]][0].path.name}",
                "files that follow each other in time must hold the same streams",
            )
    found = Outline(name, record, tuple(tuple(chain) for chain in chains.values()))
    if not merged:
        raise _unfit(
            f"recording {name!r} holds none of the streams",
            ", ".join(str(path) for path, _ in files),
            f"write at least one of {', '.join(map(repr, sorted(wanted)))} into it",
        )
    totals = {sum(file.frames for file in chain): chain for chain in found.chains}
    if len(totals) > 1:
        shown = ", ".join(f"{chain[0].path.name} {total:,}" for total, chain in totals.items())
        raise _unfit(
            f"the files of recording {name!r} do not have the same number of frames",
            shown,
            "write every stream at one rate, from the same first frame to the same last",
        )
    return found


def _look(path: Path, sha256: str, manner: Manner) -> File | None:
    """Return what a file holds; None where that is known and not to be read."""
    with open_npz(path) as npz:
        headers = dict(npz.headers)
    wanted = {stream.name: stream for stream in manner.streams}
    labels = (LABEL, FUTURE) if manner.labels else ()
    held = {n: h for n, h in headers.items() if n in wanted or n in labels}
    if not held and headers.keys() & manner.passed:
        return None
    for name, header in held.items():
        _check(path, name, header, wanted.get(name))
    lengths = {name: header.shape[0] for name, header in held.items()}
    if len(set(lengths.values())) > 1:
        raise _unfit(
            f"the arrays of {path.name} differ in length",
            f"{path}: " + ", ".join(f"{name} {length:,}" for name, length in lengths.items()),
            "write one row a frame into every array",
        )
    frames = next(iter(lengths.values()), 0)
    if not frames:
        what = "holds no frame" if held else "holds neither a stream nor labels"
        raise _unfit(
            f"{path.name} {what}",
            f"{path}: the arrays {', '.join(headers)}",
            "take it out of the folder, or check what was to write it",
        )
    time = headers.get(TIME)
    timed = time is not None and time.shape == (frames,) and _is_real(time)
    arrays = frozenset(held) | (frozenset([TIME]) if timed else frozenset())
    unread = tuple(name for name in headers if name not in arrays)
    return File(path, sha256, frames, arrays, unread, measured=bool(arrays & wanted.keys()))


def _check(path: Path, name: str, header: ArrayHeader, stream: Stream | None) -> None:
    if stream is None:
        if header.dtype is None or header.dtype.kind not in "iub":
            raise DataError(
                "E206",
                f"the labels of {path.name} are no whole numbers",
                got=f"{path}: {name} is of {header.dtype or 'another kind'}",
                fix=f"{name}.astype(numpy.uint8), if nothing is lost by it",
            )
        if len(header.shape) != 1:
            raise _unfit(
                f"{name} needs one number a frame",
                f"{path}: shape {header.shape}",
                f"write {name}.reshape(-1)",
            )
    elif not _is_real(header):
        raise _unfit(
            f"the stream {name!r} holds no real numbers",
            f"{path}: {header.dtype or 'another kind'}",
            f"write {name}.astype(numpy.float32)",
        )
    elif len(header.shape) != 2 or header.shape[1] != stream.width:
        tail = math.prod(header.shape[1:])
        fits = len(header.shape) != 2 and tail == stream.width
        raise _unfit(
            f"the stream {name!r} is not {stream.width} numbers a frame",
            f"{path}: shape {header.shape}",
            f"write {name}.reshape(len({name}), -1)"
            if fits
            else f"mend the file, or dimensions.{name} in metadata.json",
        )


def _is_real(header: ArrayHeader) -> bool:
    dtype = header.dtype
    return dtype is not None and dtype.kind in "iubf" and dtype.itemsize <= 8


def read_recording(found: Outline, manner: Manner) -> Recording:
    """Read the arrays of a recording.

    Raises:
        DataError: E206 for labels that contradict each other, E232 for a damaged file, E233 for
            NaN, or when a file is not what it was a moment ago.
    """
    loaded = {file: _load(file) for file in found.files}
    values, known = {}, {}
    for stream in manner.streams:
        arrays = _chained(found, loaded, stream.name)
        if not arrays:
            values[stream.name] = np.zeros((found.frames, stream.width), np.float32)
            known[stream.name] = np.zeros(found.frames, np.bool_)
            continue
        values_TD, known_T = _finite(arrays[0])
        if manner.nan == "refuse" and not known_T.all():
            raise _not_finite(found, stream.name, arrays[0], known_T)
        values[stream.name], known[stream.name] = values_TD, known_T
    times = _chained(found, loaded, TIME)
    return Recording(
        values,
        known,
        _labels(found, loaded, LABEL, manner.unlabelled),
        _labels(found, loaded, FUTURE, manner.unlabelled),
        times[0].astype(np.float64) if times and times[0].ndim == 1 else None,
    )


def verify(found: Outline) -> None:
    """Read every array of a recording and keep none. Raises E232 for a damaged file."""
    for file in found.files:
        _load(file)


def _load(file: File) -> Loaded:
    with open_npz(file.path) as npz:
        loaded = {name: npz.read(name) for name in file.arrays & npz.headers.keys()}
    if loaded.keys() != file.arrays or any(len(a) != file.frames for a in loaded.values()):
        raise _unfit(
            f"{file.path.name} has changed while it was read",
            str(file.path),
            "wait until it is written, and start again",
        )
    return loaded


def _chained(found: Outline, loaded: Mapping[File, Loaded], name: str) -> list[NDArray[Any]]:
    """Return the array of that name of each chain whose files all have it."""
    chains = [chain for chain in found.chains if all(name in file.arrays for file in chain)]
    return [np.concatenate([loaded[file][name] for file in chain]) for chain in chains]


def _finite(array_TD: NDArray[Any]) -> tuple[Float32s, NDArray[np.bool_]]:
    """Return numbers as float32, frames with NaN or infinity as 0, and which frames have none."""
    with np.errstate(over="ignore", invalid="ignore"):
        values_TD = array_TD.astype(np.float32)
    known_T = np.asarray(np.isfinite(values_TD).all(axis=1))
    values_TD[~known_T] = 0
    return values_TD, known_T


def _labels(
    found: Outline, loaded: Mapping[File, Loaded], name: str, unlabelled: int
) -> NDArray[np.int32]:
    """Return labels of every frame; of no label where a file has none."""
    label_T = np.full(found.frames, unlabelled, np.int32)
    first: str | None = None
    for chain in found.chains:
        if not any(name in file.arrays for file in chain):
            continue
        pieces = [
            _whole(file, name, loaded[file][name])
            if name in file.arrays
            else np.full(file.frames, unlabelled, np.int32)
            for file in chain
        ]
        read_T = np.concatenate(pieces)
        if first is not None and not np.array_equal(read_T, label_T):
            frame = int(np.flatnonzero(read_T != label_T)[0])
            raise DataError(
                "E206",
                f"two files of recording {found.name!r} contradict each other",
                got=f"{name} of frame {frame} is {label_T[frame]} in {first} and "
                f"{read_T[frame]} in {chain[0].path.name}",
                fix=f"leave {name} out of one of them",
            )
        label_T, first = read_T, chain[0].path.name
    return label_T


def _whole(file: File, name: str, label_T: NDArray[Any]) -> NDArray[np.int32]:
    far = np.flatnonzero((label_T >= LARGEST) | (label_T < -LARGEST))
    if len(far):
        raise DataError(
            "E206",
            "a label is far out of any range",
            got=f"{label_T[far[0]]} ({file.path}, frame {far[0]} of {name})",
            fix="labels count from 0",
        )
    return label_T.astype(np.int32)


def _not_finite(
    found: Outline, stream: str, array_TD: NDArray[Any], known_T: NDArray[np.bool_]
) -> DataError:
    frame = int(np.flatnonzero(~known_T)[0])
    with np.errstate(over="ignore", invalid="ignore"):
        number = int(np.flatnonzero(~np.isfinite(array_TD[frame].astype(np.float32)))[0])
    return _unfit(
        f"recording {found.name!r} holds NaN, infinity or what float32 cannot hold",
        f"{array_TD[frame, number]} in frame {frame}, number {number} of {stream!r} "
        f"({int((~known_T).sum()):,} frames in all; {found.files[0].path})",
        "mend the file, or train with --set series.nan=mask: such frames are not measured then",
    )


def _unfit(what: str, got: str, fix: str) -> DataError:
    return DataError("E233", what, got=got, fix=fix)
