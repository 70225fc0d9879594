"""What is wanted of one label: F-beta, a demand that must hold, or the least cost."""
# Shapes: K rungs of a ladder, after leading axes of resamples if any.

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evenhand.decide.aim import check_beta
from evenhand.decide.ladder import Grid, Ladder, Tally, last_best
from evenhand.types import Floats, Truth


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a label's cut is chosen for.

    Costs, where given, are minimised. Otherwise demands come first, and among the cuts that
    meet them a recall demand leaves the highest precision, any other the highest recall, and
    both together the highest F-beta. Without demands F-beta decides. Of equals the higher
    F-beta and then the highest cut is taken.

    Args:
        beta: weight of recall against precision, above 0 and at most 1000.
        recall: at least this share of the positives is caught, in (0, 1].
        precision: at least this share of the caught is positive, in (0, 1].
        fpr: at most this share of the negatives is caught, in [0, 1).
        alerts: at most this share of the rows is caught, in (0, 1].
        costs: of one false positive and of one false negative, both >= 0.

    Raises:
        ConfigError: E102 for another ``beta``.
    """

    beta: float = 1.0
    recall: float | None = None
    precision: float | None = None
    fpr: float | None = None
    alerts: float | None = None
    costs: tuple[float, float] | None = None
    limits: ClassVar[dict[str, int]] = {"recall": 1, "precision": 1, "fpr": -1, "alerts": -1}

    def __post_init__(self) -> None:
        check_beta(self.beta)

    @property
    def demands(self) -> dict[str, float]:
        """Name and value of each demand."""
        given = {name: getattr(self, name) for name in self.limits}
        return {name: value for name, value in given.items() if value is not None}

    def shortfall(self, tally: Tally) -> Floats:
        """Return by how much the worst demand is missed; 0 where all hold.

        Infinite where nothing is hit: a label that is never given right meets no demand.
        """
        missed = np.zeros(tally.hits.shape)
        for name, value in self.demands.items():
            gap = self.limits[name] * (value - getattr(tally, name))
            missed = np.maximum(missed, np.where(gap > 1e-12, gap, 0.0))
        return np.where(tally.hits > 0, missed, np.inf)

    def choose(self, tally: Tally) -> np.ndarray:
        """Return the position of the best cut on the last axis; the nearest if none will do."""
        f = tally.f_beta(self.beta)
        if self.costs is not None:
            return last_best([-self.cost(tally)])
        if not self.demands:
            return last_best([f])
        return last_best([-np.minimum(self.shortfall(tally), 2.0), self._aim(tally, f), f])

    def cost(self, tally: Tally) -> Floats:
        """Return what false positives and false negatives cost together."""
        false_positive, false_negative = self.costs or (0.0, 0.0)
        return false_positive * tally.alarms + false_negative * (tally.positives - tally.hits)

    def _aim(self, tally: Tally, f: Floats) -> Floats:
        others = any(value is not None for value in (self.precision, self.fpr, self.alerts))
        if self.recall is None:
            return tally.recall
        return f if others else tally.precision


@dataclass(frozen=True)
class Found:
    """The best cut of a label.

    Args:
        cut: in the unit of the scores.
        tally: what it catches on the rows that chose it.
        met: whether all demands hold there.
    """

    cut: float
    tally: Tally
    met: bool


def find_cut(scores_N: Floats, truth_N: Truth, wish: Wish, *, grid: Grid | None = None) -> Found:
    """Find the best of all cuts for a wish, or of a grid's.

    Args:
        scores_N: probabilities, logits or margins of one label, finite.
        truth_N: 0, 1 or NaN (unknown, left out).
        wish: what is wanted.
        grid: the only cuts to try, increasing; without it every cut is tried.
    """
    ladder = Ladder.of(scores_N, truth_N, grid=grid)
    at, tally = int(wish.choose(ladder.tally)), ladder.tally
    there = Tally(
        tally.hits[at : at + 1], tally.alarms[at : at + 1], tally.positives, tally.negatives
    )
    return Found(float(ladder.cuts_K[at]), there, bool(wish.shortfall(there)[0] == 0))
