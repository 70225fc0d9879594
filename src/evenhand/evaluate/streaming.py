"""Streaming: the scorecard of rows that come in parts and need not fit in memory.

Counts add up. Rankings keep, for each class, how many positives and rows have each distinct
score: exact, and as large as there are distinct scores. So the parts and their order change
nothing. Shapes: N rows of a part, C classes, D distinct scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.evaluate.metrics import Decided, divide, step_area
from evenhand.evaluate.scorecard import Ranked, Scorecard, Tally, compose
from evenhand.types import Floats, LabelSpace, Truth


@dataclass(frozen=True)
class Histogram:
    """Rows of one class by score: distinct scores, ascending, and what has each of them.

    Args:
        scores_D: distinct, ascending.
        positives_D: rows with that score whose truth is 1.
        rows_D: rows with that score whose truth is known.
    """

    scores_D: Floats
    positives_D: Floats
    rows_D: Floats

    @classmethod
    def of(cls, truth_N: Truth, scores_N: Floats) -> Histogram:
        """Count the rows whose truth is known; no row gives an empty histogram."""
        known_N = ~np.isnan(truth_N)
        known_K = np.ones(int(known_N.sum()))
        return _gathered(scores_N[known_N], (truth_N[known_N] == 1).astype(np.float64), known_K)

    def __add__(self, other: Histogram) -> Histogram:
        return joined([self, other])

    @property
    def auc(self) -> float:
        """Chance that a positive outranks a negative, a tie counting one half."""
        positives, rows = self.positives_D.sum(), self.rows_D.sum()
        middle_rank_D = np.cumsum(self.rows_D) - (self.rows_D - 1) / 2
        above = middle_rank_D @ self.positives_D - positives * (positives + 1) / 2
        return float(divide(above, positives * (rows - positives)))

    @property
    def ap(self) -> float:
        """Average precision: sum of gain in recall times precision, a tie being one step."""
        steps_S = np.flatnonzero(self.positives_D)[::-1]
        taken_D = np.cumsum(self.rows_D[::-1])[::-1]
        return float(step_area(self.positives_D[steps_S, None], taken_D[steps_S, None])[0])


def joined(parts: list[Histogram]) -> Histogram:
    """Return the histogram of all rows of ``parts``."""
    return _gathered(
        np.concatenate([part.scores_D for part in parts]),
        np.concatenate([part.positives_D for part in parts]),
        np.concatenate([part.rows_D for part in parts]),
    )


def _gathered(scores_K: Floats, positives_K: Floats, rows_K: Floats) -> Histogram:
    scores_D, place_K = np.unique(scores_K, return_inverse=True)
    positives_D, rows_D = np.zeros(len(scores_D)), np.zeros(len(scores_D))
    np.add.at(positives_D, place_K, positives_K)
    np.add.at(rows_D, place_K, rows_K)
    return Histogram(scores_D, positives_D, rows_D)


class Stream:
    """A scorecard in the making.

    Args:
        labels: names and task of every part.
    """

    def __init__(self, labels: LabelSpace) -> None:
        none_NC = np.zeros((0, len(labels)))
        self._labels = labels
        self._tally = Tally.of(none_NC.astype(np.float32), none_NC.astype(np.bool_))
        self._held: list[Histogram] = []
        self._waiting: list[list[Histogram]] = []

    def add(self, truth_NC: Truth, decided_NC: Decided, *, scores_NC: Floats | None = None) -> None:
        """Take in some rows; scores with all parts or with none.

        Raises:
            ValueError: when only some parts have scores, since the figures would then rest on
                different rows.
        """
        if self._tally.known and bool(self._held) != (scores_NC is not None):
            raise ValueError("scores must come with every part or with none")
        self._tally += Tally.of(truth_NC, decided_NC)
        if scores_NC is not None:
            columns = zip(truth_NC.T, scores_NC.T, strict=True)
            self._hold([Histogram.of(t_N, s_N) for t_N, s_N in columns])

    def scorecard(self) -> Scorecard:
        """Return the figures of all rows so far, equal to those of the rows taken at once."""
        return compose(self._labels, self._tally, self._ranked() if self._held else None)

    def _hold(self, part_C: list[Histogram]) -> None:
        """Keep parts aside until they are as large as what is held, so that few merges are made."""
        if not self._held:
            self._held, self._waiting = part_C, [[] for _ in part_C]
            return
        for c, part in enumerate(part_C):
            self._waiting[c].append(part)
            if sum(len(p.rows_D) for p in self._waiting[c]) >= len(self._held[c].rows_D):
                self._settle(c)

    def _settle(self, c: int) -> None:
        self._held[c] = joined([self._held[c], *self._waiting[c]])
        self._waiting[c] = []

    def _ranked(self) -> Ranked:
        for c in range(len(self._held)):
            self._settle(c)
        pooled = joined(self._held)
        return Ranked(
            auc_C=np.array([histogram.auc for histogram in self._held]),
            ap_C=np.array([histogram.ap for histogram in self._held]),
            micro_auc=pooled.auc,
            micro_ap=pooled.ap,
        )
