"""What all labels together are cut for: a blend of macro- and micro-F-beta, or least cost."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.f1 import blend_of, count
from evenhand.types import Floats, Truth


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One number for the decisions of all labels; higher is better.

    Args:
        beta: weight of recall against precision, > 0.
        micro: share of micro-F in the blend, in [0, 1]; the rest is macro-F.
        costs_2C: of a false positive and a false negative of each label, NaN where none are
            given; multi-label.
        costs_CC: of giving the class of the column to a row of the class of the line, 0 on the
            diagonal; multi-class.
    """

    beta: float = 1.0
    micro: float = 0.0
    costs_2C: Floats | None = None
    costs_CC: Floats | None = None

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


MACRO_F1 = Aim()
