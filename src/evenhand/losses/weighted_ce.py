"""Weighted cross-entropy: let the rows of a rare class pull their weight."""

from __future__ import annotations

from functools import partial

from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.ce import ce_loss
from evenhand.losses.terms import Smoothing, require_task
from evenhand.losses.weights import Beta, Cap, Weighting, class_weights, logarithms
from evenhand.types import FitStatistics, Task


@LOSSES.register("weighted-ce")
def weighted_ce(
    fit: FitStatistics,
    /,
    *,
    weights: Weighting = "balanced",
    beta: Beta = 0.999,
    cap: Cap = 100.0,
    smoothing: Smoothing = 0.0,
) -> Loss:
    """Cross-entropy whose rows count more, the rarer their class is.

    A weight ``w`` lifts the best score by ``log w``; exact without smoothing.
    """
    require_task(fit, Task.MULTICLASS, loss="weighted-ce", instead="weighted-bce")
    weights_of = class_weights(fit, weights, beta=beta, cap=cap)
    loss = partial(ce_loss, smoothing=smoothing, class_weights=weights_of)
    return Shifted(loss, logarithms(weights_of))
