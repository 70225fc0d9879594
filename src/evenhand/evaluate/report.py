"""The report: one HTML file and its Markdown that hold every number and caveat of a run.

The page needs no network, no other file and no script to be read; the small script inside only
sorts tables.
"""

# N rows, C classes.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evenhand.durable import write_text
from evenhand.errors import DataError
from evenhand.evaluate.report_decision import decision_section
from evenhand.evaluate.report_ensemble import ensemble_section
from evenhand.evaluate.report_markdown import to_markdown
from evenhand.evaluate.report_mistakes import mistakes_section
from evenhand.evaluate.report_results import (
    classes_section,
    gates_line,
    gates_section,
    lede_of,
    systems_section,
)
from evenhand.evaluate.report_series import series_section
from evenhand.evaluate.report_sources import (
    data_section,
    findings_section,
    provenance_section,
    reading_section,
)
from evenhand.evaluate.report_story import Story
from evenhand.evaluate.report_training import training_section
from evenhand.evaluate.report_verdict import cautions, verdict
from evenhand.types import Floats, Predictions


@dataclass(frozen=True)
class Evidence:
    """What a report is made of; nothing in it is computed from a model.

    Args:
        metrics: the content of ``metrics.json``.
        predictions: the measured rows.
        probs_NC: their calibrated probabilities, float64, ``(N, C)``, in [0, 1].
        decision: the content of ``decision.json``; empty where nothing was decided.
        history: lines of ``history.jsonl``; empty where nothing was trained.
        texts: of rows by id, for the mistakes; a row without one is shown by its id.
        why_no_texts: a sentence in place of the texts.
        findings: the content of ``findings.json``, with ``settings`` to try; None: not examined.
        rows: role -> number of rows.
        positives: role -> label -> rows that carry it.
        ledger: lines that say what became of every row that was read.
        provenance: versions, hashes, seed, timings, machine; printed as they are.
        settings: what was used, nested.
        title: heading of the page.

    Raises:
        DataError: E211 when ``probs_NC`` does not fit the predictions, E213 when the metrics
            are about other labels.
    """

    metrics: Mapping[str, Any]
    predictions: Predictions
    probs_NC: Floats
    decision: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    why_no_texts: str = ""
    findings: Sequence[Mapping[str, Any]] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    positives: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    ledger: Sequence[str] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    title: str = "Evidence report"

    def __post_init__(self) -> None:
        if self.probs_NC.shape != self.predictions.truth_NC.shape:
            raise DataError(
                "E211",
                "calibrated probabilities and predictions do not fit each other",
                got=f"{self.probs_NC.shape} against {self.predictions.truth_NC.shape}",
                fix="calibrate the scores of the same prediction file",
            )
        if tuple(self.metrics["labels"]) != self.predictions.labels.names:
            raise DataError(
                "E213",
                "metrics and predictions are about different labels",
                got=f"{list(self.metrics['labels'])[:4]} against "
                f"{list(self.predictions.labels.names[:4])}",
                fix="measure the same prediction file that the report is about",
            )


def write_report(folder: Path, evidence: Evidence) -> None:
    """Write ``report.html`` and ``report.md`` into ``folder``, each whole or not at all.

    Raises:
        WriteError: E106 when they cannot be written.
    """
    story = tell(evidence)
    write_text(folder / "report.html", to_html(story))
    write_text(folder / "report.md", to_markdown(story))


def tell(evidence: Evidence) -> Story:
    """Return the story that the evidence tells, from the verdict down to the provenance."""
    metrics = evidence.metrics
    gates = metrics.get("gates") or ()
    told = (
        systems_section(metrics),
        ensemble_section(metrics),
        gates_section(gates) if gates else None,
        classes_section(metrics),
        series_section(metrics),
        decision_section(
            metrics, evidence.predictions, evidence.probs_NC, decision=evidence.decision
        ),
        training_section(evidence.history),
        mistakes_section(metrics, texts=evidence.texts, why_no_texts=evidence.why_no_texts),
        findings_section(evidence.findings, metrics.get("data_findings")),
        data_section(evidence.rows, evidence.positives, evidence.ledger),
        provenance_section(evidence.provenance, evidence.settings),
        reading_section(metrics),
    )
    return Story(
        title=evidence.title,
        lede=lede_of(metrics),
        verdict=verdict(metrics),
        gates=gates_line(gates),
        cautions=cautions(metrics),
        sections=[section for section in told if section is not None],
    )


def to_html(story: Story) -> str:
    """Return the page; the same story gives the same bytes."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evenhand.evaluate"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(story=story) + "\n"
