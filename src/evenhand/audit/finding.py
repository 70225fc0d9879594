"""Finding: one thing that is wrong with the data, and the rows that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evenhand import finding
from evenhand.finding import URGENCY

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
class Finding(finding.Finding):
    """What a check of data says, and the rows that show it.

    Args:
        marks: rows that show it, at most ``MOST_MARKS``.
        count: how many such rows there are; 0 where the finding is not about rows.
    """

    marks: tuple[Mark, ...] = ()
    count: int = 0

    @property
    def rows(self) -> tuple[str, ...]:
        """Return ids of rows that show it, at most ``MOST_ROWS``."""
        return tuple(mark.id for mark in self.marks[:MOST_ROWS])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return super().to_dict() | {"rows": list(self.rows), "count": self.count}


def by_urgency(found: Finding) -> tuple[int, str]:
    """Return the key that sorts findings, worst first."""
    return URGENCY[found.severity], found.code
