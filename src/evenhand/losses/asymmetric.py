"""Asymmetric loss: let the many easy negatives fade without touching the few positives."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evenhand.losses import LOSSES, Loss
from evenhand.losses.terms import known_only, require_task
from evenhand.types import FitStatistics, Task


def asymmetric_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    gamma_positive: float,
    gamma_negative: float,
    clip: float,
) -> Tensor:
    """Binary cross-entropy with a focus for either side, and free negatives below ``clip``.

    ``(1 - p)^g+ * -log p`` for a positive, ``p_m^g- * -log(1 - p_m)`` for a negative, with
    ``p_m = max(p - clip, 0)``; a soft target mixes the two. Without focus and clip this is binary
    cross-entropy; with one focus for both sides it is focal loss.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        gamma_positive: ``g+``, >= 0, unitless.
        gamma_negative: ``g-``, >= 0, unitless.
        clip: probability below which a negative costs nothing, in [0, 1).

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Ridnik et al. 2021, arXiv:2009.14119, eq. 7.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    log_p_BC, log_q_BC = functional.logsigmoid(logits_BC), functional.logsigmoid(-logits_BC)
    present_BC = torch.exp(gamma_positive * log_q_BC) * log_p_BC
    if clip > 0:
        # The floor keeps log(0), and with it a NaN gradient, out of what costs nothing anyway.
        tiny = torch.finfo(logits_BC.dtype).tiny
        log_p_BC = (logits_BC.sigmoid() - clip).clamp_min(tiny).log()
        log_q_BC = ((-logits_BC).sigmoid() + clip).clamp_max(1.0).log()
    absent_BC = torch.exp(gamma_negative * log_p_BC) * log_q_BC
    gains_BC = targets_BC * present_BC + (1 - targets_BC) * absent_BC
    return -torch.where(known_BC, gains_BC, 0.0).sum(dim=1)


@LOSSES.register("asymmetric")
def asymmetric(
    fit: FitStatistics,
    /,
    *,
    gamma_positive: Annotated[float, Field(ge=0, le=5, description="focus of positives")] = 0.0,
    gamma_negative: Annotated[float, Field(ge=0, le=8, description="focus of negatives")] = 4.0,
    clip: Annotated[
        float, Field(ge=0, le=0.5, description="probability below which a negative is free")
    ] = 0.05,
) -> Loss:
    """Asymmetric loss (ASL): many easy negatives fade, the few positives do not."""
    require_task(fit, Task.MULTILABEL, loss="asymmetric", instead="focal")
    return partial(
        asymmetric_loss, gamma_positive=gamma_positive, gamma_negative=gamma_negative, clip=clip
    )
