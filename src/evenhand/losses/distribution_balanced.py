"""Distribution-balanced loss: re-balance rare labels although labels come together."""
# Shapes: B examples, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.terms import known_only, require_task
from evenhand.losses.weights import Weights, placed
from evenhand.models.heads import prior_logits
from evenhand.types import FitStatistics, Task

LARGEST_RATIO = 1e4


@dataclass(frozen=True)
class DistributionBalanced:
    """Binary cross-entropy with re-balanced weights and tolerance towards negatives.

    A row with the labels ``y`` would be drawn for label ``c`` in proportion to ``1 / n_c``, and in
    all to ``sum_j y_j / n_j``; their ratio ``r`` becomes the weight
    ``alpha + sigmoid(beta (r - mu))``. Scores are lifted by ``bias``, and the gradient of a
    negative fades faster below zero: ``log(1 + e^(scale z)) / scale``. A row without labels has
    ``r = 1``. With ``alpha = 0.5``, ``beta = 0``, no bias and ``scale = 1`` this is binary
    cross-entropy.

    Args:
        rarity: ``1 / n``, one positive number a class.
        bias: ``kappa`` times the log-odds of each label.
        alpha: smallest weight, >= 0.
        beta: how sharply the weight rises with ``r``, >= 0.
        mu: the ratio ``r`` at which it has risen half way.
        scale: >= 1.

    References:
        Wu et al. 2020, arXiv:2007.09654, eq. 3, 4, 9 and 10.
    """

    rarity: Weights
    bias: Weights
    alpha: float
    beta: float
    mu: float
    scale: float

    def __call__(self, logits_BC: Tensor, targets_BC: Tensor, /) -> Tensor:
        """Return one value an example, nats, ``(B,)``, float32."""
        logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
        weights_BC = self.weights(targets_BC)
        scores_BC = logits_BC + placed(self.bias, logits_BC)
        gains_BC = targets_BC * functional.logsigmoid(scores_BC)
        absent_BC = functional.logsigmoid(-self.scale * scores_BC) / self.scale
        gains_BC = weights_BC * (gains_BC + (1 - targets_BC) * absent_BC)
        return -torch.where(known_BC, gains_BC, 0.0).sum(dim=1)

    def weights(self, targets_BC: Tensor) -> Tensor:
        """Return how much each label of each row counts, ``(B, C)``.

        Args:
            targets_BC: in [0, 1], 0 where unknown, ``(B, C)``.
        """
        rarity_C = placed(self.rarity, targets_BC)
        drawn_B1 = (targets_BC * rarity_C).sum(dim=1, keepdim=True)
        tiny = torch.finfo(targets_BC.dtype).tiny
        ratio_BC = (rarity_C / drawn_B1.clamp_min(tiny)).clamp_max(LARGEST_RATIO)
        ratio_BC = torch.where(drawn_B1 > 0, ratio_BC, 1.0)
        return self.alpha + torch.sigmoid(self.beta * (ratio_BC - self.mu))


@LOSSES.register("distribution-balanced")
def distribution_balanced(
    fit: FitStatistics,
    /,
    *,
    alpha: Annotated[float, Field(ge=0, le=1, description="smallest weight of a label")] = 0.1,
    beta: Annotated[float, Field(ge=0, le=100, description="how sharply weights rise")] = 10.0,
    mu: Annotated[float, Field(ge=0, le=1, description="ratio of half the rise")] = 0.2,
    kappa: Annotated[float, Field(ge=0, le=1, description="share of the log-odds as bias")] = 0.05,
    scale: Annotated[float, Field(ge=1, le=10, description="tolerance towards negatives")] = 2.0,
) -> Loss:
    """Distribution-balanced loss: re-balances rare labels although labels come together.

    The shift of the best scores is known only at ``beta = 0`` and ``scale = 1``.
    """
    require_task(fit, Task.MULTILABEL, loss="distribution-balanced", instead="class-balanced")
    bias_C = kappa * prior_logits(fit)
    loss = DistributionBalanced(
        rarity=tuple((1 / np.maximum(fit.positives_C, 1.0)).tolist()),
        bias=tuple(bias_C.tolist()),
        alpha=alpha,
        beta=beta,
        mu=mu,
        scale=scale,
    )
    return Shifted(loss, tuple((-bias_C).tolist())) if beta == 0 and scale == 1 else loss
