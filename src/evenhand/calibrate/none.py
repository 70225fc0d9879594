"""No calibration: the scores' own probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator, as_probs
from evenhand.types import Probs, Scores, Task, Truth


@STORED.register("none")
@dataclass(frozen=True, kw_only=True)
class Identity:
    """Leaves probabilities as they are; logits go through sigmoid or softmax.

    Args:
        task: decides which of the two.
    """

    task: Task
    name: ClassVar[str] = "none"

    def apply(self, scores: Scores) -> Probs:
        """Return the scores' own probabilities, ``(N, C)``."""
        return as_probs(scores, self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name and task."""
        return {"name": self.name, "task": self.task.value}


@CALIBRATORS.register("none")
def none(scores: Scores, truth_NC: Truth, task: Task) -> Calibrator:
    """Keep the scores' own probabilities; nothing is fitted."""
    del scores, truth_NC
    return Identity(task=task)
