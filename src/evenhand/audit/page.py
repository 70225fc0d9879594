"""The page: findings, labels and baselines as one HTML file that loads nothing."""
# Shapes: C labels, R roles.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.audit.corpus import Corpus
from evenhand.audit.finding import Finding
from evenhand.audit.summary import settings, tally

SHOWN_ROWS = 50
"""Rows of a finding on the page; the review file has the others."""
LONGEST_TEXT = 300


@dataclass(frozen=True)
class LabelRow:
    """A label's rows in each role: how many, and as a share of the commonest label's."""

    name: str
    counts: tuple[int, ...]
    total: int
    share: float


def render(corpus: Corpus, findings: Sequence[Finding], *, schema: str) -> str:
    """Return the page; the same rows give the same bytes.

    Args:
        corpus: the rows.
        findings: as ``audit`` returns them.
        schema: how the files were understood, a line each.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evenhand.audit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: f"{value:,}",
        "score": lambda value: "n/a" if np.isnan(value) else f"{value:.3f}",
        "cut": cut,
        "settings": lambda remedy: [f"--set {setting}" for setting in settings(remedy)],
    }
    page = environment.get_template("check.html.j2").render(
        corpus=corpus,
        findings=findings,
        schema=schema.splitlines(),
        scored=corpus.scored,
        labels=label_rows(corpus),
        verdict=tally(findings),
        worst=findings[0].severity if findings else "sound",
        shown_rows=SHOWN_ROWS,
    )
    return page + "\n"


def label_rows(corpus: Corpus) -> list[LabelRow]:
    """Return a line a label, the most frequent first."""
    counts_RC = np.array(
        [(corpus.truth_NC[corpus.rows(role)] == 1).sum(axis=0) for role in corpus.present]
    )
    total_C = counts_RC.sum(axis=0)
    most = max(1, int(total_C.max()))
    return [
        LabelRow(
            corpus.labels.names[c],
            tuple(counts_RC[:, c].tolist()),
            int(total_C[c]),
            float(total_C[c] / most),
        )
        for c in np.argsort(-total_C, kind="stable").tolist()
    ]


def cut(text: str) -> str:
    """Return a text short enough for a table."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " …"
