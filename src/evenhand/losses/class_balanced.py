"""Class-balanced loss: weigh a class by how many distinct examples its rows are worth."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial

from torch import Tensor

from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.focal import Gamma, sigmoid_focal_loss, softmax_focal_loss
from evenhand.losses.terms import Smoothing
from evenhand.losses.weights import (
    Beta,
    Cap,
    Weights,
    class_weights,
    logarithms,
    positive_weights,
    shares_of,
)
from evenhand.types import FitStatistics, Task


def two_sided_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    ratios: Weights,
    gamma: float = 0.0,
    smoothing: float = 0.0,
) -> Tensor:
    """Weigh both sides of every label, so that their weights add up to 2.

    A positive counts ``2 w / (1 + w)``, a negative ``2 / (1 + w)``, times the focal factor; at
    ``w = 1`` and ``gamma = 0`` this is binary cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        ratios: ``w``, a positive's weight over a negative's, one positive number a class.
        gamma: focusing strength, >= 0, unitless.
        smoothing: share of each target moved towards one half, in [0, 1).

    Returns:
        Nats, ``(B,)``, float32. Not averaged.
    """
    return 2 * sigmoid_focal_loss(
        logits_BC, targets_BC, gamma=gamma, alpha=shares_of(ratios), smoothing=smoothing
    )


@LOSSES.register("class-balanced")
def class_balanced(
    fit: FitStatistics,
    /,
    *,
    beta: Beta = 0.999,
    gamma: Gamma = 0.0,
    cap: Cap = 100.0,
    smoothing: Smoothing = 0.0,
) -> Loss:
    """Class-balanced loss: weigh a class by the inverse of its effective number of rows.

    ``(1 - beta) / (1 - beta^n)`` times cross-entropy or, with ``gamma``, focal loss; the weights
    add up to the number of classes. With any number of labels a row, each label is a problem of
    two classes, present and absent. At ``beta = 0`` and ``gamma = 0`` this is the plain loss. The
    shift of the best scores is the logarithm of the weights, exact at ``gamma = 0``.

    References:
        Cui et al. 2019, arXiv:1901.05555, proposition 1 and section 4.
    """
    if fit.task is Task.MULTILABEL:
        ratios = positive_weights(fit, "effective", beta=beta, cap=cap)
        loss = partial(two_sided_loss, ratios=ratios, gamma=gamma, smoothing=smoothing)
        return Shifted(loss, logarithms(ratios))
    weights = class_weights(fit, "effective", beta=beta, cap=cap)
    plain = partial(softmax_focal_loss, gamma=gamma, alpha=weights, smoothing=smoothing)
    return Shifted(plain, logarithms(weights))
