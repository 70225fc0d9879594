"""Finding: one thing that is wrong, with the number that shows it and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "tip"]
URGENCY: Mapping[str, int] = {"error": 0, "warning": 1, "tip": 2}
"""Severities, worst first."""


@dataclass(frozen=True)
class Finding:
    """What a check says when it fires.

    Args:
        code: of the check, such as ``"D104"``.
        severity: ``error``: the scores mean nothing; ``warning``: they would be better without;
            ``tip``: worth knowing.
        title: what is wrong, a phrase.
        evidence: one sentence with the numbers.
        remedy: nested settings of the next run; empty where no setting helps.
        advice: what settings cannot say; may be empty.
    """

    code: str
    severity: Severity
    title: str
    evidence: str
    remedy: Mapping[str, Any] = field(default_factory=dict)
    advice: str = ""

    @property
    def page(self) -> str:
        """Return the path of the page that explains the check."""
        return f"docs/checks/{self.code}.md"

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
        }


def any_as_grave(findings: Iterable[Finding], severity: str) -> bool:
    """Say whether a finding is as grave as ``severity`` or graver."""
    return any(URGENCY[finding.severity] <= URGENCY[severity] for finding in findings)
