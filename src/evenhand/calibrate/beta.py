"""Beta calibration: three numbers a label, which can bend the two ends differently."""
# Shapes: N rows, C classes, K known rows of a label.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator
from evenhand.calibrate.newton import logistic, minimise
from evenhand.calibrate.perlabel import (
    BIASES,
    RULE,
    SLOPES,
    MinPositives,
    Number,
    check_lengths,
    enough,
    joined,
    known_cells,
    log_odds,
    shared_slope,
)
from evenhand.types import Floats, Probs, Scores, Task, Truth

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
LEAST = 1e-3
"""Of both weights: at 0 all rows on one side would be tied."""


@STORED.register("beta")
@dataclass(frozen=True, kw_only=True)
class Beta:
    """Turns ``log p`` and ``log(1 - p)`` of each label into new log-odds.

    Args:
        a: weight of ``log p``, >= 0, one a label.
        b: weight of ``-log(1 - p)``, >= 0, one a label.
        c: bias in nats, one a label.
        task: multi-class rows are made to sum to 1.
    """

    a: tuple[Weight, ...]
    b: tuple[Weight, ...]
    c: tuple[Number, ...]
    task: Task
    name: ClassVar[str] = "beta"

    def __post_init__(self) -> None:
        check_lengths(self.name, self.a, self.b, self.c)

    def apply(self, scores: Scores) -> Probs:
        """Return ``sigmoid(a log p - b log(1 - p) + c)``, ``(N, C)``."""
        left_NC, right_NC = _sides(log_odds(scores, self.task))
        bent_NC = left_NC * np.array(self.a) + right_NC * np.array(self.b) + np.array(self.c)
        return joined(bent_NC, self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task and the three lists."""
        values = {key: list(getattr(self, key)) for key in ("a", "b", "c")}
        return {"name": self.name, "task": self.task.value, **values}


@CALIBRATORS.register("beta")
def beta(
    scores: Scores, truth_NC: Truth, task: Task, *, min_positives: MinPositives = RULE
) -> Calibrator:
    """Fit ``sigmoid(a log p - b log(1 - p) + c)`` to each label, one label against the rest.

    ``a = b`` is ``vector`` without softmax, and ``a = b = 1, c = 0`` changes nothing. Both
    weights stay above 0, so that the order of the rows is kept (multi-label).

    Args:
        scores: probabilities, or logits, whose probabilities are taken, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: multi-class takes each class against all others, then makes rows sum to 1.
        min_positives: positives, and negatives, below which a label has the shared slope and
            no bias.

    References:
        Kull, Silva Filho, Flach 2017, Beta calibration, AISTATS, PMLR 54:623.
    """
    z_NC, own_C = log_odds(scores, task), enough(truth_NC, min_positives)
    slope = shared_slope(z_NC, truth_NC)
    fitted_C3 = np.tile([slope, slope, 0.0], (z_NC.shape[1], 1))
    low_3 = np.array([LEAST, LEAST, BIASES[0]])
    high_3 = np.array([SLOPES[1], SLOPES[1], BIASES[1]])
    for c in np.flatnonzero(own_C):
        z_K, y_K = known_cells(z_NC[:, c], truth_NC[:, c])
        features_K3 = np.stack([*_sides(z_K), np.ones(len(z_K))], axis=1)
        loss = logistic(features_K3, y_K)
        fitted_C3[c] = minimise(loss, fitted_C3[c], low_K=low_3, high_K=high_3)
    columns = dict(zip("abc", (tuple(column) for column in fitted_C3.T.tolist()), strict=True))
    return Beta(**columns, task=task)


def _sides(log_odds_NC: Floats) -> tuple[Floats, Floats]:
    """Return ``log p`` and ``-log(1 - p)``."""
    return -np.logaddexp(0.0, -log_odds_NC), np.logaddexp(0.0, log_odds_NC)
