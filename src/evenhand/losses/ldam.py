"""LDAM: ask a wider margin of rare classes, and weigh them only late in the run."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evenhand.losses import LOSSES, Deferred, Loss
from evenhand.losses.terms import known_only, softmax_terms
from evenhand.losses.weights import (
    Beta,
    Cap,
    Weights,
    class_weights,
    placed,
    positive_weights,
    shares_of,
)
from evenhand.types import FitStatistics, Floats, Task


def softmax_ldam_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    margins: Weights,
    class_weights: Weights | None = None,
) -> Tensor:
    """Cross-entropy in which each row's class first gives up its margin.

    ``-sum_c w_c y_c log(e^(z_c - d_c) / (e^(z_c - d_c) + sum_{j != c} e^z_j))``; without margins
    and weights this is cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        margins: ``d``, >= 0, one number a class, in nats.
        class_weights: ``w``, one positive number a class; none is 1 everywhere.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Cao et al. 2019, arXiv:1906.07413, eq. 12 and 13.
    """
    if class_weights is not None:
        targets_BC = targets_BC * placed(class_weights, targets_BC)
    targets_BC, log_p_BC = softmax_terms(logits_BC, targets_BC)
    margins_C = placed(margins, log_p_BC)
    # The softmax changes by one term of its sum alone: 1 - p_c stays, p_c shrinks by e^-d.
    total_BC = -torch.expm1(log_p_BC) + torch.exp(log_p_BC - margins_C)
    return -(targets_BC * (log_p_BC - margins_C - total_BC.log())).sum(dim=1)


def sigmoid_ldam_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    margins: Weights,
    absent_margins: Weights,
    ratios: Weights | None = None,
) -> Tensor:
    """Binary cross-entropy in which either side of a label first gives up its margin.

    ``-w+ y log s(z - d+) - w- (1 - y) log s(-z - d-)``, with ``w+ = 2 w / (1 + w)`` and
    ``w- = 2 / (1 + w)``; without margins and at ``w = 1`` this is binary cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        margins: ``d+``, >= 0, one number a class, in nats.
        absent_margins: ``d-``, likewise.
        ratios: ``w``, a positive's weight over a negative's; none is 1 everywhere.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Cao et al. 2019, arXiv:1906.07413, eq. 12 and 13, for two classes.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    gains_BC = functional.logsigmoid(logits_BC - placed(margins, logits_BC)) * targets_BC
    absent_BC = functional.logsigmoid(-logits_BC - placed(absent_margins, logits_BC))
    absent_BC = absent_BC * (1 - targets_BC)
    if ratios is not None:
        shares_C = placed(shares_of(ratios), logits_BC)
        gains_BC, absent_BC = 2 * shares_C * gains_BC, 2 * (1 - shares_C) * absent_BC
    return -torch.where(known_BC, gains_BC + absent_BC, 0.0).sum(dim=1)


@LOSSES.register("ldam")
def ldam(
    fit: FitStatistics,
    /,
    *,
    margin: Annotated[float, Field(ge=0, le=10, description="of the rarest class, nats")] = 0.5,
    defer: Annotated[
        float, Field(ge=0, le=1, description="share of the run before classes are weighed; 1 never")
    ] = 0.8,
    beta: Beta = 0.9999,
    cap: Cap = 100.0,
) -> Loss:
    """LDAM: a wider margin for rare classes, which are weighed only late in the run.

    The margin of a class with ``n`` rows is ``margin (n_min / n)^(1/4)``; from the share ``defer``
    of the run on, classes are weighed as ``class-balanced`` does. With any number of labels a row,
    each label is a problem of two classes. At ``margin = 0`` and ``defer = 1`` this is the plain
    loss. The paper's margin belongs to scores in [-1, 1] times 30; here scores are free.

    References:
        Cao et al. 2019, arXiv:1906.07413, eq. 13 and algorithm 1.
    """
    if fit.task is Task.MULTILABEL:
        counts_2C = np.stack([fit.positives_C, fit.known_C - fit.positives_C])
        present_C, absent_C = _margins(counts_2C, margin)
        ratios = positive_weights(fit, "effective", beta=beta, cap=cap)
        before = partial(
            sigmoid_ldam_loss,
            margins=tuple(present_C.tolist()),
            absent_margins=tuple(absent_C.tolist()),
        )
        return _deferred(before, partial(before, ratios=ratios), defer)
    margins_C = _margins(fit.positives_C, margin)
    weights = class_weights(fit, "effective", beta=beta, cap=cap)
    before = partial(softmax_ldam_loss, margins=tuple(margins_C.tolist()))
    return _deferred(before, partial(before, class_weights=weights), defer)


def _margins(counts: Floats, largest: float) -> Floats:
    counts = np.maximum(counts, 1.0)
    margins: Floats = largest * (counts.min() / counts) ** 0.25
    return margins


def _deferred(before: Loss, after: Loss, start: float) -> Loss:
    return before if start >= 1 else Deferred(before, after, start)
