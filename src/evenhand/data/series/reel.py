"""All frames of all recordings, end to end: read once, kept in a cache, and memory-mapped.

A cache folder is named by what its frames are made from: the SHA-256 of every file, in order, and
how they are read. One that is damaged is made again. Shapes: F frames, D numbers of a stream.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.cache import cache_folder
from evenhand.data.series.measures import Clock, Extent, Measure, measure
from evenhand.data.series.metadata import FUTURE, LABEL
from evenhand.data.series.recording import Manner, Outline, Recording, read_recording
from evenhand.data.series.records import Frames, Rows
from evenhand.durable import append_bytes, folder_fault, json_bytes, write_bytes, write_folder
from evenhand.errors import WriteError

FORM = 1
"""Changes when other frames come of the same files."""
FACTS = "facts.json"


@dataclass
class Facts:
    """What was measured while the frames were read.

    Args:
        measures: stream -> one of each recording.
        extents: stream -> of all recordings.
        clocks: of each recording; None where it has no time stamps.
    """

    measures: dict[str, list[Measure]] = field(default_factory=dict)
    extents: dict[str, Extent] = field(default_factory=dict)
    clocks: list[Clock | None] = field(default_factory=list)

    def add(self, recording: Recording, outline: Outline) -> None:
        """Take in one more recording."""
        for name, values_TD in recording.values.items():
            known_T = recording.known[name]
            measured = measure(values_TD, known_T, held=outline.holds(name))
            self.measures.setdefault(name, []).append(measured)
            extent = Extent.of(values_TD, known_T)
            self.extents[name] = self.extents[name].join(extent) if name in self.extents else extent
        self.clocks.append(None if recording.time_T is None else Clock.of(recording.time_T))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; an infinite bound of no frame at all is null."""
        return {
            "measures": {name: [astuple(m) for m in all_] for name, all_ in self.measures.items()},
            "extents": {name: _plain(extent) for name, extent in self.extents.items()},
            "clocks": [clock and astuple(clock) for clock in self.clocks],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Facts:
        """Return the facts that ``to_dict`` described."""
        return cls(
            {name: [Measure(*m) for m in all_] for name, all_ in stored["measures"].items()},
            {name: _extent(values) for name, values in stored["extents"].items()},
            [clock and Clock(*clock) for clock in stored["clocks"]],
        )


@dataclass(frozen=True)
class Reel:
    """Frames, the labels of each, and what was measured on the way.

    Args:
        frames: of all recordings.
        label_F: int32; the number for no label where there is none.
        future_F: stored labels of what comes, likewise.
        facts: of the recordings.
        why: they are held in memory; "" where they lie in the cache.
    """

    frames: Frames
    label_F: NDArray[np.int32]
    future_F: NDArray[np.int32]
    facts: Facts
    why: str = ""


def load(outlines: Sequence[Outline], manner: Manner) -> Reel:
    """Return the frames of all recordings: from the cache, or from their files and into it.

    Where the cache cannot be written, the frames are held in memory.

    Raises:
        DataError: E206, E232 and E233 as ``read_recording``.
    """
    folder = cache_folder("series") / cache_key(outlines, manner)
    if folder_fault(folder) is None:
        return _mapped(folder, outlines, manner)
    facts = Facts()
    names = _arrays(outlines, manner)
    later = {f"{name}.npy": _is_there for name in names}
    try:
        write_folder(folder, {FACTS: partial(_fill, outlines, manner, facts), **later})
    except WriteError:
        return _held(outlines, manner, why=f"{folder.parent} cannot be written")
    return _mapped(folder, outlines, manner)


def cache_key(outlines: Sequence[Outline], manner: Manner) -> str:
    """Return what names the frames of these files, read in that manner; 32 hexadecimal digits."""
    said = {
        "form": FORM,
        "recordings": [[[f.sha256 for f in chain] for chain in o.chains] for o in outlines],
        "streams": [[stream.name, stream.width] for stream in manner.streams],
        "nan": manner.nan,
        "unlabelled": manner.unlabelled,
        "labels": manner.labels,
    }
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def starts_of(outlines: Sequence[Outline]) -> Rows:
    """Return the first frame of each recording, and the end, ``(R + 1,)``."""
    return np.cumsum([0, *(outline.frames for outline in outlines)], dtype=np.int64)


def _arrays(outlines: Sequence[Outline], manner: Manner) -> dict[str, NDArray[Any]]:
    """Return file name -> an array of the right kind and width, and no frames."""
    arrays: dict[str, NDArray[Any]] = {}
    for i, stream in enumerate(manner.streams):
        arrays[f"values-{i}"] = np.zeros((0, stream.width), np.dtype("<f4"))
        arrays[f"known-{i}"] = np.zeros(0, np.bool_)
    return {**arrays, LABEL: np.zeros(0, np.dtype("<i4")), FUTURE: np.zeros(0, np.dtype("<i4"))}


def _parts(recording: Recording) -> dict[str, NDArray[Any]]:
    """Return file name -> what one recording adds to it."""
    parts: dict[str, NDArray[Any]] = {}
    for i, name in enumerate(recording.values):
        parts[f"values-{i}"], parts[f"known-{i}"] = recording.values[name], recording.known[name]
    return {**parts, LABEL: recording.label_T, FUTURE: recording.future_T}


def _readings(
    outlines: Sequence[Outline], manner: Manner, facts: Facts
) -> Iterator[dict[str, NDArray[Any]]]:
    for outline in outlines:
        recording = read_recording(outline, manner)
        facts.add(recording, outline)
        yield _parts(recording)


def _fill(outlines: Sequence[Outline], manner: Manner, facts: Facts, path: Path) -> None:
    """Write every array beside ``path``, a recording at a time, and the facts into it."""
    frames = int(starts_of(outlines)[-1])
    kinds = _arrays(outlines, manner)
    for name, kind in kinds.items():
        append_bytes(path.with_name(f"{name}.npy"), _npy_header(kind, frames))
    for parts in _readings(outlines, manner, facts):
        for name, part in parts.items():
            content = np.ascontiguousarray(part, kinds[name].dtype).tobytes()
            append_bytes(path.with_name(f"{name}.npy"), content)
    write_bytes(path, json_bytes(facts.to_dict()))


def _is_there(path: Path) -> None:
    """Stand for a file that was written with another."""


def _npy_header(kind: NDArray[Any], frames: int) -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header,
        {
            "descr": np.lib.format.dtype_to_descr(kind.dtype),
            "fortran_order": False,
            "shape": (frames, *kind.shape[1:]),
        },
    )
    return header.getvalue()


def _mapped(folder: Path, outlines: Sequence[Outline], manner: Manner) -> Reel:
    arrays = {
        name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        for name in _arrays(outlines, manner)
    }
    facts = Facts.from_dict(json.loads((folder / FACTS).read_text("utf-8")))
    return _reel(arrays, outlines, manner, facts=facts)


def _held(outlines: Sequence[Outline], manner: Manner, *, why: str) -> Reel:
    frames = int(starts_of(outlines)[-1])
    arrays = {
        name: np.zeros((frames, *kind.shape[1:]), kind.dtype)
        for name, kind in _arrays(outlines, manner).items()
    }
    facts, at = Facts(), 0
    for parts in _readings(outlines, manner, facts):
        size = len(parts[LABEL])
        for name, part in parts.items():
            arrays[name][at : at + size] = part
        at += size
    return _reel(arrays, outlines, manner, facts=facts, why=why)


def _reel(
    arrays: Mapping[str, NDArray[Any]],
    outlines: Sequence[Outline],
    manner: Manner,
    *,
    facts: Facts,
    why: str = "",
) -> Reel:
    names = [stream.name for stream in manner.streams]
    frames = Frames(
        values={name: arrays[f"values-{i}"] for i, name in enumerate(names)},
        known={name: arrays[f"known-{i}"] for i, name in enumerate(names)},
        starts_R=starts_of(outlines),
        names=tuple(outline.name for outline in outlines),
    )
    return Reel(frames, arrays[LABEL], arrays[FUTURE], facts, why)


def _plain(extent: Extent) -> dict[str, Any]:
    values = asdict(extent)
    if not extent.frames:
        return {"frames": 0, "width": len(extent.mean_D)}
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in values.items()}


def _extent(stored: Mapping[str, Any]) -> Extent:
    if not stored["frames"]:
        width = stored["width"]
        return Extent.of(np.zeros((0, width), np.float32), np.zeros(0, np.bool_))
    return Extent(
        stored["frames"], *(np.array(stored[k]) for k in ("low_D", "high_D", "mean_D", "squares_D"))
    )
