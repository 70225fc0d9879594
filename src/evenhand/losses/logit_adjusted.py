"""Logit-adjusted loss: give each class its share as a head start, so the scores need not."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.losses.terms import Smoothing
from evenhand.losses.weights import Weights, placed
from evenhand.models.heads import prior_logits
from evenhand.types import FitStatistics, Task


def offset_loss(logits_BC: Tensor, targets_BC: Tensor, *, plain: Loss, offsets: Weights) -> Tensor:
    """Return the plain loss of scores to which a number a class is added first.

    At offsets of 0 this is the plain loss.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        plain: the loss of the raised scores.
        offsets: one number a class, in nats.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.
    """
    logits_BC = logits_BC.to(torch.promote_types(logits_BC.dtype, torch.float32))
    return plain(logits_BC + placed(offsets, logits_BC), targets_BC)


@LOSSES.register("logit-adjusted")
def logit_adjusted(
    fit: FitStatistics,
    /,
    *,
    tau: Annotated[float, Field(ge=0, le=3, description="share of the prior taken out")] = 1.0,
    smoothing: Smoothing = 0.0,
) -> Loss:
    """Logit-adjusted loss: trains scores from which the classes' shares are taken out.

    Cross-entropy of ``z_c + tau log pi_c`` with ``pi_c`` the share of class ``c``. With any number
    of labels a row, each label is a problem of two classes, and ``tau log(pi / (1 - pi))`` is
    added. At ``tau = 0`` this is the plain loss; at ``tau = 1`` the largest score minimises the
    balanced error. A class without rows counts as half a row. The best scores are shifted by
    ``-tau`` times what the prior alone would give, which is exact.

    References:
        Menon et al. 2021, arXiv:2007.07314, eq. 10.
    """
    offsets_C = tau * prior_logits(fit)
    plain = bce_loss if fit.task is Task.MULTILABEL else ce_loss
    loss = partial(
        offset_loss,
        plain=partial(plain, smoothing=smoothing),
        offsets=tuple(offsets_C.tolist()),
    )
    return Shifted(loss, tuple((-offsets_C).tolist()))
