"""Platt scaling: a sigmoid for each label, with targets that small counts do not push to 0 or 1."""
# Shapes: N rows, C classes, K known rows of a label.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator
from evenhand.calibrate.perlabel import (
    RULE,
    MinPositives,
    Number,
    Slope,
    check_lengths,
    enough,
    joined,
    known_cells,
    log_odds,
    shared_slope,
)
from evenhand.calibrate.vector import fit_line
from evenhand.types import Floats, Probs, Scores, Task, Truth


@STORED.register("platt")
@dataclass(frozen=True, kw_only=True)
class Platt:
    """Stretches and shifts the log-odds of each label.

    Args:
        slopes: > 0, one a label, so that the order of the rows is kept (multi-label).
        biases: in nats, one a label.
        task: multi-class rows are made to sum to 1.
    """

    slopes: tuple[Slope, ...]
    biases: tuple[Number, ...]
    task: Task
    name: ClassVar[str] = "platt"

    def __post_init__(self) -> None:
        check_lengths(self.name, self.slopes, self.biases)

    def apply(self, scores: Scores) -> Probs:
        """Return ``sigmoid(s * log-odds + b)``, ``(N, C)``."""
        z_NC = log_odds(scores, self.task)
        return joined(z_NC * np.array(self.slopes) + np.array(self.biases), self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task, slopes and biases."""
        values = {"slopes": list(self.slopes), "biases": list(self.biases)}
        return {"name": self.name, "task": self.task.value, **values}


@CALIBRATORS.register("platt")
def platt(
    scores: Scores, truth_NC: Truth, task: Task, *, min_positives: MinPositives = RULE
) -> Calibrator:
    """Fit a sigmoid to each label's log-odds, one label against the rest.

    The targets are ``(P + 1) / (P + 2)`` for the ``P`` positives and ``1 / (M + 2)`` for the
    ``M`` negatives, so that perfectly ranked labels stay finite.

    Args:
        scores: logits, or probabilities taken back to logits, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: multi-class takes each class against all others, then makes rows sum to 1.
        min_positives: positives, and negatives, below which a label has the shared slope and
            no bias.

    References:
        Platt 1999, Probabilistic outputs for support vector machines, section 2.2.
    """
    z_NC, own_C = log_odds(scores, task), enough(truth_NC, min_positives)
    slope = shared_slope(z_NC, truth_NC)
    slopes_C, biases_C = np.full(z_NC.shape[1], slope), np.zeros(z_NC.shape[1])
    for c in np.flatnonzero(own_C):
        z_K, y_K = known_cells(z_NC[:, c], truth_NC[:, c])
        slopes_C[c], biases_C[c] = fit_line(z_K, smoothed(y_K), slope)
    return Platt(slopes=tuple(slopes_C.tolist()), biases=tuple(biases_C.tolist()), task=task)


def smoothed(y_K: Floats) -> Floats:
    """Return Platt's targets for 0/1 truth."""
    positives = float(y_K.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(y_K) - positives + 2)
    return np.where(y_K == 1, high, low)
