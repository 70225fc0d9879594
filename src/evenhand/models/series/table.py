"""Windows as the network reads them: scaled frames, and which of them are known."""
# Shapes: N windows, B of a batch, T frames of the longest, D numbers of a stream, F all frames.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series.records import Float32s, Rows, Scaler, Windows, used_frames
from evenhand.errors import ConfigError, did_you_mean

Streams = tuple[tuple[str, int], ...]
"""Name and width of each stream, in the order of ``metadata.json``."""
INSIDE = "inside_BT"
"""Input of the network: which frames lie inside the window, and are no padding."""
COPIED = 2**30
"""Bytes of frames up to which a table keeps a scaled copy; beyond, each batch is scaled."""
PORTION = 2**16
"""Frames that are scaled at a time, in float64."""


def values_of(stream: str) -> str:
    """Return the name of the input that holds a stream's values, ``(B, T, D)``."""
    return f"{stream}:values_BTD"


def known_of(stream: str) -> str:
    """Return the name of the input that says which frames of a stream are known, ``(B, T)``."""
    return f"{stream}:known_BT"


@dataclass(frozen=True)
class _Gathered:
    """Frames to take batches from.

    Args:
        values: stream -> float32, ``(F, D)``.
        known: stream -> bool, ``(F,)``.
        first_N: position of each window's first frame among these.
        scaled: whether the values are.
    """

    values: Mapping[str, Float32s]
    known: Mapping[str, NDArray[np.bool_]]
    first_N: Rows
    scaled: bool


@dataclass(frozen=True)
class WindowTable:
    """Windows ready for the network; a batch is padded at its end to its longest window.

    The frames that the windows use are scaled once, when the first batch is asked for, as long
    as they fit into ``COPIED`` bytes. No file is opened.

    Args:
        windows: into recordings.
        scaler: mean and spread of the fit rows.
        streams: names, in the network's order.
        hidden: streams that count as missing everywhere.
    """

    windows: Windows
    scaler: Scaler
    streams: tuple[str, ...]
    hidden: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.windows)

    def lengths(self) -> Rows:
        """Return the frames of each window, ``(N,)``."""
        return self.windows.lengths()

    def without(self, stream: str) -> WindowTable:
        """Return the same windows with a stream missing, to see what the scores owe to it.

        Raises:
            ConfigError: E101 for a stream that these windows do not have.
        """
        if stream not in self.streams:
            raise ConfigError(
                "E101",
                "there is no stream of that name",
                got=repr(stream),
                fix=did_you_mean(stream, self.streams),
            )
        return replace(self, hidden=self.hidden | {stream})

    def batch(self, rows_B: Rows) -> dict[str, NDArray[Any]]:
        """Return the network's inputs for these windows.

        Returns:
            ``inside_BT``: True inside the window, bool. For each stream ``NAME:values_BTD``,
            float32, in spreads from the mean, 0 where it is not known, and ``NAME:known_BT``,
            bool.
        """
        frames, lengths_B = self._frames, self.lengths()[rows_B]
        steps_T = np.arange(int(lengths_B.max()))
        inside_BT = steps_T < lengths_B[:, None]
        # Padding reads the window's first frame, which exists, and is then set to 0.
        places_BT = frames.first_N[rows_B][:, None] + steps_T * inside_BT
        inputs: dict[str, NDArray[Any]] = {INSIDE: inside_BT}
        for stream in self.streams:
            known_BT = frames.known[stream][places_BT] & inside_BT & (stream not in self.hidden)
            values_BTD = frames.values[stream][places_BT]
            if not frames.scaled:
                values_BTD = self.scaler.apply(stream, values_BTD)
            values_BTD[~known_BT] = 0
            inputs[values_of(stream)] = values_BTD
            inputs[known_of(stream)] = known_BT
        return inputs

    @cached_property
    def _frames(self) -> _Gathered:
        """Return the frames that the windows use, scaled, or all frames as they are."""
        frames, used_F = self.windows.frames, used_frames(self.windows)
        width = sum(frames.values[stream].shape[1] for stream in self.streams)
        if 4 * width * int(used_F.sum()) > COPIED:
            return _Gathered(frames.values, frames.known, self.windows.first_N, scaled=False)
        place_F = np.cumsum(used_F) - 1
        return _Gathered(
            {s: self._scaled(s, np.flatnonzero(used_F)) for s in self.streams},
            {s: frames.known[s][used_F] for s in self.streams},
            place_F[self.windows.first_N],
            scaled=True,
        )

    def _scaled(self, stream: str, used_K: Rows) -> Float32s:
        """Return the frames ``used_K`` of a stream scaled, ``(K, D)``, a portion at a time."""
        values_FD = self.windows.frames.values[stream]
        scaled_KD = np.empty((len(used_K), values_FD.shape[1]), np.float32)
        for start in range(0, len(used_K), PORTION):
            portion = slice(start, start + PORTION)
            scaled_KD[portion] = self.scaler.apply(stream, values_FD[used_K[portion]])
        return scaled_KD
