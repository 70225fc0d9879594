"""A finished run looked at again: its own report anew, or its worth on rows it has never seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.bundle import Classifier, Predictor
from evenhand.config import RunConfig
from evenhand.data import Dataset, read_labelled
from evenhand.data.series import SeriesSchema, read_series_like
from evenhand.data.split_file import load_split
from evenhand.durable import make_folder, write_json
from evenhand.errors import DataError, MissingFileError
from evenhand.evaluate.intervals import METHOD
from evenhand.evaluate.places import Places
from evenhand.evaluate.report import Evidence, write_report
from evenhand.evaluate.results import Results, averages_and_calibration, evaluate
from evenhand.evaluate.series import Seen, positive_of, series_figures
from evenhand.evaluate.systems import Question
from evenhand.run import provenance
from evenhand.run.card import findings_in
from evenhand.run.conclude import judged, texts_for_report
from evenhand.run.deciding import settings_as_decided
from evenhand.run.folder import Layout, Run
from evenhand.run.prepared import predictions_of
from evenhand.run.report import Judgement, mistakes_in, positives_of, report_run
from evenhand.run.reread import decided_rows, measured_role, reread, settings_of
from evenhand.run.series import places_in, places_of, without_each
from evenhand.run.sound import sound
from evenhand.types import FitStatistics, Role

CHOSE = (Role.FIT, Role.TUNE)
"""Roles whose rows the run has learnt from."""
NOT_QUOTED = "The run file says that no row is quoted (report.texts = false)."


def evaluate_again(run: Run) -> dict[str, Any]:
    """Write the report of a finished run again, its gates judged by the run file as it is now.

    Figures stay those that the run has stored; only what an older evenhand did not store is added
    to ``metrics.json``, counted on the stored predictions.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        WriteError: E106 when the folder cannot be written.
    """
    config = settings_of(run)
    predictions, decided_NC, probs_NC = decided_rows(run, measured_role(run))
    rows = Judgement(predictions, decided_NC, probs_NC)
    texts, why_not = quoted(run, config)
    stored = run.metrics
    metrics = {"interval": METHOD, "seed": config.seed} | stored
    if not {"averages", "calibration"} <= stored.keys():
        metrics |= averages_and_calibration(predictions, decided_NC, probs_NC)
    if "mistakes" not in stored:
        metrics["mistakes"] = mistakes_in(rows, texts, places_in(run, predictions.role))
    gates = judged(config, metrics, size_mb=run.layout.bundle_mb, seconds=run.manifest["seconds"])
    metrics["gates"] = [gate.to_dict() for gate in gates]
    if metrics != stored:
        write_json(run.layout.metrics, metrics)
    report_run(
        run.layout,
        rows,
        metrics=metrics,
        findings=findings_in(run.layout),
        texts=texts,
        why_no_texts=why_not,
    )
    return metrics


def quoted(run: Run, config: RunConfig) -> tuple[Mapping[str, str], str]:
    """Return the texts of the run's rows by id, or none and why."""
    if not config.report.texts:
        return {}, NOT_QUOTED
    try:
        return texts_for_report(reread(run), config), ""
    except (MissingFileError, DataError) as error:
        return {}, f"Rows are shown by their ids: {error.what}."


def evaluate_file(run: Run, data: Any, *, out: Path | None = None) -> dict[str, Any]:
    """Measure ``run`` on the rows of ``data``; the cuts stay those of the run's tune rows.

    Args:
        run: a finished run.
        data: labelled rows, or a folder of series, read by the run's own schema.
        out: where ``metrics.json``, ``report.html`` and ``report.md`` go, if anywhere.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        DataError: E208 when rows of ``data`` trained the run or chose its cuts, E201 for a label
            that the run has not.
    """
    classifier, config = run.classifier, settings_of(run)
    dataset = _read_like(data, classifier)
    refuse_seen(run, dataset)
    question = _question(run, config, dataset)
    contents = dataset.texts if dataset.windows is None else dataset.windows
    results = evaluate(
        run.predictions(Role.TUNE),
        predictions_of(dataset, Role.REPORT, classifier.scores(contents)),
        decision=run.decision,
        fit=FitStatistics.from_dict(run.manifest["fit"]),
        question=question,
    )
    metrics = _with_mistakes_and_gates(run, config, results, dataset)
    metrics |= _of_series(run, results, dataset, question)
    if out is not None:
        make_folder(out)
        write_json(Layout(out).metrics, metrics)
        title = f"{run.folder.name} on {Path(str(data)).name}"
        _report(run, results, dataset, metrics, out=out, title=title)
    return metrics


def _read_like(data: Any, classifier: Predictor) -> Dataset:
    """Read labelled rows as those that the classifier was made from.

    Raises:
        DataError: E204 for texts where it reads series; as reading otherwise.
        MissingFileError: E202 for what is no folder of series where it reads these.
    """
    if isinstance(classifier.schema, SeriesSchema):
        return read_series_like(data, classifier.schema, Role.REPORT)
    return read_labelled(data, classifier.schema, classifier.labels, Role.REPORT)


def _of_series(run: Run, results: Results, dataset: Dataset, question: Question) -> dict[str, Any]:
    """Return what only windows have figures for, under its key; nothing for texts."""
    classifier = run.classifier
    if dataset.windows is None or not isinstance(classifier.schema, SeriesSchema):
        return {}
    hidden = {}
    if isinstance(classifier, Classifier):
        reader: Any = classifier.reader
        table = reader.table(dataset.windows)
        hidden = without_each(dataset, Role.REPORT, classifier.model, table)
    figures = series_figures(
        run.predictions(Role.TUNE),
        results.predictions,
        results.decided_NC,
        Seen(classifier.schema, places_of(dataset, Role.REPORT), hidden),
        decision=run.decision,
        fit=FitStatistics.from_dict(run.manifest["fit"]),
        question=question,
    )
    return {"series": figures}


def refuse_seen(run: Run, dataset: Dataset) -> None:
    """Refuse ids of the run's fit and tune rows, and a copy of a file that holds such rows.

    The copy matters where rows go by file and line: under another name its ids are new. Windows go
    by the name of their recording, and other recordings may bear it: there content alone counts.

    Raises:
        DataError: E208.
    """
    seen = _seen_before(run, dataset) if dataset.windows is None else {}
    parts = [f"{len(ids):,} {role} rows, such as {ids[0]!r}" for role, ids in seen.items() if ids]
    among = f"among {len(dataset):,} rows: {' and '.join(parts)}"
    read = _files_read(run)
    copies = [
        f"{file} equals the file of the run's {read[digest]} rows"
        for file, digest in dataset.sha256.items()
        if digest in read
    ]
    if parts or copies:
        raise DataError(
            "E208",
            "rows that trained this run or chose its cuts cannot prove it",
            got=among if parts else copies[0],
            fix="pass rows that the run has never seen" + _how_rows_go(dataset),
        )


def _seen_before(run: Run, dataset: Dataset) -> dict[Role, list[str]]:
    """Return the ids of rows that the run has learnt from, by what they were to it."""
    with sound(run.layout.split):
        roles = load_split(run.layout.split)
    return {role: [i for i in dataset.ids if roles.get(i) is role] for role in CHOSE}


def _how_rows_go(dataset: Dataset) -> str:
    """Say by what rows are told apart, where that is no id of their own."""
    if isinstance(dataset.schema, SeriesSchema) or dataset.schema.id:
        return ""
    return "; without an id column rows go by file and line"


def _namesakes(run: Run, dataset: Dataset) -> str | None:
    """Say how many windows bear names of windows that the run has learnt from; None of texts."""
    found = 0 if dataset.windows is None else sum(map(len, _seen_before(run, dataset).values()))
    if not found:
        return None
    return (
        f"{found:,} of {len(dataset):,} windows bear names of windows that the run has learnt "
        "from: are they others (their files hold other bytes)?"
    )


def _files_read(run: Run) -> dict[str, str]:
    """Return SHA-256 -> role of the files that fit and tune rows were read from."""
    hashes = run.manifest["sha256"]
    found: dict[str, str] = {}
    for file in run.manifest["ledger"]["files"]:
        digest = hashes.get(f"{file['path']} ({file['role']})") or hashes.get(file["path"])
        if digest and file["role"] in CHOSE:
            found.setdefault(digest, file["role"])
    return found


def _with_mistakes_and_gates(
    run: Run, config: RunConfig, results: Results, dataset: Dataset
) -> dict[str, Any]:
    rows = Judgement(results.predictions, results.decided_NC, results.probs_NC)
    metrics = results.to_dict()
    gates = judged(config, metrics, size_mb=run.layout.bundle_mb, seconds=run.manifest["seconds"])
    return metrics | {
        "mistakes": mistakes_in(rows, texts_for_report(dataset, config), _places(dataset)),
        "gates": [gate.to_dict() for gate in gates],
    }


def _places(dataset: Dataset) -> Places | None:
    return None if dataset.windows is None else places_of(dataset, Role.REPORT)


def _report(
    run: Run,
    results: Results,
    dataset: Dataset,
    metrics: Mapping[str, Any],
    *,
    out: Path,
    title: str,
) -> None:
    config = settings_of(run)
    evidence = Evidence(
        metrics=metrics,
        predictions=results.predictions,
        probs_NC=results.probs_NC,
        decision=run.decision.to_dict(),
        texts=texts_for_report(dataset, config),
        why_no_texts="" if config.report.texts else NOT_QUOTED,
        rows={Role.REPORT.value: len(dataset)},
        positives={Role.REPORT.value: positives_of(results.predictions)},
        ledger=dataset.ledger.lines(),
        provenance=provenance.facts({"data": dict(dataset.sha256), "run": str(run.folder)}),
        title=title,
    )
    write_report(out, evidence)


def _question(run: Run, config: RunConfig, dataset: Dataset) -> Question:
    noted = (config.report.note, _namesakes(run, dataset))
    return Question(
        settings=settings_as_decided(config, run.decision),
        resamples=config.report.resamples,
        level=config.report.level,
        seed=config.seed,
        note="; ".join(filter(None, noted)) or None,
        positive=None if dataset.windows is None else positive_of(dataset.labels),
    )
