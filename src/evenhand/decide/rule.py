"""The bare rule fitted to some rows: a calibrator and one value a label."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.calibrate import CALIBRATORS, Calibrator
from evenhand.decide.choice import Choice
from evenhand.decide.demands import demanded_biases, demanded_cuts
from evenhand.decide.manner import Manner, apply_values
from evenhand.decide.shrink import (
    Line,
    Plan,
    choose_strengths,
    fixed_values,
    shared_values,
)
from evenhand.types import Floats, Predictions, Scores, Task

Source = Literal["own", "global", "fixed", "cost", "demand"]


@dataclass(frozen=True)
class Rule:
    """A calibrator and one value a label, fitted to some rows.

    Args:
        calibrator: scores to probabilities.
        values_C: cuts on probabilities (multi-label) or biases in nats (multi-class).
        support_C: positives among the rows, ``(C,)``.
        sources: where each value comes from.
        strength_C: of the shrinkage, in positives, ``(C,)``; infinity where fixed values did
            not have to give way, 0 where nothing was shrunk.
        task: how values are applied.
        manner: rules that come after the cuts.
    """

    calibrator: Calibrator
    values_C: Floats
    support_C: Floats
    sources: tuple[Source, ...]
    strength_C: Floats
    task: Task
    manner: Manner

    def decide(self, scores: Scores) -> tuple[NDArray[np.bool_], Floats]:
        """Return decisions and calibrated probabilities, both ``(N, C)``."""
        probs_NC = self.calibrator.apply(scores).values_NC
        return apply_values(probs_NC, self.values_C, self.task, self.manner), probs_NC


def fit_rule(predictions: Predictions, choice: Choice) -> Rule:
    """Fit calibrator, values, shrinkage and demands to the same rows, in that order.

    Where no value meets a demand, the nearest is taken.
    """
    scores, truth_NC, labels = predictions.scores, predictions.truth_NC, predictions.labels
    task, plan = labels.task, choice.plan(labels)
    calibrator = CALIBRATORS.build(choice.calibrate, scores, truth_NC, task, settings={})
    support_C = (truth_NC == 1).sum(axis=0).astype(np.float64)
    needs_probs = choice.cuts != "fixed" or any(True for _ in choice.demanded())
    probs_NC = calibrator.apply(scores).values_NC if needs_probs else scores.values_NC
    values_C, sources, strength_C = _values(probs_NC, predictions, choice, plan=plan)
    wishes = choice.wishes(labels)
    if task is Task.MULTILABEL:
        values_C = demanded_cuts(probs_NC, truth_NC, values_C, wishes, grid=plan.grid)
    else:
        values_C = demanded_biases(probs_NC, truth_NC, values_C, wishes)
    named = tuple("demand" if c in wishes else source for c, source in enumerate(sources))
    return Rule(calibrator, values_C, support_C, named, strength_C, task, choice.manner(labels))


def _values(
    probs_NC: Floats, predictions: Predictions, choice: Choice, *, plan: Plan
) -> tuple[Floats, list[Source], Floats]:
    """Return values before any demand, where each comes from, and the strengths."""
    truth_NC, task = predictions.truth_NC, predictions.labels.task
    priced_C = plan.aim.priced(truth_NC.shape[1])
    strength_C = np.zeros(len(priced_C))
    if choice.cuts == "global":
        shared_C = shared_values(probs_NC, truth_NC, task, plan)
        return shared_C, _sources("global", priced_C), strength_C
    fixed_C, fixed = fixed_values(truth_NC, task, plan), _sources("fixed", priced_C)
    if choice.cuts == "fixed":
        return fixed_C, fixed, strength_C
    if choice.shrink == "auto":
        strength_C = choose_strengths(
            probs_NC, truth_NC, task, plan, seed=choice.seed, groups_N=predictions.groups_N
        )
    unearned_C = np.isnan(strength_C)
    strength_C[unearned_C] = np.inf
    if unearned_C.all():
        return fixed_C, fixed, strength_C
    values_C = Line.fit(probs_NC, truth_NC, task, plan).at(strength_C)
    own_C = ((truth_NC == 1).sum(axis=0) >= choice.min_support) & np.isfinite(strength_C)
    shared = np.where(unearned_C, fixed, _sources("global", priced_C))
    sources: list[Source] = np.where(own_C, "own", shared).tolist()
    return np.where(unearned_C, fixed_C, values_C), sources, strength_C


def _sources(source: Source, priced_C: NDArray[np.bool_]) -> list[Source]:
    """Return ``source`` for each label, or ``cost`` where costs alone make the value."""
    return ["cost" if priced else source for priced in priced_C]
