"""The lines that a report draws: precision against recall, honesty of probabilities, training."""

# N rows, K points of a curve.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.calibrate.measures import BINS
from evenhand.types import Floats

ROUNDING = 1e-9
"""A mean of equal forecasts on an edge may lie this far below it, times the number of bins."""


@dataclass(frozen=True)
class Bin:
    """One bar of the reliability diagram: pairs of row and class with a similar probability.

    Args:
        low: lower edge of the probabilities, in [0, 1]; ``high`` is the upper one.
        count: number of pairs.
        predicted: mean probability.
        observed: share of pairs that are true, with a Wilson interval.
    """

    low: float
    high: float
    count: int
    predicted: float
    observed: float
    observed_low: float
    observed_high: float


def bins_of(curve: Mapping[str, Any], *, level: float, bins: int = BINS) -> list[Bin]:
    """Return the bins of a reliability curve with Wilson's intervals, as if pairs were independent.

    Args:
        curve: columns ``forecast``, ``observed`` and ``count``, as ``ReliabilityCurve.to_dict``
            gives them.
        level: confidence of the intervals, in (0, 1).
        bins: of equal width into which forecasts were sorted.
    """
    found = []
    for said, share, size in zip(
        *(curve[n] for n in ("forecast", "observed", "count")), strict=True
    ):
        place = min(int(said * bins + ROUNDING), bins - 1)
        ends = wilson(share, int(size), level)
        found.append(Bin(place / bins, (place + 1) / bins, int(size), said, share, *ends))
    return found


def precision_recall(
    truth_N: NDArray[Any], score_N: Floats, points: int = 160
) -> tuple[Floats, Floats]:
    """Trace precision against recall over every cut, at most ``points`` of them.

    At each kept recall level stands the best precision that reaches it; rows with unknown (NaN)
    truth are left out. A class without a positive row gives two empty arrays.

    Returns:
        Recall (rising) and precision, ``(K,)`` each, in [0, 1].
    """
    known = ~np.isnan(truth_N)
    order = np.argsort(-score_N[known], kind="stable")
    truth, score = truth_N[known][order], score_N[known][order]
    if not truth.sum():
        return np.empty(0), np.empty(0)
    last_of_tie = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.cumsum(truth, dtype=np.float64)[last_of_tie]
    recall, precision = hits / hits[-1], hits / (last_of_tie + 1)
    levels = np.linspace(recall[np.argmax(hits > 0)], 1.0, points)
    kept = np.unique(np.searchsorted(recall, levels - 1e-12))
    return recall[kept], precision[kept]


def wilson(share: float, count: int, level: float) -> tuple[float, float]:
    """Return Wilson's interval for a share of ``count`` cases; 0 of n starts at 0 exactly."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + (z / (2 * count)) ** 2) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def thin(x: Floats, y: Floats, points: int = 240) -> tuple[Floats, Floats]:
    """Average neighbours until at most ``points`` are left; short series stay as they are."""
    if len(x) <= points:
        return x, y
    pieces = np.array_split(np.arange(len(x)), points)
    return np.array([x[p].mean() for p in pieces]), np.array([y[p].mean() for p in pieces])
