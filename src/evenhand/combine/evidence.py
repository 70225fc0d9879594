"""Evidence: the ensemble beside each of its members, and what each member brings to it.

Every figure is of rows that chose nothing of what it measures: report rows, or tune rows each
answered by an ensemble that the other folds made. All share the same resamples.
Shapes: N rows, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.combine import diversity
from evenhand.combine.refit import Ensemble, Rehearsal, combined, fit_combination, voices_of
from evenhand.decide import Choice, Settings, crossfit
from evenhand.decide.rule import fit_rule
from evenhand.evaluate.intervals import (
    METHOD,
    Replicates,
    decided_statistic,
    groups_drawn,
    ranking_statistic,
)
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.selection import ranking_scores
from evenhand.evaluate.systems import Question, measured_rows, resampled
from evenhand.types import Predictions, Role

OURS = "ensemble"
CROSS_FITTED = (
    "members chose their epoch on the tune rows, so figures cross-fitted on these are a little kind"
)
HELD_OUT = "members chose their epoch on the tune rows, on which the ensemble was fitted too"


@dataclass(frozen=True)
class Answer:
    """Measured rows as one system answers them.

    Args:
        name: of the system.
        rows: with scores that rank them.
        decided_NC: labels given, bool.
    """

    name: str
    rows: Predictions
    decided_NC: Decided


@dataclass(frozen=True)
class _Resampled:
    """A system's figures on the same resamples as every other's."""

    name: str
    decided: Replicates
    ranked: Replicates
    level: float

    def figures(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "macro_f1": self.decided.interval("macro_f1", level=self.level).to_dict(),
            "macro_ap": self.ranked.interval("macro_ap", level=self.level).to_dict(),
        }

    def less(self, other: _Resampled) -> dict[str, Any]:
        f1 = self.decided.minus(other.decided, "macro_f1", level=self.level)
        ap = self.ranked.minus(other.ranked, "macro_ap", level=self.level)
        return {"name": other.name, "macro_f1": f1.to_dict(), "macro_ap": ap.to_dict()}


def note_of(ensemble: Ensemble) -> str:
    """Return the sentence on what tune rows had a share in before they were combined."""
    return CROSS_FITTED if ensemble.report is None else HELD_OUT


def evidence(ensemble: Ensemble, question: Question) -> dict[str, Any]:
    """Measure the ensemble beside its members, and what is lost without each of them.

    Args:
        ensemble: fitted.
        question: resamples, level, seed.

    Returns:
        What ``ensemble.json`` holds of figures; undefined ones are None.
    """
    whole, members = answer_of(ensemble), member_answers(ensemble)
    fewer = [_without(ensemble, m) for m in range(len(ensemble.members))]
    rows = whole.rows
    ours, *others = _resampled([whole, *members, *fewer], question)
    singles, lacking = others[: len(members)], others[len(members) :]
    best = max(singles, key=_worth)
    names = [answer.name for answer in members]
    found = diversity.pairs(
        names, [answer.decided_NC for answer in members], rows.truth_NC, rows.labels.task
    )
    contents = {
        "estimate": "cross-fitted" if ensemble.report is None else "held out",
        "role": rows.role.value,
        "rows": len(rows),
        "level": question.level,
        "interval": f"paired {METHOD}",
        "resamples": question.resamples,
        "seed": question.seed,
        "note": note_of(ensemble),
        "ensemble": ours.figures(),
        "members": [single.figures() for single in singles],
        "differences": [ours.less(single) for single in singles],
        "best_single": best.name,
        "contributions": [ours.less(one) for one in lacking],
        "diversity": {
            "mean": diversity.means(found),
            "pairs": [pair.to_dict() for pair in found],
        },
    }
    if groups := groups_drawn(rows.groups_N):
        contents["groups"] = groups
    return contents


def answer_of(ensemble: Ensemble) -> Answer:
    """Return the measured rows as the ensemble answers them, tune rows out of fold."""
    rows = measured_rows(
        ensemble.tune, ensemble.report, seed=ensemble.seed, refit=ensemble.rehearsal
    )
    if ensemble.report is not None:
        return Answer(OURS, rows, ensemble.decision.decide(rows.scores))
    return Answer(OURS, rows, _crossed(ensemble, ensemble.rehearsal))


def member_answers(ensemble: Ensemble) -> list[Answer]:
    """Return the same rows as each member answers them alone."""
    return [Answer(m.name, m.report or m.tune, m.decided()) for m in ensemble.members]


def _without(ensemble: Ensemble, member: int) -> Answer:
    """Return the rows as the ensemble would answer them that lacks a member, all fitted anew."""
    name, fewer = ensemble.members[member].name, ensemble.rehearsal.without(member)
    if ensemble.report is None:
        rows = measured_rows(ensemble.tune, None, seed=ensemble.seed, refit=fewer)
        return Answer(name, rows, _crossed(ensemble, fewer))
    voices = voices_of(ensemble.members, Role.TUNE).only(fewer.team)
    combination = fit_combination(fewer.by, voices, ensemble.tune)
    tune = combined(combination, voices, ensemble.tune)
    told = voices_of(ensemble.members, Role.REPORT).only(fewer.team)
    report = combined(combination, told, ensemble.report)
    rule = fit_rule(tune, Choice(**_plain(ensemble.settings), seed=ensemble.seed))
    return Answer(name, report, rule.decide(report.scores)[0])


def _crossed(ensemble: Ensemble, rehearsal: Rehearsal) -> Decided:
    settings = _plain(ensemble.settings)
    crossed = crossfit(ensemble.tune, seed=ensemble.seed, refit=rehearsal, **settings)
    return crossed.decided_NC


def _plain(settings: Settings) -> Settings:
    """Return the settings without intervals of the cuts, which nobody reads here."""
    return {**settings, "resamples": 0}


def _resampled(answers: Sequence[Answer], question: Question) -> list[_Resampled]:
    rows = answers[0].rows
    statistics = [decided_statistic(rows.truth_NC, a.decided_NC) for a in answers]
    statistics += [ranking_statistic(rows.truth_NC, ranking_scores(a.rows)) for a in answers]
    found = resampled(statistics, rows, question)
    halves = zip(answers, found[: len(answers)], found[len(answers) :], strict=True)
    return [_Resampled(a.name, decided, ranked, question.level) for a, decided, ranked in halves]


def _worth(single: _Resampled) -> float:
    return float(np.nan_to_num(single.decided.values["macro_f1"][0], nan=-1.0))


def best_difference(contents: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the ensemble's figures less those of the best single member."""
    found: Sequence[Mapping[str, Any]] = contents["differences"]
    return next(d for d in found if d["name"] == contents["best_single"])
