"""A look at the data before any training: findings, baselines, and where they are written."""
# Shapes: N rows, C labels, S scored rows.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.audit import Corpus, Finding, Scored, audit
from evenhand.audit.corpus import Rows
from evenhand.audit.wording import normalised, words
from evenhand.config import RunConfig
from evenhand.data.split import folds
from evenhand.decide import crossfit
from evenhand.durable import write_json, write_text
from evenhand.evaluate.baselines import TfidfBaseline, fit_tfidf, trivial_baselines
from evenhand.evaluate.metrics import Decided, accuracy, confusion_counts, f1, macro
from evenhand.evaluate.selection import decided_at_half, macro_ap
from evenhand.run.predict import to_csv
from evenhand.run.sources import Sources
from evenhand.seeds import generator
from evenhand.types import FitStatistics, LabelSpace, Predictions, Role, Task

FOLDS = 3
MOST_FITTED = 30_000
"""Rows that the TF-IDF models are made from; more would not change what they say by much."""
MOST_CELLS = 40_000_000
"""Probabilities held at once, rows times labels."""
CHUNK = 20_000
FEWEST = 20
TFIDF = "TF-IDF + logistic regression"
TFIDF_CUTS = {
    Task.MULTILABEL: f"{TFIDF}, a cut a label",
    Task.MULTICLASS: f"{TFIDF}, biases",
}


@dataclass(frozen=True)
class Baseline:
    """What a system that costs nothing scores.

    Args:
        name: as it stands in the table.
        macro_f1: over labels for which it is defined.
        accuracy: share of rows with every label right.
    """

    name: str
    macro_f1: float
    accuracy: float


@dataclass(frozen=True)
class Checked:
    """What a look at the data found.

    Args:
        corpus: the rows.
        findings: worst first.
        baselines: measured on cross-fitted rows, none where there are too few rows.
        measured: rows that the baselines are measured on.
        macro_ap: of TF-IDF; NaN without baselines.
        notes: what reading said.
        schema: how the files were understood, a line each.
    """

    corpus: Corpus
    findings: list[Finding]
    baselines: tuple[Baseline, ...]
    measured: int
    macro_ap: float
    notes: tuple[str, ...]
    schema: str

    def write_json(self, path: Path) -> None:
        """Write the findings. Raises as ``durable.write_json``."""
        write_json(path, [finding.to_dict() for finding in self.findings])

    def write_review(self, path: Path) -> None:
        """Write a line for each row that a finding names, as CSV. Raises as ``write_text``."""
        marks = [(finding, mark) for finding in self.findings for mark in finding.marks]
        columns: dict[str, list[Any]] = {
            "id": [mark.id for _, mark in marks],
            "role": [mark.role for _, mark in marks],
            "text": [mark.text for _, mark in marks],
            "issue": [f"{f.code} {f.title}: {mark.detail}" for f, mark in marks],
            "severity": [finding.severity for finding, _ in marks],
        }
        write_text(path, to_csv(columns))

    def write_html(self, path: Path) -> None:
        """Write the page. Raises as ``write_text``."""
        from evenhand.audit.page import render

        table = [(b.name, b.macro_f1, b.accuracy) for b in self.baselines]
        write_text(
            path, render(self.corpus, self.findings, table, measured=self.measured) + "\n"
        )


def look(sources: Sources, config: RunConfig) -> Checked:
    """Read rows, check them, and measure what costs nothing.

    No role is drawn: one file without a split column is looked at as it stands. Labels may have
    any number of rows.

    Raises:
        EvenhandError: whatever reading may raise.
    """
    dataset = sources.read(config.data.model_copy(update={"min_rows": 0}), seed=config.seed, share=False)
    corpus = Corpus.of(dataset, max_length=config.model.max_length)
    scored, predictions = score(corpus, seed=config.seed)
    corpus = replace_scored(corpus, scored)
    baselines = _baselines(corpus, predictions, seed=config.seed) if predictions else ()
    return Checked(
        corpus=corpus,
        findings=audit(corpus),
        baselines=baselines,
        measured=len(predictions) if predictions else 0,
        macro_ap=macro_ap(predictions) if predictions else float("nan"),
        notes=dataset.notes,
        schema=dataset.schema.describe(),
    )
