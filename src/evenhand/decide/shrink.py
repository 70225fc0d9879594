"""Pull weakly supported cuts toward what all labels share."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.biases import argmax_decision, best_biases
from evenhand.decide.f1 import count, macro_of
from evenhand.decide.folds import stratified_folds
from evenhand.decide.thresholds import best_cut, best_global_cut
from evenhand.types import Floats, Task, Truth

STRENGTHS = (0.0, 5.0, 20.0, 80.0, 320.0, float("inf"))
CLIP = 1e-12
FOLDS = 5


def apply_values(probs_NC: Floats, values_C: Floats, task: Task) -> NDArray[np.bool_]:
    """Decide: ``p >= value`` for multi-label, ``argmax(log p + value)`` for multi-class."""
    if task is Task.MULTILABEL:
        return probs_NC >= values_C
    return argmax_decision(probs_NC, values_C)


@dataclass(frozen=True)
class Line:
    """For each label the way from the shared value to its own.

    Args:
        own_C: cut or bias fitted to each label; the shared one where support is too small.
        shared: the global cut, or 0 for biases.
        support_C: positives that each label's value rests on.
        task: cuts are mixed as logits, biases as they are.
    """

    own_C: Floats
    shared: float
    support_C: Floats
    task: Task

    @classmethod
    def fit(cls, probs_NC: Floats, truth_NC: Truth, task: Task, *, min_support: int) -> Line:
        """Fit both ends on the same rows."""
        support_C = (truth_NC == 1).sum(axis=0).astype(np.float64)
        if task is Task.MULTICLASS:
            own_C = best_biases(probs_NC, truth_NC, min_support=min_support)
            return cls(own_C, 0.0, support_C, task)
        shared = best_global_cut(probs_NC, truth_NC)[0]
        own_C = np.full(len(support_C), shared)
        for c in np.flatnonzero(support_C >= max(1, min_support)):
            own_C[c] = best_cut(probs_NC[:, c], truth_NC[:, c])[0]
        return cls(own_C, shared, support_C, task)

    def at(self, strength: float) -> Floats:
        """Return the values at one strength of shrinkage, ``(C,)``.

        The own value weighs ``n / (n + strength)`` with ``n`` positives: strength 0 gives
        the own values exactly, infinity the shared one.
        """
        if strength == 0:
            return self.own_C.copy()
        if np.isinf(strength):
            return np.full(len(self.own_C), self.shared)
        weight_C = self.support_C / (self.support_C + strength)
        if self.task is Task.MULTICLASS:
            return self.shared + weight_C * (self.own_C - self.shared)
        mixed_C = weight_C * _logit(self.own_C) + (1 - weight_C) * _logit(self.shared)
        return np.where(self.own_C == self.shared, self.shared, 1 / (1 + np.exp(-mixed_C)))


def choose_strength(
    probs_NC: Floats, truth_NC: Truth, task: Task, *, min_support: int, seed: int
) -> float:
    """Choose the strength of shrinkage by cross-fitted macro-F1.

    Each of five folds is decided by values fitted on the others, once for every strength of
    ``STRENGTHS``; the best pooled macro-F1 wins, and of equals the strongest. Fewer rows
    than folds give infinity.

    Returns:
        A member of ``STRENGTHS``, in positives.
    """
    if len(truth_NC) < FOLDS:
        return float("inf")
    fold_N = stratified_folds(truth_NC, FOLDS, seed)
    counts = {strength: np.zeros((3, truth_NC.shape[1])) for strength in STRENGTHS}
    for fold in range(FOLDS):
        kept_N, held_N = fold_N != fold, fold_N == fold
        line = Line.fit(probs_NC[kept_N], truth_NC[kept_N], task, min_support=min_support)
        for strength in STRENGTHS:
            decided_NC = apply_values(probs_NC[held_N], line.at(strength), task)
            counts[strength] += count(truth_NC[held_N], decided_NC)
    scores = {strength: np.nan_to_num(macro_of(c)) for strength, c in counts.items()}
    return max(STRENGTHS, key=lambda strength: (scores[strength], strength))


def _logit(p: Floats | float) -> Floats:
    clipped = np.clip(p, CLIP, 1 - CLIP)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
