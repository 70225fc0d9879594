"""What all labels together are cut for: a blend of macro- and micro-F-beta, or least cost."""
# Shapes: N rows, C classes; counts_3NC as counts_3C, row by row.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.f1 import blend_of, count
from evenhand.errors import ConfigError
from evenhand.types import Floats, Truth

LARGEST_BETA = 1000.0


def check_beta(beta: float) -> None:
    """Refuse a weight of recall whose square would drown the counts.

    Raises:
        ConfigError: E102 for a ``beta`` that is not above 0 and at most 1000.
    """
    if not 0 < beta <= LARGEST_BETA:
        raise ConfigError(
            "E102",
            "beta is out of range",
            got=f"beta = {beta!r}",
            fix=f"pass more than 0 and at most {LARGEST_BETA:g}; 1 is F1, 2 leans to recall",
        )


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One number for the decisions of all labels; higher is better.

    Args:
        beta: weight of recall against precision, above 0 and at most 1000.
        micro: share of micro-F in the blend, in [0, 1]; the rest is macro-F.
        costs_2C: of a false positive and a false negative of each label, NaN where none are
            given; multi-label.
        costs_CC: of giving the class of the column to a row of the class of the line, 0 on the
            diagonal; multi-class.

    Raises:
        ConfigError: E102 for another ``beta``.
    """

    beta: float = 1.0
    micro: float = 0.0
    costs_2C: Floats | None = None
    costs_CC: Floats | None = None

    def __post_init__(self) -> None:
        check_beta(self.beta)

    def score(self, truth_NC: Truth, decided_NC: NDArray[np.bool_]) -> float:
        """Return the blend, or the negative cost where there are costs."""
        counts_3C = count(truth_NC, decided_NC)
        if self.costs_2C is not None:
            hits_C, predicted_C, positive_C = counts_3C
            errors_2C = np.stack([predicted_C - hits_C, positive_C - hits_C])
            return -float(np.nansum(errors_2C * self.costs_2C))
        if self.costs_CC is not None:
            known_N = ~np.isnan(truth_NC).any(axis=1)
            given_N = decided_NC[known_N].argmax(axis=1)
            return -float(self.costs_CC[truth_NC[known_N].argmax(axis=1), given_N].sum())
        return float(np.nan_to_num(blend_of(counts_3C, beta=self.beta, micro=self.micro)))

    @property
    def costly(self) -> bool:
        """Whether costs, not F-beta, are what counts."""
        return self.costs_2C is not None or self.costs_CC is not None

    def priced(self, classes: int) -> NDArray[np.bool_]:
        """Return which labels have costs, ``(C,)``; all or none for multi-class."""
        if self.costs_2C is None:
            return np.full(classes, self.costs_CC is not None)
        return np.asarray(~np.isnan(self.costs_2C).any(axis=0))

    def parts(self, classes: int) -> Iterator[tuple[NDArray[np.bool_], Aim]]:
        """Yield the labels without costs and those with them, each with what counts for them.

        Columns of neither kind are not yielded; a single kind gives all columns.
        """
        priced_C = self.priced(classes)
        if not priced_C.all():
            yield ~priced_C, Aim(beta=self.beta, micro=self.micro)
        if priced_C.any():
            costs_2C = None if self.costs_2C is None else self.costs_2C[:, priced_C]
            yield priced_C, replace(self, costs_2C=costs_2C)

    def influence(self, truth_NC: Truth, decided_NC: NDArray[np.bool_]) -> Floats:
        """Return what each row contributes to the blend, to first order, ``(N,)``; sums to 0.

        It is the derivative by the weight of the row. So the root of the sum of squares is the
        standard error over rows, and that of the difference between two decisions is paired.
        Costs are not looked at.
        """
        known_NC = ~np.isnan(truth_NC)
        positive_NC = truth_NC == 1
        counts_3NC = np.stack([positive_NC & decided_NC, decided_NC & known_NC, positive_NC])
        macro_N = _influence(counts_3NC.astype(np.float64), self.beta**2)
        if not self.micro:
            return macro_N
        pooled_3N1 = counts_3NC.sum(axis=2, keepdims=True).astype(np.float64)
        micro_N = _influence(pooled_3N1, self.beta**2)
        return np.asarray((1 - self.micro) * macro_N + self.micro * micro_N)


def _influence(counts_3NC: Floats, square: float) -> Floats:
    """Return the derivative of the mean F-beta by the weight of each row, ``(N,)``."""
    hits_C, given_C, positive_C = counts_3NC.sum(axis=1)
    whole_C = given_C + square * positive_C
    defined_C = whole_C > 0
    safe_C = np.where(defined_C, whole_C, 1.0)
    f_C = (1 + square) * hits_C / safe_C
    hits_NC, given_NC, positive_NC = counts_3NC
    slope_NC = ((1 + square) * hits_NC - f_C * (given_NC + square * positive_NC)) / safe_C
    return np.asarray(slope_NC[:, defined_C].sum(axis=1) / max(1, int(defined_C.sum())))


MACRO_F1 = Aim()
