"""Heads: one vector a text becomes one score a label.

Naming a head imports it, and torch with it; importing this module does not.
"""
# Shapes: B texts, D width of the vector, C classes.

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from evenhand.registry import Registry
from evenhand.types import FitStatistics, Floats, Task

if TYPE_CHECKING:
    from torch import Tensor, nn


class Head(Protocol):
    """A ``torch.nn.Module`` whose last layer is ``output``."""

    output: nn.Linear

    def __call__(self, x_BD: Tensor, /) -> Tensor:
        """Return unnormalised scores, ``(B, C)``."""
        ...


MODULE = "evenhand.models.layers"
HEADS: Registry[Head] = Registry(
    "head", dict.fromkeys(("linear", "mlp"), MODULE), section="model.head"
)


def prior_logits(fit: FitStatistics) -> Floats:
    """Return the scores that predict each label's share of the fit rows.

    Multilabel: the log-odds of the share; multiclass: its logarithm. A label that never or
    always occurs is taken as half a row away from that; one that is known nowhere gets 0.

    Args:
        fit: counts of the fit rows.

    Returns:
        Float64, ``(C,)``.
    """
    if fit.task is Task.MULTICLASS:
        shares_C = np.maximum(fit.positives_C, 0.5) / max(fit.positives_C.sum(), 0.5)
        logs_C: Floats = np.log(shares_C)
        return logs_C
    known_C = np.maximum(fit.known_C, 1.0)
    present_C = np.clip(fit.positives_C, 0.5, known_C - 0.5)
    odds_C: Floats = np.log(present_C) - np.log(known_C - present_C)
    return np.where(fit.known_C > 0, odds_C, 0.0)


def set_prior_bias(head: Head, fit: FitStatistics) -> None:
    """Start ``head`` at the labels' shares, so that rare labels need not be unlearned first.

    The output layer's weights start small, so the first predictions are the shares on average.

    Args:
        head: built by this registry; its output bias is replaced.
        fit: counts of the fit rows.
    """
    import torch

    with torch.no_grad():
        head.output.bias.copy_(torch.from_numpy(prior_logits(fit)))
