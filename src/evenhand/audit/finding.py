"""Finding: one thing that is wrong with the data, and the rows that show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "tip"]
URGENCY: Mapping[str, int] = {"error": 0, "warning": 1, "tip": 2}
"""Severities, worst first."""
MOST_MARKS = 10_000
"""Rows that a finding names at most; ``count`` has all of them."""
MOST_ROWS = 1_000
"""Ids in the JSON of a finding at most."""


@dataclass(frozen=True)
class Mark:
    """A row that a finding names.

    Args:
        id: of the row; file and line where the row was set aside.
        role: of the row.
        text: as it was read.
        detail: what is wrong with this row, a phrase.
    """

    id: str
    role: str
    text: str
    detail: str


@dataclass(frozen=True)
class Finding:
    """What a check says when it fires.

    Args:
        code: of the check, such as ``"A301"``.
        severity: ``error``: scores would mean nothing; ``warning``: they would suffer;
            ``tip``: worth knowing.
        title: what is wrong, a phrase.
        evidence: one sentence with the numbers.
        remedy: nested settings of a run; empty where no setting helps.
        advice: what settings cannot say; may be empty.
        marks: rows that show it, at most ``MOST_MARKS``.
        count: how many such rows there are; 0 where the finding is not about rows.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    remedy: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""
    marks: tuple[Mark, ...] = ()
    count: int = 0

    @property
    def page(self) -> str:
        """Return the path of the page that explains the check."""
        return f"docs/checks/{self.code}.md"

    @property
    def rows(self) -> tuple[str, ...]:
        """Return ids of rows that show it, at most ``MOST_ROWS``."""
        return tuple(mark.id for mark in self.marks[:MOST_ROWS])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "title": self.title,
            "evidence": self.evidence,
            "remedy": dict(self.remedy),
            "advice": self.advice,
            "page": self.page,
            "rows": list(self.rows),
            "count": self.count,
        }


def by_urgency(finding: Finding) -> tuple[int, str]:
    """Return the key that sorts findings, worst first."""
    return URGENCY[finding.severity], finding.code
