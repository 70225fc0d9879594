"""Summary: what the checks found, on a terminal, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from evenhand.audit.corpus import Corpus, counted
from evenhand.audit.finding import Finding
from evenhand.finding import URGENCY
from evenhand.toml import toml_text

STYLES = {"error": "bold red", "warning": "bold yellow", "tip": "bold cyan"}
SOUND = "no finding: nothing that the checks know is wrong with these rows"
SHOWN_IDS = 3


def summary(corpus: Corpus, findings: Sequence[Finding], *, console: Console) -> None:
    """Print what was read, every finding, and what costs nothing.

    Args:
        corpus: the rows.
        findings: as ``audit`` returns them.
        console: where to print; colour only where it has it.
    """
    for line in head(corpus):
        console.print(Text(line), soft_wrap=True)
    for finding in findings:
        first, *rest = lines(finding)
        console.print(Text(first, style=STYLES[finding.severity]))
        for line in rest:
            console.print(Text(line), soft_wrap=True)
    verdict = tally(findings)
    console.print(Text(verdict, style="dim" if findings else "bold green"))
    for line in baselines(corpus):
        console.print(Text(line), soft_wrap=True)


def head(corpus: Corpus) -> list[str]:
    """Say how many rows there are of each role, and of which kind their labels are."""
    roles = ", ".join(f"{len(corpus.rows(role)):,} {role}" for role in corpus.present)
    return [
        *corpus.ledger.lines(),
        f"{counted(len(corpus), 'row')} ({roles}), {counted(len(corpus.labels), 'label')}, "
        f"{corpus.labels.task}",
        "",
    ]


def lines(finding: Finding) -> list[str]:
    """Return the lines of one finding; without colour they read the same."""
    shown = [f"{finding.severity} {finding.code} {finding.title}", f"  {finding.evidence}"]
    if finding.rows:
        more = ", ..." if finding.count > SHOWN_IDS else ""
        shown.append(f"  rows: {', '.join(finding.rows[:SHOWN_IDS])}{more}")
    if finding.remedy:
        words = " ".join(f"--set {setting}" for setting in settings(finding.remedy))
        shown.append(f"  try:  {words}")
    if finding.advice:
        shown.append(f"  note: {finding.advice}")
    return [*shown, f"  more: {finding.page}"]


def settings(remedy: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield a remedy as ``section.key=value``, as ``--set`` takes it."""
    for key, value in remedy.items():
        if isinstance(value, Mapping):
            yield from settings(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}={value if isinstance(value, str) else toml_text(value)}"


def tally(findings: Sequence[Finding]) -> str:
    """Count the findings by severity, ``2 errors, 1 warning``; say so where there is none."""
    counts = {kind: sum(f.severity == kind for f in findings) for kind in URGENCY}
    return ", ".join(counted(n, kind) for kind, n in counts.items() if n) or SOUND


def baselines(corpus: Corpus) -> list[str]:
    """Return a table of what systems score that cost nothing; no line where none was measured."""
    if corpus.scored is None:
        return []
    width = max(len(b.name) for b in corpus.scored.baselines)
    rows = [
        f"  {b.name:<{width}}  {_score(b.macro_f1):>8}  {b.accuracy:>8.3f}"
        for b in corpus.scored.baselines
    ]
    return [
        "",
        f"what costs nothing, on {corpus.scored.measured:,} rows, cross-fitted "
        f"({corpus.scored.kept} kept together)",
        f"  {'':<{width}}  macro-F1  accuracy",
        *rows,
    ]


def _score(value: float) -> str:
    """Return three digits; ``n/a`` for an undefined score."""
    return "n/a" if np.isnan(value) else f"{value:.3f}"
