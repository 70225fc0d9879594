"""Binary cross-entropy: the plain loss where a row may have any number of labels."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.losses import LOSSES, Loss
from evenhand.losses.terms import Smoothing, known_only, require_task, smoothed_sides
from evenhand.losses.weights import Weights, placed
from evenhand.types import FitStatistics, Task


def bce_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    smoothing: float = 0.0,
    positive_weights: Weights | None = None,
) -> Tensor:
    """Return the surprise at each label's presence or absence, summed over known labels.

    ``-w y log p - (1 - y) log(1 - p)``; smoothing then takes ``s / 2`` of either term to the
    other side, so without weights the target is ``y (1 - s) + s / 2``. A logit of 0 costs
    ``log 2`` a label where ``w`` is 1. The weight belongs to the label that the row has: on
    the smoothed target a weight above ``(2 - s) / s`` would pull absent labels up.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        smoothing: ``s``, in [0, 1).
        positive_weights: ``w``, one positive number a class; none is 1 everywhere.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.
    """
    logits_BC, present_BC, known_BC = known_only(logits_BC, targets_BC)
    absent_BC = 1 - present_BC
    if positive_weights is not None:
        present_BC = present_BC * placed(positive_weights, logits_BC)
    present_BC, absent_BC = smoothed_sides(present_BC, absent_BC, smoothing)
    gains_BC = functional.logsigmoid(logits_BC) * present_BC
    gains_BC = gains_BC + functional.logsigmoid(-logits_BC) * absent_BC
    return -torch.where(known_BC, gains_BC, 0.0).sum(dim=1)


@LOSSES.register("bce")
def bce(fit: FitStatistics, /, *, smoothing: Smoothing = 0.0) -> Loss:
    """Binary cross-entropy: the plain loss for rows with any number of labels."""
    require_task(fit, Task.MULTILABEL, loss="bce", instead="ce")
    return partial(bce_loss, smoothing=smoothing)
