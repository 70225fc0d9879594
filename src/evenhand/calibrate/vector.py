"""Vector scaling: one slope and one bias a class, by maximum likelihood."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator
from evenhand.calibrate.newton import logistic, minimise, softmax
from evenhand.calibrate.perlabel import (
    BIASES,
    RULE,
    SLOPES,
    MinPositives,
    Number,
    Slope,
    check_lengths,
    class_logits,
    enough,
    known_cells,
)
from evenhand.calibrate.temperature import fit_temperature
from evenhand.types import Floats, Logits, Probs, Scores, Task, Truth


@STORED.register("vector")
@dataclass(frozen=True, kw_only=True)
class Vector:
    """Stretches and shifts each label's logits, then sigmoid or softmax.

    Args:
        slopes: > 0, one a label, so that the order of the rows is kept (multi-label).
        biases: in nats, one a label.
        task: sigmoid for multi-label, softmax for multi-class.
    """

    slopes: tuple[Slope, ...]
    biases: tuple[Number, ...]
    task: Task
    name: ClassVar[str] = "vector"

    def __post_init__(self) -> None:
        check_lengths(self.name, self.slopes, self.biases)

    def apply(self, scores: Scores) -> Probs:
        """Return ``softmax(s * log p + b)`` or ``sigmoid(s * logits + b)``, ``(N, C)``."""
        z_NC = class_logits(scores, self.task)
        return Logits(z_NC * np.array(self.slopes) + np.array(self.biases)).probs(self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task, slopes and biases."""
        values = {"slopes": list(self.slopes), "biases": list(self.biases)}
        return {"name": self.name, "task": self.task.value, **values}


@CALIBRATORS.register("vector")
def vector(
    scores: Scores, truth_NC: Truth, task: Task, *, min_positives: MinPositives = RULE
) -> Calibrator:
    """Fit slope and bias of each label by maximum likelihood.

    Multi-class: all together under the softmax, with the commonest class's bias at 0, as only
    differences matter. Multi-label: each label by itself, which is ``platt`` without its
    smoothed targets. Calibrated scores give slopes of 1 and biases of 0.

    Args:
        scores: logits, or probabilities taken back to logits, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: sigmoid or softmax.
        min_positives: positives, and negatives, below which a label has the shared temperature
            and no bias.

    References:
        Guo et al. 2017, arXiv:1706.04599, section 4.2.
    """
    z_NC, own_C = class_logits(scores, task), enough(truth_NC, min_positives)
    slope = 1 / fit_temperature(z_NC, truth_NC, task)
    if task is Task.MULTICLASS:
        slopes_C, biases_C = fit_softmax(z_NC, truth_NC, own_C, slope=slope, with_bias=True)
    else:
        slopes_C, biases_C = np.full(z_NC.shape[1], slope), np.zeros(z_NC.shape[1])
        for c in np.flatnonzero(own_C):
            z_K, y_K = known_cells(z_NC[:, c], truth_NC[:, c])
            slopes_C[c], biases_C[c] = fit_line(z_K, y_K, slope)
    return Vector(slopes=tuple(slopes_C.tolist()), biases=tuple(biases_C.tolist()), task=task)


def fit_line(z_K: Floats, target_K: Floats, slope: float) -> tuple[float, float]:
    """Return slope and bias of the likeliest ``sigmoid(s * z + b)``, within their bounds."""
    features_K2 = np.stack([z_K, np.ones(len(z_K))], axis=1)
    low_2, high_2 = (np.array(ends) for ends in zip(SLOPES, BIASES, strict=True))
    start_2 = np.array([slope, 0.0])
    found_2 = minimise(logistic(features_K2, target_K), start_2, low_K=low_2, high_K=high_2)
    return float(found_2[0]), float(found_2[1])


def fit_softmax(
    z_NC: Floats, truth_NC: Truth, own_C: np.ndarray, *, slope: float, with_bias: bool
) -> tuple[Floats, Floats]:
    """Return slopes and biases of the likeliest ``softmax(s * z + b)``, each ``(C,)``.

    Args:
        z_NC: logits.
        truth_NC: one-hot; rows with NaN are left out.
        own_C: classes that move; the others keep ``slope`` and no bias.
        slope: where all start.
        with_bias: whether biases move; the commonest class's never does.
    """
    known_N = ~np.isnan(truth_NC).any(axis=1)
    z_NC, y_NC = z_NC[known_N], truth_NC[known_N].astype(np.float64)
    classes = z_NC.shape[1]
    free_C = own_C & with_bias & (np.arange(classes) != y_NC.sum(axis=0).argmax())
    low_K = np.concatenate([np.where(own_C, SLOPES[0], slope), np.where(free_C, BIASES[0], 0.0)])
    high_K = np.concatenate([np.where(own_C, SLOPES[1], slope), np.where(free_C, BIASES[1], 0.0)])
    start_K = np.concatenate([np.full(classes, slope), np.zeros(classes)])
    if not len(z_NC) or not own_C.any():
        return start_K[:classes], start_K[classes:]
    found_K = minimise(softmax(z_NC, y_NC), start_K, low_K=low_K, high_K=high_K)
    return found_K[:classes], found_K[classes:]
