"""What is asked of a decision, and the bare rule fitted to some rows."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evenhand.calibrate import CALIBRATORS, Calibrator
from evenhand.decide.shrink import Line, apply_values, choose_strength
from evenhand.errors import ConfigError, did_you_mean
from evenhand.types import Floats, Scores, Task, Truth

Cuts = Literal["fixed", "global", "per-label"]
Shrink = Literal["none", "auto"]
Source = Literal["own", "global", "fixed"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is asked for; the same settings everywhere that decisions are fitted.

    Args:
        calibrate: name of a calibrator.
        cuts: ``fixed`` (0.5, or plain argmax), ``global`` (one cut; plain argmax, since one
            shared bias moves nothing) or ``per-label``.
        shrink: ``auto`` pulls per-label values to the shared one by a cross-fitted amount.
        min_support: positives that a label needs for a value of its own, >= 1.
        seed: of the folds.

    Raises:
        ConfigError: E102 for a value that is none of these.
    """

    calibrate: str = "temperature"
    cuts: Cuts = "per-label"
    shrink: Shrink = "auto"
    min_support: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        _check("cuts", self.cuts, get_args(Cuts))
        _check("shrink", self.shrink, get_args(Shrink))
        if self.min_support < 1:
            raise ConfigError(
                "E102",
                "min_support is out of range",
                got=f"min_support = {self.min_support!r}",
                fix="pass 1 or more",
            )


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
    """

    calibrator: Calibrator
    values_C: Floats
    support_C: Floats
    sources: tuple[Source, ...]
    strength: float
    task: Task

    def decide(self, scores: Scores) -> tuple[NDArray[np.bool_], Floats]:
        """Return decisions and calibrated probabilities, both ``(N, C)``."""
        probs_NC = self.calibrator.apply(scores).values_NC
        return apply_values(probs_NC, self.values_C, self.task), probs_NC


def fit_rule(scores: Scores, truth_NC: Truth, task: Task, choice: Choice) -> Rule:
    """Fit calibrator, values and shrinkage to the same rows."""
    calibrator = CALIBRATORS.build(choice.calibrate, scores, truth_NC, task, settings={})
    support_C = (truth_NC == 1).sum(axis=0).astype(np.float64)
    if choice.cuts == "fixed":
        return _shared(calibrator, support_C, task, value=0.5, source="fixed")
    probs_NC = calibrator.apply(scores).values_NC
    line = Line.fit(probs_NC, truth_NC, task, min_support=choice.min_support)
    if choice.cuts == "global":
        return _shared(calibrator, support_C, task, value=line.shared, source="global")
    strength = 0.0
    if choice.shrink == "auto":
        strength = choose_strength(
            probs_NC, truth_NC, task, min_support=choice.min_support, seed=choice.seed
        )
    own_C = (support_C >= choice.min_support) & np.isfinite(strength)
    sources: tuple[Source, ...] = tuple("own" if own else "global" for own in own_C)
    return Rule(calibrator, line.at(strength), support_C, sources, strength, task)


def _shared(
    calibrator: Calibrator, support_C: Floats, task: Task, *, value: float, source: Source
) -> Rule:
    shared = value if task is Task.MULTILABEL else 0.0
    values_C = np.full(len(support_C), shared)
    return Rule(calibrator, values_C, support_C, (source,) * len(support_C), 0.0, task)


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(
            "E102",
            f"{name} has a value that cannot be",
            got=f"{name} = {value!r}",
            fix=did_you_mean(str(value), allowed),
        )
