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
    choose_strength,
    fixed_values,
    shared_values,
)
from evenhand.types import Floats, LabelSpace, Scores, Task, Truth

Source = Literal["own", "global", "fixed", "cost", "demand"]


@dataclass(frozen=True)
class Rule:
    """A calibrator and one value a label, fitted to some rows.

    Args:
        calibrator: scores to probabilities.
        values_C: cuts on probabilities (multi-label) or biases in nats (multi-class).
        support_C: positives among the rows, ``(C,)``.
        sources: where each value comes from.
        strength: of the shrinkage, in positives.
        task: how values are applied.
        manner: rules that come after the cuts.
    """

    calibrator: Calibrator
    values_C: Floats
    support_C: Floats
    sources: tuple[Source, ...]
    strength: float
    task: Task
    manner: Manner

    def decide(self, scores: Scores) -> tuple[NDArray[np.bool_], Floats]:
        """Return decisions and calibrated probabilities, both ``(N, C)``."""
        probs_NC = self.calibrator.apply(scores).values_NC
        return apply_values(probs_NC, self.values_C, self.task, self.manner), probs_NC


def fit_rule(scores: Scores, truth_NC: Truth, labels: LabelSpace, choice: Choice) -> Rule:
    """Fit calibrator, values, shrinkage and demands to the same rows, in that order.

    Where no value meets a demand, the nearest is taken.
    """
    task, plan = labels.task, choice.plan(labels)
    calibrator = CALIBRATORS.build(choice.calibrate, scores, truth_NC, task, settings={})
    support_C = (truth_NC == 1).sum(axis=0).astype(np.float64)
    needs_probs = choice.cuts != "fixed" or any(True for _ in choice.demanded())
    probs_NC = calibrator.apply(scores).values_NC if needs_probs else scores.values_NC
    values_C, sources, strength = _values(probs_NC, truth_NC, task, choice, plan=plan)
    wishes = choice.wishes(labels)
    if task is Task.MULTILABEL:
        values_C = demanded_cuts(probs_NC, truth_NC, values_C, wishes, grid=plan.grid)
    else:
        values_C = demanded_biases(probs_NC, truth_NC, values_C, wishes)
    named = tuple("demand" if c in wishes else source for c, source in enumerate(sources))
    return Rule(calibrator, values_C, support_C, named, strength, task, choice.manner(labels))


def _values(
    probs_NC: Floats, truth_NC: Truth, task: Task, choice: Choice, *, plan: Plan
) -> tuple[Floats, list[Source], float]:
    """Return values before any demand, where each comes from, and the strength."""
    support_C = (truth_NC == 1).sum(axis=0)
    costly_C = _costly(plan, len(support_C))
    if choice.cuts == "global":
        shared_C = shared_values(probs_NC, truth_NC, task, plan)
        return shared_C, _sources("global", costly_C), 0.0
    strength: float | None = 0.0
    if choice.cuts == "per-label" and choice.shrink == "auto":
        strength = choose_strength(probs_NC, truth_NC, task, plan, seed=choice.seed)
    if choice.cuts == "fixed" or strength is None:
        kept = 0.0 if strength is not None else float("inf")
        return fixed_values(truth_NC, task, plan), _sources("fixed", costly_C), kept
    line = Line.fit(probs_NC, truth_NC, task, plan)
    own_C = (support_C >= choice.min_support) & np.isfinite(strength)
    sources: list[Source] = [
        "own" if own else shared
        for own, shared in zip(own_C, _sources("global", costly_C), strict=True)
    ]
    return line.at(strength), sources, strength


def _costly(plan: Plan, classes: int) -> NDArray[np.bool_]:
    if plan.aim.costs_2C is not None:
        return np.asarray(~np.isnan(plan.aim.costs_2C).any(axis=0))
    return np.full(classes, plan.aim.costs_CC is not None)


def _sources(source: Source, costly_C: NDArray[np.bool_]) -> list[Source]:
    """Return ``source`` for each label, or ``cost`` where costs alone make the value."""
    return ["cost" if costly else source for costly in costly_C]
