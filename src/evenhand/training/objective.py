"""The objective: the one place where losses are weighted and reduced."""
# Shapes: B examples, C classes.

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from evenhand.losses import Loss, loss_at
from evenhand.types import Task


@dataclass(frozen=True)
class Objective:
    """The weighted mean of a loss over examples, in nats a label decision.

    A multiclass row is one decision, a multilabel row one a class, so that values can be
    compared across numbers of labels. Without weights every example counts 1.

    Args:
        loss: one value an example.
        task: multiclass or multilabel.
        classes: C.
    """

    loss: Loss
    task: Task
    classes: int

    def __call__(
        self, logits_BC: Tensor, targets_BC: Tensor, weights_B: Tensor | None = None
    ) -> Tensor:
        """Return the weighted mean over these examples, a scalar; 0 if they all weigh 0.

        Args:
            logits_BC: unnormalised scores, any float type, ``(B, C)``.
            targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
            weights_B: >= 0, one an example.
        """
        values_B = self.values(logits_BC, targets_BC)
        if weights_B is None:
            return self.reduce(values_B, None, len(values_B))
        tiny = torch.finfo(values_B.dtype).tiny
        total = weights_B.to(values_B.dtype).sum().clamp_min(tiny)
        return self.reduce(values_B, weights_B, total)

    def values(self, logits_BC: Tensor, targets_BC: Tensor) -> Tensor:
        """Return the loss of each example, nats a label decision, ``(B,)``."""
        return self.loss(logits_BC, targets_BC) / self.decisions()

    def decisions(self) -> int:
        """Return how many decisions a row asks for: one a label, or one in all."""
        return self.classes if self.task is Task.MULTILABEL else 1

    def at(self, share: float) -> Objective:
        """Return the objective in force when ``share`` of the run is done, in [0, 1)."""
        return replace(self, loss=loss_at(self.loss, share))

    @staticmethod
    def reduce(values_B: Tensor, weights_B: Tensor | None, total: float | Tensor) -> Tensor:
        """Return what these examples add to the mean of the whole optimizer step.

        ``sum_b w_b v_b / total``. Added up over the batches of a step, however unequal, this is
        the mean over all of the step's examples; so are the gradients.

        Args:
            values_B: from ``values``.
            weights_B: >= 0, one an example; none is 1 everywhere.
            total: weight of all examples of the optimizer step, > 0; their number without weights.
        """
        weighted_B = values_B if weights_B is None else values_B * weights_B.to(values_B.dtype)
        return weighted_B.sum() / total
