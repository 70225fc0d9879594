"""An ensemble measured beside its members, and beside what costs nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evenhand.combine import Ensemble
from evenhand.combine.evidence import evidence, member_answers, note_of
from evenhand.combine.mixture import Mixture
from evenhand.data.series import SeriesSchema
from evenhand.durable import write_json
from evenhand.evaluate.places import Places, load_places, save_places
from evenhand.evaluate.results import Results, evaluate
from evenhand.evaluate.series import Seen, positive_of, series_figures
from evenhand.evaluate.systems import WITHOUT_DEMANDS, Question, Rival, decide_measured
from evenhand.run.ensemble import EnsembleLayout
from evenhand.run.folder import Run
from evenhand.run.report import Judgement, mistakes_in
from evenhand.run.rivals import stored_rivals
from evenhand.run.series import places_file
from evenhand.run.sound import read_sound, sound
from evenhand.study.ensemble.gather import Team
from evenhand.types import FitStatistics, Role

OF_MEMBERS = ("members", "differences", "contributions", "diversity")
"""What the report shows of them."""


def measure(
    team: Team, ensemble: Ensemble, layout: EnsembleLayout, *, texts: Mapping[str, str]
) -> Judgement:
    """Write ``ensemble.json`` and ``metrics.json``, and return the measured rows.

    Args:
        team: the members' runs.
        ensemble: fitted on their tune rows.
        layout: where it goes; scores and bundle lie there.
        texts: of the rows by id, as far as they may be quoted.
    """
    question = _question(team, ensemble)
    shown = evidence(ensemble, question)
    mixed = isinstance(ensemble.combination, Mixture)
    about = {
        "by": ensemble.combination.name,
        "weights": ensemble.combination.to_dict()["weights"] if mixed else None,
    }
    write_json(layout.figures, {**about, "combination": ensemble.combination.to_dict(), **shown})
    fit = FitStatistics.from_dict(team.first.manifest["fit"])
    results = evaluate(
        ensemble.tune,
        ensemble.report,
        decision=ensemble.decision,
        fit=fit,
        rivals=(*_members(ensemble), *_baseline(team, question)),
        question=question,
        refit=ensemble.rehearsal,
    )
    rows = Judgement(results.predictions, results.decided_NC, results.probs_NC)
    places = _keep_places(team, layout, results)
    metrics = results.to_dict() | {
        "ensemble": about | {name: shown[name] for name in OF_MEMBERS},
        "mistakes": mistakes_in(rows, texts, places),
        "gates": [],
    }
    if "data_findings" in team.first.metrics:
        metrics["data_findings"] = team.first.metrics["data_findings"]
    if places is not None:
        seen = Seen(_schema(team.first), places, {})
        metrics["series"] = _of_series(ensemble, results, seen, fit=fit, question=question)
    write_json(layout.metrics, metrics)
    return rows


def _of_series(
    ensemble: Ensemble, results: Results, seen: Seen, *, fit: FitStatistics, question: Question
) -> dict[str, Any]:
    """Return what only windows have figures for, but for streams that are missing."""
    return series_figures(
        ensemble.tune,
        results.predictions,
        results.decided_NC,
        seen,
        decision=ensemble.decision,
        fit=fit,
        question=question,
    )


def _question(team: Team, ensemble: Ensemble) -> Question:
    config, labels = team.config, ensemble.decision.labels
    of_series = places_file(team.first.layout, Role.TUNE).is_file()
    noted = (team.first.metrics.get("note"), note_of(ensemble))
    return Question(
        settings=ensemble.settings,
        resamples=config.report.resamples,
        level=config.report.level,
        seed=config.seed,
        note="; ".join(filter(None, noted)),
        positive=positive_of(labels) if of_series else None,
    )


def _members(ensemble: Ensemble) -> list[Rival]:
    """Return the members as what the ensemble has to beat, each by its own decision."""
    pairs = zip(ensemble.members, member_answers(ensemble), strict=True)
    return [Rival(m.name, m.tune, m.report, answer.decided_NC) for m, answer in pairs]


def _baseline(team: Team, question: Question) -> list[Rival]:
    """Return the model without a network that stands beside the first member, decided as there."""
    asked = Question(settings=team.members[0].settings, seed=question.seed)
    return [
        replace(r, decided_NC=decide_measured(r.tune, r.report, asked, WITHOUT_DEMANDS)[0])
        for r in stored_rivals(team.first)
    ]


def _keep_places(team: Team, layout: EnsembleLayout, results: Results) -> Places | None:
    """Copy where windows lie into the ensemble's folder; None for texts."""
    found = None
    for role in (Role.TUNE, Role.REPORT):
        file = places_file(team.first.layout, role)
        if file.is_file():
            with sound(file):
                places = load_places(file)
            save_places(places_file(layout, role), places)
            found = places if role is results.predictions.role else found
    return found


def _schema(run: Run) -> SeriesSchema:
    return SeriesSchema.from_dict(read_sound(run.layout.bundle / "bundle.json", "schema")["schema"])


def figures(run: Run) -> dict[str, Any]:
    """Return what ``ensemble.json`` of a finished ensemble holds."""
    file = EnsembleLayout(run.folder).figures
    with sound(file):
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
        return found
