"""Systems: our model under every kind of cut, and what it has to beat, measured together."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evenhand.decide import Choice, Decision, Refit, crossfit, out_of_fold
from evenhand.decide.choice import DEMANDS
from evenhand.decide.rule import fit_rule
from evenhand.evaluate.baselines import trivial_baselines
from evenhand.evaluate.intervals import (
    Interval,
    Replicates,
    Statistic,
    bootstrap,
    decided_statistic,
    ranking_statistic,
)
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.selection import ranking_scores
from evenhand.types import FitStatistics, Floats, Predictions, Task

OURS = {
    Task.MULTILABEL: {
        "per-label": "evenhand, a cut a label",
        "global": "evenhand, one cut",
        "fixed": "evenhand, fixed 0.5",
    },
    Task.MULTICLASS: {
        "per-label": "evenhand, biases",
        "global": "evenhand, one tilt",
        "fixed": "evenhand, argmax",
    },
}
AS_ASKED = "evenhand, as asked"
"""The run's own decision where demands or costs make it another than its kind of cut alone."""
WITHOUT_DEMANDS: dict[str, Any] = {name: {} for name in DEMANDS}
AVERAGES = ("macro_f1", "micro_f1", "weighted_f1", "accuracy")
TINY = 1e-9


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked of an evaluation.

    Args:
        settings: of ``fit_decision``. Demands are the run's own: every other system goes
            without them, but seeks the same F or the least cost, under the same rules for whole
            rows. One cut for all labels and fixed ones know no costs either.
        resamples: of the bootstrap.
        level: confidence of the intervals, in (0, 1).
        seed: of folds, resamples and the ``prior`` baseline.
        note: a sentence that stands on every result.
        positive: the label of two that is looked for: its F1 is told of every system, and one
            baseline always gives it. None where no label is more than the others.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    resamples: int = 1000
    level: float = 0.95
    seed: int = 0
    note: str | None = None
    positive: int | None = None


@dataclass(frozen=True)
class Rival:
    """Another model's predictions of the same rows, decided as ours are but for demands.

    What is demanded of the run may be beyond another model, and a rival held to it would be
    judged by what it was never asked to be good at.

    Args:
        name: as it stands in the tables.
        tune: tune rows.
        report: report rows, if there are any.
        decided_NC: labels that it gives the measured rows by a decision of its own, bool; None
            decides it as ours.
    """

    name: str
    tune: Predictions
    report: Predictions | None = None
    decided_NC: Decided | None = None


@dataclass(frozen=True)
class System:
    """Labels that somebody gives to the measured rows.

    Args:
        name: as it stands in the tables.
        kind: ``"ours"`` or ``"baseline"``.
        decided_NC: bool.
        scored: the measured rows' predictions; None for a system that never looks at a row.
    """

    name: str
    kind: str
    decided_NC: Decided
    scored: Predictions | None


@dataclass(frozen=True)
class Measured:
    """A system with its resampled figures."""

    system: System
    decided: Replicates
    ranked: Replicates | None
    level: float
    positive: int | None = None

    def one(self, name: str) -> Interval:
        """Return the interval of a figure that is one number."""
        return self.decided.interval(name, level=self.level)

    def row(self) -> dict[str, Any]:
        """Return the system's row of ``metrics.json``."""
        macro_ap = self.ranked and self.ranked.interval("macro_ap", level=self.level).to_dict()
        figures = {name: self.one(name).to_dict() for name in AVERAGES}
        if self.positive is not None:
            own = self.decided.intervals("f1", level=self.level)[self.positive]
            figures["positive_f1"] = own.to_dict()
        return {"name": self.system.name, "kind": self.system.kind, "macro_ap": macro_ap} | figures

    def over(self, other: Measured) -> dict[str, Any]:
        """Return our macro-F1 less the other's, on the same resamples."""
        name = other.system.name.removeprefix("evenhand, ")
        difference = self.decided.minus(other.decided, "macro_f1", level=self.level)
        return {"name": f"over {name}", "macro_f1": difference.to_dict()}


def decide_measured(
    tune: Predictions,
    report: Predictions | None,
    question: Question,
    change: Mapping[str, Any],
    *,
    refit: Refit | None = None,
) -> tuple[Decided, Floats]:
    """Decide the measured rows by what the tune rows chose; return labels and probabilities."""
    settings = {**question.settings, **change, "resamples": 0}
    if report is None:
        crossed = crossfit(tune, seed=question.seed, refit=refit, **settings)
        return crossed.decided_NC, crossed.probs_NC
    tune.refuse_report("choosing cuts")
    choice = Choice(**settings, seed=question.seed)
    return fit_rule(tune, choice).decide(report.scores)


def our_systems(
    tune: Predictions,
    report: Predictions | None,
    decision: Decision,
    question: Question,
    *,
    refit: Refit | None = None,
) -> tuple[list[System], Floats]:
    """Return our model under every kind of cut, the run's own first, and its probabilities.

    Where the run demands something, or has costs for cuts that are not sought label by label,
    its decision is none of these kinds: it comes first as ``AS_ASKED``, and all of them after it.
    """
    names = OURS[tune.labels.task]
    if report is None:
        own_kind = {"cuts": decision.kind}
        decided_NC, probs_NC = decide_measured(tune, None, question, own_kind, refit=refit)
    else:
        decided_NC, probs_NC = decision.decide(report.scores), decision.probs(report.scores)
    rows = measured_rows(tune, report, seed=question.seed, refit=refit)
    own = None if _goes_beyond(question.settings, decision.kind) else decision.kind
    systems = [System(AS_ASKED if own is None else names[own], "ours", decided_NC, rows)]
    for kind, name in names.items():
        if kind != own:
            other_NC, _ = decide_measured(tune, report, question, _of_kind(kind), refit=refit)
            systems.append(System(name, "ours", other_NC, rows))
    return systems, probs_NC


def measured_rows(
    tune: Predictions, report: Predictions | None, *, seed: int, refit: Refit | None
) -> Predictions:
    """Return the rows that are measured, with scores that they had no share in."""
    if report is not None:
        return report
    return tune if refit is None else out_of_fold(tune, refit, seed=seed)


def _goes_beyond(settings: Mapping[str, Any], kind: str) -> bool:
    """Say whether demands or costs make a decision another than its kind of cut alone."""
    demanded = any(settings.get(name) for name in DEMANDS)
    return demanded or (kind != "per-label" and settings.get("costs") is not None)


def _of_kind(kind: str) -> dict[str, Any]:
    """Return the change of settings that makes plain cuts of a kind."""
    costs = {} if kind == "per-label" else {"costs": None}
    return {"cuts": kind, **WITHOUT_DEMANDS, **costs}


def baseline_systems(
    rows: Predictions, fit: FitStatistics, rivals: Sequence[Rival], question: Question
) -> list[System]:
    """Return other models, then the baselines that know the fit rows' shares alone."""
    models = [
        System(
            rival.name,
            "baseline",
            decide_measured(rival.tune, rival.report, question, WITHOUT_DEMANDS)[0]
            if rival.decided_NC is None
            else rival.decided_NC,
            rival.tune if rival.report is None else rival.report,
        )
        for rival in rivals
    ]
    drawn = trivial_baselines(fit, len(rows), seed=question.seed, positive=question.positive)
    return [*models, *(System(name, "baseline", d_NC, None) for name, d_NC in drawn.items())]


def resampled(
    statistics: Sequence[Statistic], rows: Predictions, question: Question
) -> list[Replicates]:
    """Return statistics of the same draws of rows, units whole, as ``question`` asks for them."""
    return bootstrap(
        statistics,
        len(rows),
        resamples=question.resamples,
        seed=question.seed,
        groups_N=rows.groups_N,
    )


def measure(rows: Predictions, systems: Sequence[System], question: Question) -> list[Measured]:
    """Resample the rows once for all systems; a model's ranking is measured once."""
    scored = {id(s.scored): s.scored for s in systems if s.scored is not None}
    statistics: list[Statistic] = [
        *(decided_statistic(rows.truth_NC, s.decided_NC) for s in systems),
        *(ranking_statistic(p.truth_NC, ranking_scores(p)) for p in scored.values()),
    ]
    replicates = resampled(statistics, rows, question)
    ranked = dict(zip(scored, replicates[len(systems) :], strict=True))
    return [
        Measured(system, decided, ranked.get(id(system.scored)), question.level, question.positive)
        for system, decided in zip(systems, replicates, strict=False)
    ]


def differences(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """Compare the first system with the best baseline, every other model, and the fixed cut."""
    first, *others = measured
    baselines = [m for m in others if m.system.kind == "baseline"]
    best = max(baselines, key=lambda m: np.nan_to_num(m.one("macro_f1").value, nan=-1.0))
    models = [m for m in baselines if m.system.scored is not None and m is not best]
    fixed = [m for m in others if m.system.name in {names["fixed"] for names in OURS.values()}]
    return [first.over(other) for other in (best, *models, *fixed)]


def equalled(measured: Sequence[Measured]) -> list[str]:
    """Name the trivial baselines that decide as the first system does, or are worth the same."""
    first = measured[0]
    return [
        other.system.name
        for other in measured
        if other.system.scored is None
        and (
            np.array_equal(first.system.decided_NC, other.system.decided_NC)
            or abs(first.one("macro_f1").value - other.one("macro_f1").value) <= TINY
        )
    ]
