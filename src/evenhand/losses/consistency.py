"""Consistency: make two dropout passes over the same rows agree (R-Drop)."""
# Shapes: B examples, C classes.

from __future__ import annotations

import torch
from torch import Tensor

from evenhand.losses.terms import known_only, softmax_terms
from evenhand.types import Task


def consistency(first_BC: Tensor, second_BC: Tensor, targets_BC: Tensor, task: Task) -> Tensor:
    """Return half the symmetric Kullback-Leibler divergence between two passes.

    ``(KL(p || q) + KL(q || p)) / 2`` of the softmax of each row, or summed over the Bernoulli
    distributions of its labels. Either way this is ``sum_c (p_c - q_c)(z_c - z'_c) / 2``; equal
    scores give 0. Unknown labels take no part, and both passes have a gradient.

    Args:
        first_BC: unnormalised scores of one pass, any float type, ``(B, C)``.
        second_BC: those of the other pass.
        targets_BC: NaN where unknown; other values are not read, ``(B, C)``.
        task: multiclass (softmax) or multilabel (Bernoulli).

    Returns:
        Nats, ``(B,)``, float32, >= 0. Not averaged.

    References:
        Liang et al. 2021, arXiv:2106.14448, eq. 2.
    """
    z_BC, _, known_BC = known_only(first_BC, targets_BC)
    other_BC, _, _ = known_only(second_BC, targets_BC)
    if task is Task.MULTILABEL:
        p_BC, q_BC = z_BC.sigmoid(), other_BC.sigmoid()
    else:
        p_BC, q_BC = (softmax_terms(s, targets_BC)[1].exp() for s in (first_BC, second_BC))
    return torch.where(known_BC, (p_BC - q_BC) * (z_BC - other_BC), 0.0).sum(dim=1) / 2
