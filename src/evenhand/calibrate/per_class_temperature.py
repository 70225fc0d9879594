"""A temperature of each label's own, for models that are too sure of some and not of others."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator
from evenhand.calibrate.perlabel import RULE, MinPositives, Slope, class_logits, enough
from evenhand.calibrate.temperature import fit_temperature
from evenhand.calibrate.vector import fit_softmax
from evenhand.types import Logits, Probs, Scores, Task, Truth


@STORED.register("per-class-temperature")
@dataclass(frozen=True, kw_only=True)
class PerClassTemperature:
    """Divides each label's logits by its own temperature, then sigmoid or softmax.

    Args:
        temperatures: > 0, one a label. Multi-label: the order of the rows within a label is
            kept, and so are labels cut at 0.5. Multi-class: the likeliest class may change.
        task: sigmoid for multi-label, softmax for multi-class.
    """

    temperatures: tuple[Slope, ...]
    task: Task
    name: ClassVar[str] = "per-class-temperature"

    def apply(self, scores: Scores) -> Probs:
        """Return ``softmax(log p / T)`` or ``sigmoid(logits / T)``, ``(N, C)``."""
        z_NC = class_logits(scores, self.task)
        return Logits(z_NC / np.array(self.temperatures)).probs(self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task and temperatures."""
        values = {"temperatures": list(self.temperatures)}
        return {"name": self.name, "task": self.task.value, **values}


@CALIBRATORS.register("per-class-temperature")
def per_class_temperature(
    scores: Scores, truth_NC: Truth, task: Task, *, min_positives: MinPositives = RULE
) -> Calibrator:
    """Fit a temperature to each label; those with few positives share one.

    Multi-label: each label by itself, as ``temperature`` does. Multi-class: all slopes of the
    softmax together, which is convex. With one label it is ``temperature``.

    Args:
        scores: logits, or probabilities taken back to logits, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: sigmoid or softmax.
        min_positives: positives, and negatives, below which a label has the shared temperature.
    """
    z_NC, own_C = class_logits(scores, task), enough(truth_NC, min_positives)
    shared = fit_temperature(z_NC, truth_NC, task)
    if task is Task.MULTICLASS:
        slopes_C, _ = fit_softmax(z_NC, truth_NC, own_C, slope=1 / shared, with_bias=False)
        temperatures_C = 1 / slopes_C
    else:
        temperatures_C = np.full(z_NC.shape[1], shared)
        for c in np.flatnonzero(own_C):
            column = z_NC[:, c : c + 1], truth_NC[:, c : c + 1]
            temperatures_C[c] = fit_temperature(*column, task)
    return PerClassTemperature(temperatures=tuple(temperatures_C.tolist()), task=task)
