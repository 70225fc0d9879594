"""What a decision does to each label, and what each kind of cut is worth."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import Unpack

from evenhand.decide.choice import Cuts, Settings
from evenhand.decide.crossfit import crossfit
from evenhand.decide.decision import Cut, Decision
from evenhand.decide.f1 import count, f1_of
from evenhand.types import Predictions, Task


@dataclass(frozen=True)
class LabelLine:
    """One label of a decision.

    Args:
        label: its name.
        cut: value, interval, support, source and optimism.
        f1: on the rows that chose the value; None without truth and prediction.
    """

    label: str
    cut: Cut
    f1: float | None


def label_lines(decision: Decision, predictions: Predictions) -> list[LabelLine]:
    """Return one line a label, with its F1 on ``predictions`` (in-sample if they chose it)."""
    decided_NC = decision.decide(predictions.scores)
    f1_C = f1_of(count(predictions.truth_NC, decided_NC)).tolist()
    return [
        LabelLine(name, cut, None if isnan(f1) else f1)
        for name, cut, f1 in zip(decision.labels.names, decision.cuts, f1_C, strict=True)
    ]


def compare_cuts(
    decision: Decision, predictions: Predictions, *, seed: int = 0, **settings: Unpack[Settings]
) -> dict[str, float | None]:
    """Return the cross-fitted macro-F1 of each kind of cut, by its name in words.

    At 0.5, one global cut and per-label cuts; argmax, one tilt and per-label biases for
    multi-class.
    The estimate of ``decision``, fitted with the same settings, is taken as it stands.
    """
    kinds: dict[str, Cuts] = {
        "at 0.5": "fixed",
        "one global cut": "global",
        "per-label cuts": "per-label",
    }
    if predictions.labels.task is Task.MULTICLASS:
        kinds = {"argmax": "fixed", "one tilt": "global", "per-label biases": "per-label"}
    worth: dict[str, float | None] = {}
    for words, kind in kinds.items():
        if kind == decision.kind:
            worth[words] = decision.estimate.cross_fitted
        else:
            asked: Settings = {**settings, "cuts": kind}
            value = crossfit(predictions, seed=seed, **asked).macro_f1
            worth[words] = None if isnan(value) else value
    return worth


def unproven(decision: Decision) -> bool:
    """Say whether values of labels' own were looked for, and none earned its place."""
    return decision.kind == "per-label" and any(cut.source == "fixed" for cut in decision.cuts)


def forced_rows(decision: Decision, predictions: Predictions) -> int:
    """Count the rows that have a label only because ``at_least_one`` was asked for."""
    if not decision.at_least_one:
        return 0
    bare_NC = decision.probs(predictions.scores) >= decision.values_C
    return int((~bare_NC.any(axis=1)).sum())
