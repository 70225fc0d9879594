"""Pull weakly supported cuts toward what all labels share, as far as that earns its place."""
# Shapes: N rows, G groups, C classes.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import MACRO_F1, Aim
from evenhand.decide.biases import best_biases
from evenhand.decide.folds import count_groups, stratified_folds
from evenhand.decide.ladder import Grid
from evenhand.decide.manner import apply_values, logit
from evenhand.decide.thresholds import best_cuts, best_global_cut
from evenhand.decide.tilt import best_tilt, rarity
from evenhand.decide.wish import Wish, find_cut
from evenhand.types import Floats, Task, Truth

Decided = NDArray[np.bool_]

STRENGTHS = (0.0, 5.0, 20.0, 80.0, 320.0, float("inf"))
FOLDS = 5
CORRECTED = 1 + FOLDS / (FOLDS - 1)
"""Variance over that of independent rows: the rules of the folds share most of their rows."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the cuts or biases of all labels are fitted.

    Args:
        aim: what counts.
        min_support: positives that a label needs for a value of its own, >= 1.
        grid: the only cuts to try; multi-label.
    """

    aim: Aim = MACRO_F1
    min_support: int = 1
    grid: Grid | None = None


@dataclass(frozen=True)
class Line:
    """For each label the way from the shared value to its own.

    Args:
        own_C: cut or bias fitted to each label; the shared one where support is too small.
        shared_C: the global cut, or the biases of one tilt; where there are costs, what they
            would make of perfectly calibrated probabilities.
        support_C: positives that each label's value rests on.
        task: cuts are mixed as logits, biases as they are.
    """

    own_C: Floats
    shared_C: Floats
    support_C: Floats
    task: Task

    @classmethod
    def fit(cls, probs_NC: Floats, truth_NC: Truth, task: Task, plan: Plan) -> Line:
        """Fit both ends on the same rows."""
        support_C = (truth_NC == 1).sum(axis=0).astype(np.float64)
        shared_C = shared_values(probs_NC, truth_NC, task, plan)
        if task is Task.MULTICLASS:
            own_C = best_biases(
                probs_NC, truth_NC, min_support=plan.min_support, aim=plan.aim, start_C=shared_C
            )
            return cls(own_C, shared_C, support_C, task)
        enough_C = support_C >= max(1, plan.min_support)
        own_C = np.where(enough_C, np.nan, shared_C)
        if plan.aim.costs_2C is not None:
            for c in np.flatnonzero(enough_C & ~np.isnan(plan.aim.costs_2C).any(axis=0)):
                wish = Wish(costs=(plan.aim.costs_2C[0, c], plan.aim.costs_2C[1, c]))
                own_C[c] = find_cut(probs_NC[:, c], truth_NC[:, c], wish, grid=plan.grid).cut
        own_C = best_cuts(probs_NC, truth_NC, plan.aim, start_C=own_C, grid=plan.grid)
        return cls(own_C, shared_C, support_C, task)

    def at(self, strength: float | Floats) -> Floats:
        """Return the values at one strength of shrinkage, or at each label's own, ``(C,)``.

        The own value weighs ``n / (n + strength)`` with ``n`` positives: strength 0 gives
        the own values exactly, infinity the shared one.
        """
        return self.mixed(self.own_C, strength)

    def mixed(self, own_C: Floats, strength: float | Floats) -> Floats:
        """Return ``at`` for other own values, also with leading axes, ``(..., C)``."""
        strength_C = np.broadcast_to(np.asarray(strength, np.float64), self.support_C.shape)
        whole_C = self.support_C + strength_C
        weight_C = np.divide(self.support_C, whole_C, out=np.ones_like(whole_C), where=whole_C > 0)
        if self.task is Task.MULTICLASS:
            mixed_C = self.shared_C + weight_C * (own_C - self.shared_C)
        else:
            logit_C = weight_C * logit(own_C) + (1 - weight_C) * logit(self.shared_C)
            mixed_C = 1 / (1 + np.exp(-logit_C))
        shared_only_C = np.isinf(strength_C) | (own_C == self.shared_C)
        return np.where(strength_C == 0, own_C, np.where(shared_only_C, self.shared_C, mixed_C))


def shared_values(probs_NC: Floats, truth_NC: Truth, task: Task, plan: Plan) -> Floats:
    """Return what a label gets that has too few positives for a value of its own, ``(C,)``.

    Multi-label: the global cut, or ``fp / (fp + fn)`` where a label has costs. Multi-class: the
    best tilt toward rare classes, or the logarithm of what missing a class costs on average,
    relative to the commonest.
    """
    if task is Task.MULTICLASS and plan.aim.costs_CC is None:
        return best_tilt(probs_NC, truth_NC, plan.aim) * rarity(truth_NC)
    if task is Task.MULTICLASS:
        return cost_biases(truth_NC, plan.aim)
    shared_C = np.full(probs_NC.shape[1], best_global_cut(probs_NC, truth_NC, plan.aim)[0])
    return cost_cuts(shared_C, plan.aim)


def fixed_values(truth_NC: Truth, task: Task, plan: Plan) -> Floats:
    """Return what costs nothing to choose, ``(C,)``: 0.5, no bias, or what costs alone make."""
    if task is Task.MULTICLASS:
        return cost_biases(truth_NC, plan.aim)
    return cost_cuts(np.full(truth_NC.shape[1], 0.5), plan.aim)


def cost_cuts(values_C: Floats, aim: Aim) -> Floats:
    """Return ``values_C`` with ``fp / (fp + fn)`` where a label has costs; 0.5 if both are 0.

    From that probability on, giving a label costs less than leaving it out.
    """
    if aim.costs_2C is None:
        return values_C
    false_positive_C, false_negative_C = aim.costs_2C
    whole_C = false_positive_C + false_negative_C
    bayes_C = np.divide(
        false_positive_C, whole_C, out=np.full(len(whole_C), 0.5), where=whole_C > 0
    )
    return np.where(np.isnan(whole_C), values_C, bayes_C)


def cost_biases(truth_NC: Truth, aim: Aim) -> Floats:
    """Return the logarithm of each class's mean cost of being missed, less the commonest's.

    Exact for calibrated probabilities where a cost depends on the true class alone; 0 for all
    without costs.
    """
    classes = truth_NC.shape[1]
    if aim.costs_CC is None:
        return np.zeros(classes)
    missed_C = np.log(np.maximum(aim.costs_CC.sum(axis=1) / (classes - 1), 1e-12))
    return np.asarray(missed_C - missed_C[int((truth_NC == 1).sum(axis=0).argmax())])


def choose_strengths(
    probs_NC: Floats,
    truth_NC: Truth,
    task: Task,
    plan: Plan,
    *,
    seed: int,
    groups_N: NDArray[np.int64] | None = None,
) -> Floats:
    """Choose the strength of shrinkage by the cross-fitted aim, or to leave values fixed.

    Each of five folds is decided by values fitted on the others, once for every strength of
    ``STRENGTHS``; the best pooled result wins, and of equals the strongest. It must then beat
    the fixed values by more than one standard error, paired over the groups (or rows) and
    corrected for the rows that the folds' rules share: values that were searched for have to
    earn it beyond chance. Labels with costs are judged apart from the others; for them,
    infinity gives the fixed values, so that nothing is left to earn. Fewer groups than folds
    prove nothing.

    Args:
        probs_NC: calibrated probabilities.
        truth_NC: 0, 1 or NaN (unknown).
        task: how values are applied.
        plan: how values are fitted.
        seed: of the folds.
        groups_N: rows with equal numbers share a fold and are one piece of evidence.

    Returns:
        A member of ``STRENGTHS`` for each label, in positives, ``(C,)``; NaN for fixed values.

    References:
        Nadeau, Bengio 2003, doi:10.1023/A:1024068626366: the variance of cross-validation.
    """
    strength_C = np.full(truth_NC.shape[1], np.nan)
    groups_N = np.arange(len(truth_NC)) if groups_N is None else groups_N
    if count_groups(groups_N) < FOLDS:
        return strength_C
    fold_N = stratified_folds(truth_NC, FOLDS, seed, groups_N=groups_N)
    decided, fixed_NC = _tried(probs_NC, truth_NC, task, plan, fold_N=fold_N)
    for part_C, aim in plan.aim.parts(len(strength_C)):
        of_part = {strength: tried_NC[:, part_C] for strength, tried_NC in decided.items()}
        strength_C[part_C] = _earned(
            truth_NC[:, part_C], of_part, fixed_NC[:, part_C], aim=aim, groups_N=groups_N
        )
    return strength_C


def _tried(
    probs_NC: Floats, truth_NC: Truth, task: Task, plan: Plan, *, fold_N: NDArray[np.int64]
) -> tuple[dict[float, Decided], Decided]:
    """Return the cross-fitted decisions of every strength, and those of the fixed values."""
    fixed_NC = np.zeros(truth_NC.shape, dtype=np.bool_)
    decided = {strength: fixed_NC.copy() for strength in STRENGTHS}
    for fold in range(int(fold_N.max()) + 1):
        kept_N, held_N = fold_N != fold, fold_N == fold
        fixed_C = fixed_values(truth_NC[kept_N], task, plan)
        fixed_NC[held_N] = apply_values(probs_NC[held_N], fixed_C, task)
        line = Line.fit(probs_NC[kept_N], truth_NC[kept_N], task, plan)
        for strength in STRENGTHS:
            decided[strength][held_N] = apply_values(probs_NC[held_N], line.at(strength), task)
    return decided, fixed_NC


def _earned(
    truth_NC: Truth,
    decided: dict[float, Decided],
    fixed_NC: Decided,
    *,
    aim: Aim,
    groups_N: NDArray[np.int64],
) -> float:
    """Return the best strength, or NaN where it does not beat the fixed values beyond chance."""
    scores = {s: aim.score(truth_NC, decided_NC) for s, decided_NC in decided.items()}
    best = max(STRENGTHS, key=lambda strength: (scores[strength], strength))
    if aim.costly:
        return best
    apart_N = aim.influence(truth_NC, decided[best]) - aim.influence(truth_NC, fixed_NC)
    group_N = np.unique(groups_N, return_inverse=True)[1]
    apart_G = np.bincount(group_N, weights=apart_N)
    error = float(np.sqrt(CORRECTED * (apart_G**2).sum()))
    return best if scores[best] - aim.score(truth_NC, fixed_NC) > error else float("nan")
