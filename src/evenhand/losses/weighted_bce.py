"""Weighted binary cross-entropy: let the few positives of a rare label pull their weight."""

from __future__ import annotations

from functools import partial

from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.bce import bce_loss
from evenhand.losses.terms import Smoothing, require_task
from evenhand.losses.weights import Beta, Cap, Weighting, logarithms, positive_weights
from evenhand.types import FitStatistics, Task


@LOSSES.register("weighted-bce")
def weighted_bce(
    fit: FitStatistics,
    /,
    *,
    weights: Weighting = "balanced",
    beta: Beta = 0.999,
    cap: Cap = 100.0,
    smoothing: Smoothing = 0.0,
) -> Loss:
    """Binary cross-entropy whose positives count more, the rarer their label is.

    A weight ``w`` lifts the best score by ``log w``; exact without smoothing.
    """
    require_task(fit, Task.MULTILABEL, loss="weighted-bce", instead="weighted-ce")
    positives = positive_weights(fit, weights, beta=beta, cap=cap)
    loss = partial(bce_loss, smoothing=smoothing, positive_weights=positives)
    return Shifted(loss, logarithms(positives))
