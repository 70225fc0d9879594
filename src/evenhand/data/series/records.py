"""What series are once they are read: streams, frames, windows, and how they are scaled.

Shapes: R recordings, F frames of all recordings end to end, D numbers of a stream at a time,
N windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.types import LabelSpace, Task

Float32s = NDArray[np.float32]
Rows = NDArray[np.int64]
Target = Literal["horizon", "any", "majority", "future"]


@dataclass(frozen=True)
class Stream:
    """One measured thing.

    Args:
        name: of the array in every NPZ file.
        width: numbers at a time, >= 1.
        unit: as ``metadata.json`` says it; "" where it says nothing.
        limit: largest absolute value that can be, in that unit; None where nobody said.
    """

    name: str
    width: int
    unit: str = ""
    limit: float | None = None


@dataclass(frozen=True)
class SeriesSchema:
    """How recordings become windows; what training learnt, prediction reuses.

    Args:
        streams: in the order of ``metadata.json``.
        rate: frames a second, Hz.
        window: frames of a window; 0 is the whole recording.
        stride: frames between the starts of windows; 0 where each is a whole recording.
        horizon: frames after a window in which the target looks for a positive; of ``future``,
            how far the stored label looks, 0 where nobody says.
        target: ``horizon``: any positive in ``(end, end + horizon]``, windows whose horizon is
            not fully recorded set aside; ``any``: any positive from the window's first frame
            to the end of the horizon, as the seed had it; ``majority``: the most frequent label
            of the window; ``future``: the stored ``future_label`` of the last frame.
        names: label names; a frame's label is its position here.
        unlabelled: value of ``label`` that stands for no label.
        group: what keeps recordings together: a key of their records in ``metadata.json``.
        split: key of those records that says fit, tune or report; None draws roles.
        nan: refuse recordings with NaN, or mask such frames.
        corrupt: refuse a damaged file, or set it aside.
        notes: what the user should know.
    """

    streams: tuple[Stream, ...]
    rate: float
    window: int
    stride: int
    horizon: int
    target: Target
    names: tuple[str, ...]
    unlabelled: int = 255
    group: str | None = None
    split: str | None = None
    nan: Literal["refuse", "mask"] = "refuse"
    corrupt: Literal["refuse", "skip"] = "refuse"
    notes: tuple[str, ...] = ()

    def space(self) -> LabelSpace:
        """Return the label space: one label a window. Raises E213 for fewer than two names."""
        return LabelSpace(self.names, Task.MULTICLASS)

    def seconds(self, frames: int) -> float:
        """Return how long so many frames last."""
        return frames / self.rate

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SeriesSchema:
        """Return the schema that ``to_dict`` wrote, also after a way through JSON."""
        plain: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**{**plain, "streams": tuple(Stream(**stream) for stream in values["streams"])})

    def describe(self) -> str:
        """Return what was understood, a line each, with the setting that overrides it."""
        length = "the whole recording"
        if self.window:
            length = f"{self.seconds(self.window):g} s, every {self.seconds(self.stride):g} s"
        shown = ", ".join(f"{s.name} ({s.width})" for s in self.streams)
        horizon = f", {self.seconds(self.horizon):g} s ahead" if self.horizon else ""
        rows = [
            ("streams", f"{shown} at {self.rate:g} Hz", "series.streams=NAME[,NAME...]"),
            ("windows", length, "series.window=S"),
            ("target", f"{self.target}{horizon}, {len(self.names)} labels", "series.target=..."),
            ("group", self.group or "the recording", "data.group=KEY"),
        ]
        if self.split:
            rows.append(("split", repr(self.split), "data.split=KEY or none"))
        width = max(len(value) for _, value, _ in rows)
        return "\n".join(f"{what:<8} {value:<{width}}  --set {flag}" for what, value, flag in rows)


@dataclass(frozen=True)
class Frames:
    """Every frame of every recording, end to end; the arrays may lie on disk (memory-mapped).

    Args:
        values: stream -> float32, ``(F, D)``; 0 where a value is not known.
        known: stream -> whether the frame was measured, bool, ``(F,)``; False throughout a
            recording that lacks the stream.
        starts_R: first frame of each recording, and the end, int64, ``(R + 1,)``.
        names: of the recordings.
    """

    values: Mapping[str, Float32s]
    known: Mapping[str, NDArray[np.bool_]]
    starts_R: Rows
    names: tuple[str, ...]


@dataclass(frozen=True)
class Windows:
    """Windows into frames.

    Args:
        frames: what they look at.
        first_N: position of the first frame of each window, int64.
        end_N: position after its last frame, int64.
        recording_N: which recording, int64.
        current_N: label of the window's last frame as a position among the names; float32, NaN
            where it is unlabelled.
        wait_N: seconds from the window's last frame to the next frame with a label above 0;
            float64, NaN where none follows in the recording.
    """

    frames: Frames
    first_N: Rows
    end_N: Rows
    recording_N: Rows
    current_N: Float32s
    wait_N: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first_N)

    def lengths(self) -> Rows:
        """Return the frames of each window, ``(N,)``."""
        return self.end_N - self.first_N

    def take(self, rows: Rows) -> Windows:
        """Return the windows at these positions, in that order, over the same frames."""
        return replace(
            self,
            first_N=self.first_N[rows],
            end_N=self.end_N[rows],
            recording_N=self.recording_N[rows],
            current_N=self.current_N[rows],
            wait_N=self.wait_N[rows],
        )


@dataclass(frozen=True)
class Scaler:
    """Mean and spread of every number of every stream, over known frames of the fit windows.

    Args:
        mean: stream -> float64, ``(D,)``.
        spread: stream -> standard deviation, float64, ``(D,)``; 1 where a number never changes.
    """

    mean: Mapping[str, NDArray[np.float64]]
    spread: Mapping[str, NDArray[np.float64]]

    @classmethod
    def fit(cls, windows: Windows) -> Scaler:
        """Measure the frames of ``windows``, each frame once however many windows hold it."""
        used_F = used_frames(windows)
        mean, spread = {}, {}
        for name, values_FD in windows.frames.values.items():
            known_KD = values_FD[used_F & windows.frames.known[name]].astype(np.float64)
            width = values_FD.shape[1]
            mean[name] = known_KD.mean(axis=0) if len(known_KD) else np.zeros(width)
            found_D = known_KD.std(axis=0) if len(known_KD) else np.zeros(width)
            spread[name] = np.where(found_D > 1e-8 * np.maximum(np.abs(mean[name]), 1), found_D, 1)
        return cls(mean, spread)

    @classmethod
    def plain(cls, windows: Windows) -> Scaler:
        """Return a scaler that changes nothing."""
        widths = {name: values.shape[1] for name, values in windows.frames.values.items()}
        return cls(
            {name: np.zeros(width) for name, width in widths.items()},
            {name: np.ones(width) for name, width in widths.items()},
        )

    def apply(self, stream: str, values_FD: Float32s) -> Float32s:
        """Return ``(values - mean) / spread``, float32, same shape."""
        return ((values_FD - self.mean[stream]) / self.spread[stream]).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            name: {"mean": self.mean[name].tolist(), "spread": self.spread[name].tolist()}
            for name in self.mean
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Scaler:
        """Return the scaler that ``to_dict`` described."""
        return cls(
            {name: np.array(values["mean"], np.float64) for name, values in stored.items()},
            {name: np.array(values["spread"], np.float64) for name, values in stored.items()},
        )


def used_frames(windows: Windows) -> NDArray[np.bool_]:
    """Return which frames lie in some of ``windows``, ``(F,)``."""
    total = int(windows.frames.starts_R[-1])
    edges_F = np.zeros(total + 1, np.int64)
    np.add.at(edges_F, windows.first_N, 1)
    np.add.at(edges_F, windows.end_N, -1)
    return np.asarray(np.cumsum(edges_F)[:total] > 0)
