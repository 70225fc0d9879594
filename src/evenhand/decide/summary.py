"""What a decision does to each label, and what each kind of cut is worth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan
from typing import Unpack

from evenhand.decide.choice import Cuts, Settings
from evenhand.decide.crossfit import crossfit
from evenhand.decide.decision import Cut, Decision
from evenhand.decide.f1 import count, f1_of
from evenhand.types import Predictions, Task

STAYS = {
    Task.MULTILABEL: "no cut proved better than 0.5 beyond chance: cuts stay there",
    Task.MULTICLASS: "no bias proved better than argmax beyond chance: biases stay 0",
}


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


def stays(kind: str, sources: Iterable[str], task: Task) -> str | None:
    """Return the sentence for values of labels' own that were sought, where none earned its place.

    Args:
        kind: of the decision: fixed, global or per-label.
        sources: where each label's value comes from, as ``Cut.source`` has it.
        task: of the labels.

    Returns:
        None where a value earned its place, or none was sought.
    """
    found = set(sources)
    if kind != "per-label" or "fixed" not in found:
        return None
    rest = "" if found == {"fixed"} else ", but for what costs or demands make"
    return STAYS[task] + rest


def forced_rows(decision: Decision, predictions: Predictions) -> int:
    """Count the rows that have a label only because ``at_least_one`` was asked for."""
    if not decision.at_least_one:
        return 0
    bare_NC = decision.probs(predictions.scores) >= decision.values_C
    return int((~bare_NC.any(axis=1)).sum())
