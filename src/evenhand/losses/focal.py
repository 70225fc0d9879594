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
from evenhand.losses import LOSSES, Loss
from evenhand.losses.terms import known_only, softmax_terms
from evenhand.losses.weights import (
    Cap,
    Weights,
    class_weights,
    one_a_class,
    placed,
    positive_weights,
)
from evenhand.types import FitStatistics, Task

Alpha = Literal["none", "balanced"] | float | Weights


def sigmoid_focal_loss(
    logits_BC: Tensor, targets_BC: Tensor, *, gamma: float, alpha: Weights | None = None
) -> Tensor:
    """Binary cross-entropy scaled by how surprised the model is, summed over known labels.

    ``alpha_t (1 - p_t)^gamma * -log p_t`` per label, with ``alpha_t = alpha`` for a positive and
    ``1 - alpha`` for a negative; a soft target mixes the two. At ``gamma = 0`` without alpha
    this is plain binary cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        gamma: focusing strength, >= 0, unitless. 2 is the paper's choice.
        alpha: weight of a positive, one number in [0, 1] a class; none weighs both sides 1.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Lin et al. 2017, arXiv:1708.02002, eq. 4 and 5.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    log_p_BC, log_q_BC = functional.logsigmoid(logits_BC), functional.logsigmoid(-logits_BC)
    present_BC = -targets_BC * torch.exp(gamma * log_q_BC) * log_p_BC
    absent_BC = -(1 - targets_BC) * torch.exp(gamma * log_p_BC) * log_q_BC
    if alpha is not None:
        alpha_C = placed(alpha, logits_BC)
        present_BC, absent_BC = alpha_C * present_BC, (1 - alpha_C) * absent_BC
    return torch.where(known_BC, present_BC + absent_BC, 0.0).sum(dim=1)


def softmax_focal_loss(
    logits_BC: Tensor, targets_BC: Tensor, *, gamma: float, alpha: Weights | None = None
) -> Tensor:
    """Cross-entropy scaled by how surprised the model is.

    ``-sum_c alpha_c y_c (1 - p_c)^gamma log p_c``; at ``gamma = 0`` without alpha this is plain
    cross-entropy.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        gamma: focusing strength, >= 0, unitless.
        alpha: weight of each class, positive; none is 1 everywhere.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.

    References:
        Lin et al. 2017, arXiv:1708.02002, eq. 4 and 5, with softmax for sigmoid.
    """
    targets_BC, log_p_BC = softmax_terms(logits_BC, targets_BC)
    # Without a floor, a class that is certain gives log(0) here and NaN in the gradient.
    q_BC = (-torch.expm1(log_p_BC)).clamp_min(torch.finfo(log_p_BC.dtype).tiny)
    costs_BC = -targets_BC * torch.exp(gamma * q_BC.log()) * log_p_BC
    if alpha is not None:
        costs_BC = costs_BC * placed(alpha, costs_BC)
    return costs_BC.sum(dim=1)


@LOSSES.register("focal")
def focal(
    fit: FitStatistics,
    /,
    *,
    gamma: Annotated[float, Field(ge=0, le=5, description="focusing strength; 0 is none")] = 2.0,
    alpha: Annotated[
        Literal["none", "balanced"]
        | Annotated[float, Field(gt=0, lt=1)]
        | tuple[Annotated[float, Field(gt=0)], ...],
        Field(description="none, balanced, a positive's weight in (0, 1), or one number a class"),
    ] = "none",
    cap: Cap = 100.0,
) -> Loss:
    """Focal loss: spend gradient on the examples the model still gets wrong."""
    if fit.task is Task.MULTILABEL:
        return partial(sigmoid_focal_loss, gamma=gamma, alpha=_positive_alpha(fit, alpha, cap))
    return partial(softmax_focal_loss, gamma=gamma, alpha=_class_alpha(fit, alpha, cap))


def _positive_alpha(fit: FitStatistics, alpha: Alpha, cap: float) -> Weights | None:
    if alpha == "none":
        return None
    if alpha == "balanced":
        ratios = positive_weights(fit, "balanced", beta=0.0, cap=cap)
        return tuple(ratio / (1 + ratio) for ratio in ratios)
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
