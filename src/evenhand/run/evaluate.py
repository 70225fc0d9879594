"""A finished run, measured on labelled rows that it has never seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evenhand.config import RunConfig, parse_config, read_toml
from evenhand.data import read_labelled
from evenhand.durable import make_folder, write_json
from evenhand.errors import DataError
from evenhand.evaluate.report import Evidence, write_report
from evenhand.evaluate.results import Results, evaluate
from evenhand.evaluate.systems import Question
from evenhand.run import provenance
from evenhand.run.folder import Run
from evenhand.run.prepare import predictions_of
from evenhand.types import FitStatistics, Role


def evaluate_file(run: Run, data: Any, *, out: Path | None = None) -> Results:
    """Measure ``run`` on the rows of ``data``; the cuts stay those of the run's tune rows.

    Args:
        run: a finished run.
        data: labelled rows, read by the run's own schema.
        out: where ``metrics.json`` and ``report.html`` go, if anywhere.

    Raises:
        DataError: E208 when rows of ``data`` chose the cuts, E201 for a label the run has not.
    """
    classifier = run.classifier
    config = parse_config(read_toml(run.layout.asked), source=str(run.layout.asked))
    dataset = read_labelled(data, classifier.schema, classifier.labels, Role.REPORT)
    tune = run.predictions(Role.TUNE)
    shared = set(dataset.ids) & set(tune.ids)
    if shared:
        raise DataError(
            "E208",
            "rows that chose this run's cuts cannot prove them",
            got=f"{len(shared)} of {len(dataset)} ids are tune rows, for example {min(shared)!r}",
            fix="pass rows that the run has never seen",
        )
    measured = predictions_of(dataset, Role.REPORT, classifier.logits(dataset.texts))
    results = evaluate(
        tune,
        measured,
        decision=run.decision,
        fit=FitStatistics.from_dict(run.manifest["fit"]),
        question=_question(config),
    )
    if out is not None:
        make_folder(out)
        write_json(out / "metrics.json", results.to_dict())
        evidence = Evidence(
            metrics=results.to_dict(),
            predictions=measured,
            probs_NC=results.probs_NC,
            provenance=provenance.facts({"data": dict(dataset.sha256), "run": str(run.folder)}),
            ledger=dataset.ledger.lines(),
            decision=run.decision.to_dict(),
            title=f"{run.folder.name} on {Path(str(data)).name}",
        )
        write_report(out / "report.html", evidence)
    return results


def _question(config: RunConfig) -> Question:
    return Question(
        settings=config.decision.model_dump(),
        resamples=config.report.resamples,
        level=config.report.level,
        seed=config.seed,
        note=config.report.note,
    )
