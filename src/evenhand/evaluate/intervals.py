"""Bootstrap intervals: how far a figure would move had other rows been drawn.

Rows are resampled with replacement, those that belong together as one (the cluster bootstrap);
intervals are percentiles of the resampled figures. All figures of one call see the same
resamples, so differences between systems are paired.
Shapes: N rows, G groups of rows, C classes, R resamples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.metrics import (
    Counts,
    Decided,
    Ranking,
    divide,
    f1,
    macro,
    matched_rows,
    pooled,
    precision,
    recall,
    weighted,
)
from evenhand.seeds import generator
from evenhand.types import Floats, Truth

CHUNK_BYTES = 64 * 2**20
METHOD = "percentile bootstrap"
"""What every interval here is, as results state it."""

Figures = dict[str, Floats]
Statistic = Callable[[Floats], Figures]
"""Weights ``(N, R)`` -> figures by name, each ``(R,)`` or ``(C, R)``."""


@dataclass(frozen=True)
class Interval:
    """A figure on the rows at hand, and the bounds that resampling gives it; NaN if undefined."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        """Return the three numbers for JSON, None where undefined."""
        return {name: None if math.isnan(v) else v for name, v in vars(self).items()}


@dataclass(frozen=True)
class Replicates:
    """One statistic on the rows themselves and on every resample.

    Args:
        values: figure by name, ``(1,)`` or ``(C, 1)``.
        draws: the same figures resampled, ``(R,)`` or ``(C, R)``.
    """

    values: Figures
    draws: Figures

    def interval(self, name: str, *, level: float) -> Interval:
        """Return the interval of a figure that is one number."""
        return percentile_interval(float(self.values[name][0]), self.draws[name], level=level)

    def intervals(self, name: str, *, level: float) -> list[Interval]:
        """Return one interval a class."""
        pairs = zip(self.values[name], self.draws[name], strict=True)
        return [percentile_interval(float(v[0]), d_R, level=level) for v, d_R in pairs]

    def minus(self, other: Replicates, name: str, *, level: float) -> Interval:
        """Return the interval of this figure less the other's, resample by resample."""
        value = float(self.values[name][0] - other.values[name][0])
        return percentile_interval(value, self.draws[name] - other.draws[name], level=level)


def percentile_interval(value: float, draws_R: Floats, *, level: float) -> Interval:
    """Return ``value`` between the ``(1 -/+ level) / 2`` quantiles of its draws.

    Draws in which the figure is undefined are left out; without any defined draw, or where
    the figure itself is undefined, the bounds are NaN.
    """
    defined_R = draws_R[~np.isnan(draws_R)]
    if math.isnan(value) or not len(defined_R):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(defined_R, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


def resample_weights(
    rows: int, resamples: int, seed: int, *, groups_N: NDArray[np.int64] | None = None
) -> Iterator[Floats]:
    """Yield how often each row was drawn, ``(N, r)`` a piece, at most 64 MB or one resample each.

    G groups are drawn G times, every row of a group as often as its group; without groups, or
    where every row is a group of its own, rows are drawn one by one and every column sums to
    ``rows``. The draws depend on ``(G, seed)`` and their position alone.
    """
    random = generator(seed, "bootstrap")
    member_N = np.arange(rows) if groups_N is None else numbered(groups_N)
    groups = int(member_N.max(initial=-1)) + 1
    piece = max(1, min(resamples, CHUNK_BYTES // (8 * rows)))
    for start in range(0, resamples, piece):
        weights_rN = np.empty((min(piece, resamples - start), rows))
        for weights_N in weights_rN:
            drawn_G = np.bincount(random.integers(groups, size=groups), minlength=groups)
            weights_N[:] = drawn_G[member_N]
        yield np.ascontiguousarray(weights_rN.T)


def numbered(groups_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number groups from 0 in the order in which their first rows stand."""
    _, first_G, member_N = np.unique(groups_N, return_index=True, return_inverse=True)
    rank_G = np.empty(len(first_G), np.int64)
    rank_G[np.argsort(first_G)] = np.arange(len(first_G))
    return np.asarray(rank_G[member_N], np.int64)


def groups_drawn(groups_N: NDArray[np.int64] | None) -> int | None:
    """Return how many groups are drawn; None where every row is drawn by itself."""
    if groups_N is None:
        return None
    groups = len(np.unique(groups_N))
    return groups if groups < len(groups_N) else None


def bootstrap(
    statistics: Sequence[Statistic],
    rows: int,
    *,
    resamples: int,
    seed: int,
    groups_N: NDArray[np.int64] | None = None,
) -> list[Replicates]:
    """Compute every statistic on the rows and on the same resamples of them.

    Args:
        statistics: as ``decided_statistic`` and ``ranking_statistic`` make them.
        rows: N, at least 1.
        resamples: R.
        seed: of the draws; the same seed gives the same resamples.
        groups_N: rows with equal numbers are drawn together; None draws each by itself.
    """
    pieces: list[list[Figures]] = [[] for _ in statistics]
    for weights_NR in resample_weights(rows, resamples, seed, groups_N=groups_N):
        for statistic, figures in zip(statistics, pieces, strict=True):
            figures.append(statistic(weights_NR))
    once_N1 = np.ones((rows, 1))
    return [
        Replicates(
            values=statistic(once_N1),
            draws={n: np.concatenate([f[n] for f in figures], axis=-1) for n in figures[0]},
        )
        for statistic, figures in zip(statistics, pieces, strict=True)
    ]


def decided_statistic(truth_NC: Truth, decided_NC: Decided) -> Statistic:
    """Return the figures of decided labels as a function of row weights.

    Names: ``macro_f1``, ``micro_f1``, ``weighted_f1``, ``accuracy`` are ``(R,)``;
    ``precision``, ``recall``, ``f1`` are ``(C, R)``. Weights of 1 give the plain metrics.
    """
    positive_NC, negative_NC = truth_NC == 1, truth_NC == 0
    matched_N, known_N = matched_rows(truth_NC, decided_NC)
    columns = (positive_NC & decided_NC, negative_NC & decided_NC, positive_NC, negative_NC)
    classes = truth_NC.shape[1]
    indicators_KN = np.concatenate([c.T for c in (*columns, matched_N[:, None], known_N[:, None])])

    def figures(weights_NR: Floats) -> Figures:
        sums_KR = _weighted_sums(indicators_KN, weights_NR)
        tp, fp, support, negatives = sums_KR[:-2].reshape(4, classes, -1)
        counts = Counts(tp_C=tp, fp_C=fp, fn_C=support - tp, tn_C=negatives - fp, support_C=support)
        f1_CR = f1(counts)
        return {
            "macro_f1": macro(f1_CR),
            "micro_f1": f1(pooled(counts)),
            "weighted_f1": weighted(f1_CR, support),
            "accuracy": divide(sums_KR[-2], sums_KR[-1]),
            "precision": precision(counts),
            "recall": recall(counts),
            "f1": f1_CR,
        }

    return figures


def _weighted_sums(indicators_KN: Decided, weights_NR: Floats) -> Floats:
    """Return the matrix product in float64, a bounded number of rows at a time, ``(K, R)``."""
    sums_KR = np.zeros((len(indicators_KN), weights_NR.shape[1]))
    step = max(1, CHUNK_BYTES // (8 * len(indicators_KN)))
    for start in range(0, len(weights_NR), step):
        rows = slice(start, start + step)
        sums_KR += indicators_KN[:, rows].astype(np.float64) @ weights_NR[rows]
    return sums_KR


def ranking_statistic(truth_NC: Truth, scores_NC: Floats) -> Statistic:
    """Return average precision, ``ap`` ``(C, R)`` and ``macro_ap`` ``(R,)``, by row weights."""
    rankings = [Ranking.of(t_N, s_N) for t_N, s_N in zip(truth_NC.T, scores_NC.T, strict=True)]

    def figures(weights_NR: Floats) -> Figures:
        ap_CR = np.stack([ranking.average_precision(weights_NR) for ranking in rankings])
        return {"ap": ap_CR, "macro_ap": macro(ap_CR)}

    return figures


def paired_difference(
    truth_NC: Truth,
    decided_a_NC: Decided,
    *,
    decided_b_NC: Decided,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    groups_N: NDArray[np.int64] | None = None,
) -> Interval:
    """Return macro-F1 of ``a`` less that of ``b``, with the interval of the difference.

    Both are measured on the same resamples; a system less itself is 0 from 0 to 0.
    """
    a, b = bootstrap(
        [decided_statistic(truth_NC, d_NC) for d_NC in (decided_a_NC, decided_b_NC)],
        len(truth_NC),
        resamples=resamples,
        seed=seed,
        groups_N=groups_N,
    )
    return a.minus(b, "macro_f1", level=level)
