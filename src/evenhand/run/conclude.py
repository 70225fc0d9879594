"""After training: scores, decision, bundle, evidence. Everything is computed from stored rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evenhand import bundle
from evenhand.bundle import Classifier
from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.data.series import SeriesSchema
from evenhand.decide import Decision, fit_decision
from evenhand.durable import write_json
from evenhand.evaluate.gates import Facts, GateResult, judge
from evenhand.evaluate.results import Results, evaluate
from evenhand.evaluate.series import Seen, positive_of, series_figures
from evenhand.evaluate.systems import Question, Rival
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run.deciding import decision_settings, kept_costs, settings_as_decided
from evenhand.run.folder import Layout
from evenhand.run.prepared import Prepared, predictions_of
from evenhand.run.provenance import Stopwatch
from evenhand.run.report import Judgement, mistakes_in, quick_check
from evenhand.run.rivals import rivals_of
from evenhand.run.series import seen_of, store_seen
from evenhand.types import FitStatistics, Logits, Role

REPORTING = "reporting"
"""The stage that writes the report."""


def conclude(
    dataset: Dataset,
    prepared: Prepared,
    config: RunConfig,
    *,
    layout: Layout,
    watch: Stopwatch,
    steps: int,
) -> Judgement:
    """Turn the best weights into predictions, decision, bundle and metrics.

    Args:
        dataset: rows with roles.
        prepared: holds the best weights.
        config: the run's settings.
        layout: where everything goes.
        watch: seconds spent.
        steps: optimizer steps done.

    Returns:
        The measured rows, as the metrics were counted on them.
    """
    with watch.stage("scoring"):
        _score(dataset, prepared, layout)
        if dataset.windows is not None:
            store_seen(dataset, prepared.model, prepared.tables, layout)
    tune = load_predictions(layout.predictions("tune"))
    with watch.stage("deciding"):
        asked = decision_settings(config, rows=len(tune), costs=kept_costs(layout))
        decision = fit_decision(tune, seed=config.seed, strict=False, **asked)
        decision.save(layout.decision)
    classifier = Classifier(
        prepared.model,
        prepared.reader,
        replace(prepared.architecture, trained_steps=steps),
        dataset.schema,
        decision=decision,
    )
    with watch.stage("bundling"):
        bundle.save(layout.bundle, classifier)
    with watch.stage("baselines"):
        rivals = rivals_of(dataset, layout) if config.report.baselines else ()
    with watch.stage("evaluating"):
        results = measure(dataset, config, layout, decision, rivals=rivals)
        rows = Judgement(results.predictions, results.decided_NC, results.probs_NC)
        seen = _seen(dataset, layout, results)
        metrics = results.to_dict() | {
            **_of_series(dataset, config, layout, decision, results=results, seen=seen),
            "mistakes": mistakes_in(
                rows, texts_for_report(dataset, config), None if seen is None else seen.places
            ),
            "data_findings": quick_check(dataset, max_length=config.model.max_length),
        }
    gates = judged(config, metrics, size_mb=layout.bundle_mb, seconds=watch.seconds)
    write_json(layout.metrics, metrics | {"gates": [gate.to_dict() for gate in gates]})
    return rows


def texts_for_report(dataset: Dataset, config: RunConfig) -> dict[str, str]:
    """Return the texts by row id that a report may quote; none where the run file says so."""
    return dict(zip(dataset.ids, dataset.texts, strict=True)) if config.report.texts else {}


def judged(
    config: RunConfig,
    metrics: Mapping[str, Any],
    *,
    size_mb: float,
    seconds: Mapping[str, float],
) -> list[GateResult]:
    """Hold figures against the gates of the run file; none asked, none returned.

    Size is that of the bundle, in 10^6 bytes. Time is that of training and evaluation: a report
    can be written again at any time.
    """
    hours = sum(spent for stage, spent in seconds.items() if stage != REPORTING) / 3600
    return judge(config.gates.model_dump(), Facts(metrics, size_mb=size_mb, hours=hours))


def measure(
    dataset: Dataset,
    config: RunConfig,
    layout: Layout,
    decision: Decision,
    *,
    rivals: tuple[Rival, ...],
) -> Results:
    """Measure the stored predictions beside the baselines."""
    report = layout.predictions("report")
    return evaluate(
        load_predictions(layout.predictions("tune")),
        load_predictions(report) if dataset.count(Role.REPORT) else None,
        decision=decision,
        fit=FitStatistics.of(dataset.truth(Role.FIT), dataset.labels.task),
        rivals=rivals,
        question=_question(dataset, config, decision),
    )


def _question(dataset: Dataset, config: RunConfig, decision: Decision) -> Question:
    sampled = [n for n in dataset.notes if "not a result" in n]
    return Question(
        settings=settings_as_decided(config, decision),
        resamples=config.report.resamples,
        level=config.report.level,
        seed=config.seed,
        note="; ".join([config.report.note, *sampled] if config.report.note else sampled) or None,
        positive=None if dataset.windows is None else positive_of(dataset.labels),
    )


def _seen(dataset: Dataset, layout: Layout, results: Results) -> Seen | None:
    """Return what is known of measured windows; None for texts."""
    if not isinstance(dataset.schema, SeriesSchema):
        return None
    return seen_of(layout, dataset.schema, results.predictions.role)


def _of_series(
    dataset: Dataset,
    config: RunConfig,
    layout: Layout,
    decision: Decision,
    *,
    results: Results,
    seen: Seen | None,
) -> dict[str, Any]:
    """Return what only windows have figures for, under its key; nothing for texts."""
    if seen is None:
        return {}
    figures = series_figures(
        load_predictions(layout.predictions("tune")),
        results.predictions,
        results.decided_NC,
        seen,
        decision=decision,
        fit=FitStatistics.of(dataset.truth(Role.FIT), dataset.labels.task),
        question=_question(dataset, config, decision),
    )
    return {"series": figures}


def _score(dataset: Dataset, prepared: Prepared, layout: Layout) -> None:
    """Store the scores of tune and report rows, in float32, as the bundle will give them."""
    from evenhand.training import infer

    for role in (Role.TUNE, Role.REPORT):
        if dataset.count(role):
            scores = Logits(infer.logits(prepared.model, prepared.tables[role]))
            save_predictions(layout.predictions(role.value), predictions_of(dataset, role, scores))
