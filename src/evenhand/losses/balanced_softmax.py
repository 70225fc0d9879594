"""Balanced softmax: count every class as if it had as many rows as the others."""

from __future__ import annotations

from evenhand.losses import LOSSES, Loss
from evenhand.losses.logit_adjusted import logit_adjusted
from evenhand.losses.terms import Smoothing, require_task
from evenhand.types import FitStatistics, Task


@LOSSES.register("balanced-softmax")
def balanced_softmax(fit: FitStatistics, /, *, smoothing: Smoothing = 0.0) -> Loss:
    """Balanced softmax: each class enters the softmax in proportion to its rows.

    ``-log(n_y e^z_y / sum_c n_c e^z_c)``, which is the logit-adjusted loss at ``tau = 1``. With
    equal counts this is cross-entropy.

    References:
        Ren et al. 2020, arXiv:2007.10740, theorem 1.
    """
    require_task(fit, Task.MULTICLASS, loss="balanced-softmax", instead="logit-adjusted")
    return logit_adjusted(fit, tau=1.0, smoothing=smoothing)
