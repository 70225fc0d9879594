"""Soft F1: train on macro-F1 itself, counted in probabilities over the batch."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import Field
from torch import Tensor

from evenhand.losses import LOSSES, Loss
from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.losses.terms import known_only, softmax_terms
from evenhand.types import FitStatistics, Task

FREE_HITS = 1.0


def soft_f1_loss(logits_BC: Tensor, targets_BC: Tensor, *, task: Task, share: float) -> Tensor:
    """Return each row's part in what the batch lacks to a macro-F1 of 1.

    ``1 - F_c = sum_b (p + y - 2 p y) / (1 + sum_b (p + y))`` with one free hit a class, so that a
    class that the batch lacks is still pushed down. A row pays for its own errors, times the rows
    of the batch, so that the mean over rows is the batch's loss: the sum of ``1 - F_c`` over
    classes for any number of labels a row, as in binary cross-entropy, their mean for one. The
    rest, ``1 - share``, is the plain loss; at ``share = 0`` it is all.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        task: multiclass or multilabel.
        share: of soft F1 in the loss, in [0, 1].

    Returns:
        One value an example, ``(B,)``, float32, which depends on the others. Not averaged.
    """
    multilabel = task is Task.MULTILABEL
    plain = bce_loss if multilabel else ce_loss
    if multilabel:
        scores_BC, truth_BC, known_BC = known_only(logits_BC, targets_BC)
        p_BC = scores_BC.sigmoid() * known_BC
    else:
        truth_BC, log_p_BC = softmax_terms(logits_BC, targets_BC)
        # The sum of a row's targets is 0 where its class is unknown: nothing can be missed there.
        p_BC = log_p_BC.exp() * ~targets_BC.isnan() * truth_BC.sum(dim=1, keepdim=True)
    errors_BC = p_BC + truth_BC - 2 * p_BC * truth_BC
    lacking_BC = errors_BC / (FREE_HITS + (p_BC + truth_BC).sum(dim=0))
    classes = 1 if multilabel else logits_BC.shape[1]
    costs_B = lacking_BC.sum(dim=1) * (len(lacking_BC) / classes)
    return share * costs_B + (1 - share) * plain(logits_BC, targets_BC)


@LOSSES.register("soft-f1")
def soft_f1(
    fit: FitStatistics,
    /,
    *,
    share: Annotated[
        float, Field(ge=0, le=1, description="of soft F1; the rest is the plain loss")
    ] = 1.0,
) -> Loss:
    """Soft F1: macro-F1 of the batch, counted in probabilities; large batches help."""
    return partial(soft_f1_loss, task=fit.task, share=share)
