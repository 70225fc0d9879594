"""Focal loss: spend gradient on the examples the model still gets wrong."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES, Loss, Shifted
from evenhand.losses.terms import Smoothing, known_only, smoothed_sides, softmax_terms
from evenhand.losses.weights import (
    Cap,
    Weights,
    class_weights,
    log_odds,
    logarithms,
    one_a_class,
    placed,
    positive_weights,
    shares_of,
)
from evenhand.types import FitStatistics, Task

Gamma = Annotated[float, Field(ge=0, le=5, description="focusing strength; 0 is none")]
Alpha = Literal["none", "balanced"] | float | Weights


def sigmoid_focal_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    gamma: float,
    alpha: Weights | None = None,
    smoothing: float = 0.0,
) -> Tensor:
    """Binary cross-entropy scaled by how surprised the model is, summed over known labels.

    ``alpha_t (1 - p_t)^gamma * -log p_t`` per label, with ``alpha_t = alpha`` for a positive and
    ``1 - alpha`` for a negative; a soft target mixes the two, and smoothing then takes ``s / 2``
    of either term to the other side. At ``gamma = 0`` without alpha this is binary cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        gamma: focusing strength, >= 0, unitless. 2 is the paper's choice.
        alpha: weight of a positive, one number in [0, 1] a class; none weighs both sides 1.
        smoothing: ``s``, in [0, 1).

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Lin et al. 2017, arXiv:1708.02002, eq. 4 and 5.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    present_BC, absent_BC = targets_BC, 1 - targets_BC
    if alpha is not None:
        alpha_C = placed(alpha, logits_BC)
        present_BC, absent_BC = alpha_C * present_BC, (1 - alpha_C) * absent_BC
    present_BC, absent_BC = smoothed_sides(present_BC, absent_BC, smoothing)
    log_p_BC, log_q_BC = functional.logsigmoid(logits_BC), functional.logsigmoid(-logits_BC)
    gains_BC = present_BC * torch.exp(gamma * log_q_BC) * log_p_BC
    gains_BC = gains_BC + absent_BC * torch.exp(gamma * log_p_BC) * log_q_BC
    return -torch.where(known_BC, gains_BC, 0.0).sum(dim=1)


def softmax_focal_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    gamma: float,
    alpha: Weights | None = None,
    smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy scaled by how surprised the model is.

    ``-sum_c alpha_c y_c (1 - p_c)^gamma log p_c``; smoothing then spreads the share ``s`` of
    each row over its classes. At ``gamma = 0`` without alpha this is cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        gamma: focusing strength, >= 0, unitless.
        alpha: weight of each class, positive; none is 1 everywhere.
        smoothing: ``s``, in [0, 1).

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Lin et al. 2017, arXiv:1708.02002, eq. 4 and 5, with softmax for sigmoid.
    """
    if alpha is not None:
        targets_BC = targets_BC * placed(alpha, targets_BC)
    targets_BC, log_p_BC = softmax_terms(logits_BC, targets_BC, smoothing=smoothing)
    # Without a floor, a class that is certain gives log(0) here and NaN in the gradient.
    q_BC = (-torch.expm1(log_p_BC)).clamp_min(torch.finfo(log_p_BC.dtype).tiny)
    return -(targets_BC * torch.exp(gamma * q_BC.log()) * log_p_BC).sum(dim=1)


@LOSSES.register("focal")
def focal(
    fit: FitStatistics,
    /,
    *,
    gamma: Gamma = 2.0,
    alpha: Annotated[
        Literal["none", "balanced"]
        | Annotated[float, Field(gt=0, lt=1)]
        | tuple[Annotated[float, Field(gt=0)], ...],
        Field(description="none, balanced, a positive's weight in (0, 1), or one number a class"),
    ] = "none",
    cap: Cap = 100.0,
    smoothing: Smoothing = 0.0,
) -> Loss:
    """Focal loss: spend gradient on the examples the model still gets wrong.

    Alpha lifts the best scores by ``log(alpha / (1 - alpha))`` for any number of labels a row,
    by ``log alpha_c`` for one. That is exact at ``gamma = 0`` without smoothing; more focus pulls
    the scores of unsure rows towards indifference, which the calibrator then undoes.
    """
    if fit.task is Task.MULTILABEL:
        shares = _positive_alpha(fit, alpha, cap)
        loss = partial(sigmoid_focal_loss, gamma=gamma, alpha=shares, smoothing=smoothing)
        return loss if shares is None else Shifted(loss, log_odds(shares))
    weights = _class_alpha(fit, alpha, cap)
    loss = partial(softmax_focal_loss, gamma=gamma, alpha=weights, smoothing=smoothing)
    return loss if weights is None else Shifted(loss, logarithms(weights))


def _positive_alpha(fit: FitStatistics, alpha: Alpha, cap: float) -> Weights | None:
    if alpha == "none":
        return None
    if alpha == "balanced":
        ratios = positive_weights(fit, "balanced", beta=0.0, cap=cap)
        return shares_of(ratios)
    if isinstance(alpha, float):
        return (alpha,) * len(fit.positives_C)
    weights = one_a_class(tuple(map(float, alpha)), fit, setting="alpha")
    if max(weights) >= 1:
        raise ConfigError(
            "E102",
            "a focal alpha of multilabel data is a share between positives and negatives",
            got=f"loss.alpha = {weights!r}",
            fix="give numbers between 0 and 1, or alpha = 'balanced'",
        )
    return weights


def _class_alpha(fit: FitStatistics, alpha: Alpha, cap: float) -> Weights | None:
    if alpha == "none":
        return None
    if alpha == "balanced":
        return class_weights(fit, "balanced", beta=0.0, cap=cap)
    if isinstance(alpha, float):
        raise ConfigError(
            "E105",
            "one alpha for all classes of multiclass data balances nothing",
            got=f"loss.alpha = {alpha!r}",
            fix="--set loss.alpha=balanced, or one number a class",
        )
    return one_a_class(tuple(map(float, alpha)), fit, setting="alpha")
