"""How much a class counts: weights from the counts of the fit rows."""
# Shapes: C classes.

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from evenhand.errors import ConfigError
from evenhand.types import FitStatistics, Floats

Weights = tuple[float, ...]
Rule = Literal["balanced", "sqrt", "effective", "inverse"]
Weighting = Annotated[
    Rule | tuple[Annotated[float, Field(gt=0)], ...],
    Field(description="balanced, sqrt, effective, inverse, or one number a class (as it is)"),
]
Beta = Annotated[
    float, Field(ge=0, lt=1, description="of 'effective': 0 gives equal weights, near 1 'balanced'")
]
Cap = Annotated[
    float, Field(ge=1, le=1e4, description="largest computed weight; its inverse is the smallest")
]


def positive_weights(
    fit: FitStatistics, weighting: Rule | Weights, *, beta: float, cap: float
) -> Weights:
    """Return how much a positive counts against a negative of the same label.

    ``balanced`` is negatives / positives, so that both sides of a label weigh the same in all;
    ``sqrt`` its square root; ``effective`` the ratio of effective numbers
    ``(1 - beta^n) / (1 - beta)``; ``inverse`` is ``N / (C n)``, a rule for softmax that is often
    met here and weighs down positives of labels commoner than one in C. A label as often present
    as absent has weight 1 (not under ``inverse``), one without positives has ``cap``.

    Args:
        fit: counts of the fit rows.
        weighting: a rule, or one positive number a class.
        beta: in [0, 1); used by ``effective``.
        cap: largest weight of a rule, >= 1; ``1 / cap`` is the smallest.

    Raises:
        ConfigError: E102 when there is not one number a class.

    References:
        Cui et al. 2019, arXiv:1901.05555, proposition 1 (effective number).
    """
    if not isinstance(weighting, str):
        return one_a_class(weighting, fit, setting="weights")
    negatives_C = fit.known_C - fit.positives_C
    over_C, under_C = negatives_C, fit.positives_C
    if weighting == "effective":
        over_C, under_C = effective_number(over_C, beta), effective_number(under_C, beta)
    if weighting == "inverse":
        over_C = fit.known_C / len(fit.known_C)
    return _capped(_ratio(over_C, under_C), weighting, cap)


def class_weights(
    fit: FitStatistics, weighting: Rule | Weights, *, beta: float, cap: float
) -> Weights:
    """Return how much an example of each class counts.

    ``balanced``, or ``inverse``, is ``N / (C n)``: every class weighs the same in all; ``sqrt`` its
    square root; ``effective`` is ``(1 - beta) / (1 - beta^n)``, scaled to a mean of 1 over the
    classes that occur. Equal counts give 1 everywhere, a class without rows gives ``cap``.

    Args:
        fit: counts of the fit rows.
        weighting: a rule, or one positive number a class.
        beta: in [0, 1); used by ``effective``.
        cap: largest weight of a rule, >= 1; ``1 / cap`` is the smallest.

    Raises:
        ConfigError: E102 when there is not one number a class.

    References:
        Cui et al. 2019, arXiv:1901.05555, proposition 1 and section 4.
    """
    if not isinstance(weighting, str):
        return one_a_class(weighting, fit, setting="weights")
    counts_C = fit.positives_C
    if weighting == "effective":
        weights_C = _ratio(np.ones_like(counts_C), effective_number(counts_C, beta))
        weights_C /= weights_C[np.isfinite(weights_C)].mean()
    else:
        weights_C = _ratio(np.full_like(counts_C, counts_C.sum() / len(counts_C)), counts_C)
    return _capped(weights_C, weighting, cap)


def effective_number(counts_C: Floats, beta: float) -> Floats:
    """Return how many distinct examples ``n`` rows are worth: ``(1 - beta^n) / (1 - beta)``.

    0 stays 0; at ``beta = 0`` any other count is 1, and towards 1 it is the count itself.
    """
    effective_C: Floats = (1.0 - np.power(beta, counts_C)) / (1.0 - beta)
    return effective_C


def one_a_class(weights: Weights, fit: FitStatistics, *, setting: str) -> Weights:
    """Return ``weights`` if there is one for each class.

    Raises:
        ConfigError: E102 when there are more or fewer.
    """
    if len(weights) != len(fit.positives_C):
        raise ConfigError(
            "E102",
            f"loss.{setting} needs one number a class",
            got=f"{len(weights)} numbers for {len(fit.positives_C)} classes",
            fix=f"give {len(fit.positives_C)} numbers, in the order of the labels, or 'balanced'",
        )
    return tuple(weights)


def shares_of(ratios: Weights) -> Weights:
    """Return a positive's share of the weight of both sides: ``w / (1 + w)``."""
    return tuple(ratio / (1 + ratio) for ratio in ratios)


def log_odds(shares: Weights) -> Weights:
    """Return ``log(a / (1 - a))``: the shift of scores when positives have the share ``a``."""
    return tuple((np.log(shares) - np.log1p(-np.array(shares))).tolist())


def logarithms(weights: Weights) -> Weights:
    """Return the natural logarithm of each weight: the shift of scores that it brings about."""
    return tuple(np.log(weights).tolist())


def placed(weights: Weights, like: Tensor) -> Tensor:
    """Return ``weights`` as a tensor ``(C,)`` with the device and type of ``like``."""
    return _on_device(weights, like.device, like.dtype)


@lru_cache(maxsize=64)
def _on_device(weights: Weights, device: torch.device, dtype: torch.dtype) -> Tensor:
    # Kept, because a fresh copy to the device would stall it at every step; and made outside
    # inference mode, because training may reuse what an evaluation made first.
    with torch.inference_mode(False):
        return torch.tensor(weights, device=device, dtype=dtype)


def _ratio(over_C: Floats, under_C: Floats) -> Floats:
    ratio_C = np.full_like(over_C, np.inf)
    np.divide(over_C, under_C, out=ratio_C, where=under_C > 0)
    ratio_C[(over_C == 0) & (under_C == 0)] = 1.0
    return ratio_C


def _capped(weights_C: Floats, rule: str, cap: float) -> Weights:
    if rule == "sqrt":
        weights_C = np.sqrt(weights_C)
    return tuple(np.clip(weights_C, 1.0 / cap, cap).tolist())
