"""ZLPR: rank every present label above zero, and zero above every absent one."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.losses import LOSSES, Loss
from evenhand.losses.terms import Smoothing, known_only, require_task, smoothed_sides
from evenhand.types import FitStatistics, Task


def zlpr_loss(logits_BC: Tensor, targets_BC: Tensor, *, smoothing: float = 0.0) -> Tensor:
    """Return the log-sum-exp of all ways in which a label may lie on the wrong side of zero.

    ``log(1 + sum_c y_c e^-z_c) + log(1 + sum_c (1 - y_c) e^z_c)`` over the known labels; smoothing
    first makes the target ``y (1 - s) + s / 2``. With one label this is binary cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        smoothing: ``s``, in [0, 1).

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Su et al. 2022, arXiv:2208.02955, the ZLPR loss and its soft version.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    present_BC, absent_BC = smoothed_sides(targets_BC, 1 - targets_BC, smoothing)
    return _log_one_plus_sum(-logits_BC, present_BC * known_BC) + _log_one_plus_sum(
        logits_BC, absent_BC * known_BC
    )


def _log_one_plus_sum(scores_BC: Tensor, weights_BC: Tensor) -> Tensor:
    """Return ``log(1 + sum_c w_c e^s_c)`` without leaving the float range, ``(B,)``."""
    terms_BC = torch.where(weights_BC > 0, scores_BC + weights_BC.log(), -torch.inf)
    return torch.logsumexp(functional.pad(terms_BC, (1, 0)), dim=1)


@LOSSES.register("zlpr")
def zlpr(fit: FitStatistics, /, *, smoothing: Smoothing = 0.0) -> Loss:
    """ZLPR: rank every present label above zero, and zero above every absent one."""
    require_task(fit, Task.MULTILABEL, loss="zlpr", instead="ce")
    return partial(zlpr_loss, smoothing=smoothing)
