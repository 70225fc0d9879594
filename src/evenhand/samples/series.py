"""Samples of series: recordings, and the NPZ files and the ``metadata.json`` that hold them.

Shapes: T frames, D numbers of a stream at a time.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand import durable
from evenhand.samples.sample import against, table

Float32s = NDArray[np.float32]
Bytes = NDArray[np.uint8]

METADATA = "metadata.json"
UNLABELLED = 255


@dataclass(frozen=True)
class Recording:
    """What was measured of somebody, frame by frame.

    Args:
        name: of its file, without the ending.
        streams: stream -> float32, ``(T, D)``.
        label_T: position of each frame's label among the names, 255 where it has none; uint8.
        record: who and when: what may keep recordings together, or in one role.
    """

    name: str
    streams: Mapping[str, Float32s]
    label_T: Bytes
    record: Mapping[str, str]


@dataclass(frozen=True)
class Form:
    """What ``metadata.json`` says of all recordings.

    Args:
        rate: frames a second, Hz.
        labels: names; a frame's label is a position here.
        window: seconds of a window; 0 is the whole recording.
        stride: seconds between windows; 0 where a recording is one window.
        target: what makes a window's label.
        horizon: seconds ahead that are foretold, for the target ``horizon``.
        units: stream -> unit.
        limits: stream -> largest absolute value that can be, in that unit.
        group: key of the records that keeps recordings in one role.
        split: key of the records that says fit, tune or report.
    """

    rate: float
    labels: tuple[str, ...]
    window: float
    stride: float
    target: Literal["horizon", "majority"]
    horizon: float = 0.0
    units: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    group: str | None = None
    split: str | None = None

    def metadata(self, recordings: tuple[Recording, ...]) -> dict[str, Any]:
        """Return the content of ``metadata.json``; what does not apply is left out."""
        widths = {name: values.shape[1] for name, values in recordings[0].streams.items()}
        optional = {
            "units": dict(self.units),
            "limits": dict(self.limits),
            "horizon": self.horizon,
            "stride": self.stride,
            "group": self.group,
            "split": self.split,
        }
        return {
            "rate": self.rate,
            "dimensions": widths,
            "labels": list(self.labels),
            "unlabelled": UNLABELLED,
            "window": self.window,
            "target": self.target,
            **{key: value for key, value in optional.items() if value},
            "recordings": {recording.name: dict(recording.record) for recording in recordings},
        }

    def window_labels(self, label_T: Bytes) -> Iterator[int]:
        """Yield the label of every window of a recording that has one.

        ``horizon``: 1 if a label above 0 stands in the frames after the window, as far as the
        horizon; windows whose horizon is cut off are left out. ``majority``: the most frequent
        label, the first of equals; windows without any label are left out.
        """
        length = round(self.window * self.rate) or len(label_T)
        step = round(self.stride * self.rate) or len(label_T)
        ahead = round(self.horizon * self.rate)
        for first in range(0, len(label_T) - length - ahead + 1, step):
            end = first + length
            if self.target == "horizon":
                yield int((label_T[end : end + ahead] > 0).any())
            elif (known := label_T[first:end][label_T[first:end] != UNLABELLED]).size:
                yield int(np.bincount(known).argmax())


@dataclass(frozen=True)
class DrawnSeries:
    """The recordings of a sample, ready to be written.

    Args:
        recordings: all of them.
        form: what ``metadata.json`` says of all.
        ledger: what was read, kept, set aside or changed, one line each.
    """

    recordings: tuple[Recording, ...]
    form: Form
    ledger: tuple[str, ...]

    def pages(self) -> dict[str, bytes]:
        """Return file name -> content; ``metadata.json``, without which none is read, last."""
        files = {
            f"{recording.name}.npz": npz_bytes({**recording.streams, "label": recording.label_T})
            for recording in self.recordings
        }
        return {**files, METADATA: durable.json_bytes(self.form.metadata(self.recordings))}

    def imbalance(self) -> str:
        """Return the most and least common label that windows have against each other."""
        windows: Counter[int] = Counter()
        for recording in self.recordings:
            windows.update(self.form.window_labels(recording.label_T))
        return f"of the windows: {against(windows.values(), 'windows')}"

    def tables(self, pages: Mapping[str, bytes]) -> list[list[str]]:
        """Return the table of files and the table of labels."""
        digests = {name: hashlib.sha256(pages[name]).hexdigest() for name in sorted(pages)}
        listing = "".join(f"{digests[n]}  {n}\n" for n in digests if n != METADATA)
        frames = sum(len(recording.label_T) for recording in self.recordings)
        files = [
            ("`*.npz`", len(self.recordings), f"{frames} frames", _quoted_sha256(listing.encode())),
            (f"`{METADATA}`", 1, "", _quoted_sha256(pages[METADATA])),
        ]
        head = ("files", "number", "content", "sha256 (of `sha256sum *.npz`, in C order)")
        return [table(head, files), self._labels()]

    def arguments(self, folder: Path) -> list[str]:
        """Return the folder, and the recipe for series."""
        return [str(folder), "--recipe", "series"]

    def _labels(self) -> list[str]:
        roles = sorted({self._role(recording) for recording in self.recordings})
        frames: Counter[int] = Counter()
        windows: dict[str, Counter[int]] = {role: Counter() for role in roles}
        for recording in self.recordings:
            frames.update(recording.label_T.tolist())
            windows[self._role(recording)].update(self.form.window_labels(recording.label_T))
        rows = [
            (label, frames[place], *(windows[role][place] for role in roles))
            for place, label in enumerate(self.form.labels)
        ]
        if frames[UNLABELLED]:
            rows.append(("(none)", frames[UNLABELLED], *("" for _ in roles)))
        return table(("label", "frames", *(f"windows{role}" for role in roles)), rows)

    def _role(self, recording: Recording) -> str:
        return f" ({recording.record[self.form.split]})" if self.form.split else ""


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return an NPZ file that is the same, byte for byte, whenever it is made: no dates in it."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_STORED) as archive:
        for name, values in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, values, allow_pickle=False)
    return page.getvalue()


def _quoted_sha256(content: bytes) -> str:
    return f"`{hashlib.sha256(content).hexdigest()}`"
