"""Every cut of one label that is worth trying, and what each would catch."""
# Shapes: N rows, K rungs from the lowest cut to the highest, P positives, M known negatives.
# Counts may carry leading axes of resamples before K.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.types import Floats, Truth

Grid = Sequence[float]
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Tally:
    """What cuts catch of one label.

    Args:
        hits: positives at or above each cut.
        alarms: known negatives at or above each cut.
        positives: all positives, to be broadcast against ``hits``.
        negatives: all known negatives, likewise.
    """

    hits: Floats
    alarms: Floats
    positives: Floats
    negatives: Floats

    @property
    def recall(self) -> Floats:
        """Share of positives that are caught; 0 without positives."""
        return _ratio(self.hits, self.positives)

    @property
    def precision(self) -> Floats:
        """Share of the caught that are positive; 0 where nothing is caught."""
        return _ratio(self.hits, self.hits + self.alarms)

    @property
    def fpr(self) -> Floats:
        """Share of negatives that are caught; 0 without negatives."""
        return _ratio(self.alarms, self.negatives)

    @property
    def alerts(self) -> Floats:
        """Share of all known rows that are caught."""
        return _ratio(self.hits + self.alarms, self.positives + self.negatives)

    def f_beta(self, beta: float) -> Floats:
        """F-beta, ``(1 + b^2) h / (b^2 P + h + a)``; 0 without truth and prediction."""
        whole = beta**2 * self.positives + self.hits + self.alarms
        return _ratio((1 + beta**2) * self.hits, whole)


@dataclass(frozen=True)
class Ladder:
    """Cuts of one label with their tallies; a label is given where ``score >= cut``.

    Args:
        cuts_K: in the unit of the scores, increasing.
        tally: what each catches.
    """

    cuts_K: Floats
    tally: Tally

    @classmethod
    def of(cls, scores_N: Floats, truth_N: Truth, *, grid: Grid | None = None) -> Ladder:
        """Collect the cuts; rows with NaN truth are left out.

        Without a grid there is a rung at each distinct score of a positive, and a last one
        that catches nothing. Others cannot be better: a cut that ends on negatives gains, in
        every objective and under every demand, by rising past them. A cut lies midway to the
        next lower score, and is the lowest score itself where everything is caught.
        """
        positive_P = np.sort(scores_N[truth_N == 1])
        negative_M = np.sort(scores_N[truth_N == 0])
        if grid is None:
            cuts_K, hits_K, alarms_K = _exact(positive_P, negative_M)
        else:
            cuts_K = np.asarray(grid, dtype=np.float64)
            hits_K = len(positive_P) - np.searchsorted(positive_P, cuts_K, side="left")
            alarms_K = len(negative_M) - np.searchsorted(negative_M, cuts_K, side="left")
        sizes = np.array([len(positive_P)], np.float64), np.array([len(negative_M)], np.float64)
        return cls(cuts_K, Tally(hits_K.astype(np.float64), alarms_K.astype(np.float64), *sizes))


def last_best(keys: Sequence[Floats]) -> NDArray[np.int64]:
    """Return the rung with the highest first key; ties go to the next key, then to the highest.

    Keys are compared over their last axis, equal if they differ by a relative 1e-12.
    """
    best: NDArray[np.bool_] = np.ones(keys[0].shape, dtype=np.bool_)
    for key in keys:
        masked = np.where(best, key, -np.inf)
        top = masked.max(axis=-1, keepdims=True)
        best = masked >= top - TOLERANCE * np.maximum(1.0, np.abs(top))
    return np.asarray(keys[0].shape[-1] - 1 - best[..., ::-1].argmax(axis=-1), dtype=np.int64)


def _exact(
    positive_P: Floats, negative_M: Floats
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Return cuts, hits and alarms of the distinct positive scores and of nothing."""
    first_P = np.ones(len(positive_P), dtype=np.bool_)
    first_P[1:] = positive_P[1:] > positive_P[:-1]
    at_K = np.flatnonzero(first_P)
    upper_K = positive_P[at_K]
    below_K = np.searchsorted(negative_M, upper_K, side="left")
    lower_K = np.full(len(at_K), -np.inf)
    lower_K[1:] = upper_K[:-1]
    some_K = below_K > 0
    lower_K[some_K] = np.maximum(lower_K[some_K], negative_M[below_K[some_K] - 1])
    highest = max((part[-1] for part in (positive_P, negative_M) if len(part)), default=None)
    above = 0.5 if highest is None else float(np.nextafter(highest, np.inf))
    return (
        np.append(between(lower_K, upper_K), above),
        np.append(len(positive_P) - at_K, 0),
        np.append(len(negative_M) - below_K, 0),
    )


def between(lower_K: Floats, upper_K: Floats) -> Floats:
    """Return the middle of each gap; ``upper`` where there is none or no float lies inside."""
    with np.errstate(invalid="ignore"):
        middle_K = lower_K + (upper_K - lower_K) / 2
    inside_K = (lower_K < middle_K) & (middle_K <= upper_K)
    return np.where(inside_K, middle_K, upper_K)


def _ratio(part: Floats, whole: Floats) -> Floats:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
