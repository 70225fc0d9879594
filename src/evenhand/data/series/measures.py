"""What recordings measure: how large, how far spread, how fast, how even in time.

Shapes: T frames of a recording, K of them known, D numbers of a stream.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series.records import Float32s

Floats = NDArray[np.float64]

UNEVEN = 0.5
"""Share of a step by which a time stamp may be off."""


@dataclass(frozen=True)
class Measure:
    """One stream in one recording; all zeros where the recording lacks it.

    Args:
        frames: that were measured.
        unknown: frames of NaN or infinity.
        largest: largest absolute value.
        at, number: frame and place of that value.
        step: median, over neighbouring frames, of the largest change of a number.
        jump: largest of these changes.
        jump_at: frame before it.
    """

    frames: int = 0
    unknown: int = 0
    largest: float = 0.0
    at: int = 0
    number: int = 0
    step: float = 0.0
    jump: float = 0.0
    jump_at: int = 0


@dataclass(frozen=True)
class Extent:
    """Every number of a stream over all recordings, ``(D,)`` each; see ``spread``.

    Args:
        frames: that were measured.
        low_D, high_D: smallest and largest value.
        mean_D: mean.
        squares_D: sum of squared distances from the mean.
    """

    frames: int
    low_D: Floats
    high_D: Floats
    mean_D: Floats
    squares_D: Floats

    @classmethod
    def of(cls, values_TD: Float32s, known_T: NDArray[np.bool_]) -> Extent:
        """Measure the known frames of a recording."""
        x_KD = values_TD[known_T].astype(np.float64)
        width = values_TD.shape[1]
        if not len(x_KD):
            return cls(0, *(np.full(width, f) for f in (np.inf, -np.inf, 0.0, 0.0)))
        mean_D = x_KD.mean(axis=0)
        return cls(
            len(x_KD), x_KD.min(axis=0), x_KD.max(axis=0), mean_D, ((x_KD - mean_D) ** 2).sum(0)
        )

    def join(self, other: Extent) -> Extent:
        """Return the extent of both together (Chan, Golub, LeVeque 1979)."""
        frames = self.frames + other.frames
        gap_D, share = other.mean_D - self.mean_D, other.frames / max(frames, 1)
        return Extent(
            frames,
            np.minimum(self.low_D, other.low_D),
            np.maximum(self.high_D, other.high_D),
            self.mean_D + gap_D * share,
            self.squares_D + other.squares_D + gap_D**2 * self.frames * share,
        )

    def spread(self) -> float:
        """Return the median, over the numbers that change, of their standard deviations."""
        changing_D = self.high_D > self.low_D
        if not changing_D.any():
            return 0.0
        return float(np.median(np.sqrt(self.squares_D[changing_D] / self.frames)))


@dataclass(frozen=True)
class Clock:
    """The time stamps of one recording.

    Args:
        step: median time between frames, in the unit of the stamps; 0 without two frames.
        backward: steps that do not go forward.
        uneven: other steps that are off the median by more than ``UNEVEN``.
        steps: steps in all.
    """

    step: float = 0.0
    backward: int = 0
    uneven: int = 0
    steps: int = 0

    @classmethod
    def of(cls, time_T: Floats) -> Clock:
        """Measure stored time stamps; a step to or from NaN or infinity counts as backward."""
        with np.errstate(invalid="ignore", over="ignore"):
            steps = np.diff(time_T)
        if not len(steps):
            return cls()
        forward = (steps > 0) & np.isfinite(steps)
        step = float(np.median(steps[forward])) if forward.any() else 0.0
        uneven = forward & (np.abs(steps - step) > UNEVEN * step)
        return cls(step, int((~forward).sum()), int(uneven.sum()), len(steps))


def measure(values_TD: Float32s, known_T: NDArray[np.bool_], *, held: bool = True) -> Measure:
    """Measure one stream of one recording.

    Args:
        values_TD: float32; 0 where not known.
        known_T: which frames were measured.
        held: whether the recording has the stream at all.
    """
    if not held or not len(known_T):
        return Measure()
    at, number = np.unravel_index(int(np.abs(values_TD).argmax()), values_TD.shape)
    both_T = known_T[1:] & known_T[:-1]
    moved_T = np.abs(np.diff(values_TD.astype(np.float64), axis=0)).max(axis=1, initial=0)
    moved_T[~both_T] = 0
    return Measure(
        frames=int(known_T.sum()),
        unknown=int((~known_T).sum()),
        largest=float(np.abs(values_TD[at, number])),
        at=int(at),
        number=int(number),
        step=float(np.median(moved_T[both_T])) if both_T.any() else 0.0,
        jump=float(moved_T.max(initial=0)),
        jump_at=int(moved_T.argmax()) if len(moved_T) else 0,
    )
