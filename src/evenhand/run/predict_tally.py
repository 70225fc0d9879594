"""The account of rows that are answered in portions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evenhand.data.ledger import Aside
from evenhand.data.portions import Portion

_NONE = Aside(0, ())


@dataclass(frozen=True)
class Tally:
    """Where every row went: ``read == answered + blank.rows``.

    Args:
        answered: rows with an answer.
        blank: lines that held nothing, and were set aside.
        empty: rows without text, which were answered all the same.
    """

    answered: int = 0
    blank: Aside = _NONE
    empty: Aside = _NONE

    @property
    def read(self) -> int:
        """Rows and blank lines of the source."""
        return self.answered + self.blank.rows

    def add(self, portion: Portion) -> Tally:
        """Return the account with another portion."""
        lines = zip(portion.table.lines, portion.texts, strict=True)
        empty = [line for line, text in lines if not text.strip()]
        return Tally(
            self.answered + len(portion.texts),
            self.blank.join(Aside.of(portion.table.blank)),
            self.empty.join(Aside.of(empty)),
        )

    def lines(self, path: str) -> list[str]:
        """Return the account as lines to print."""
        shown = [f"{path}: {self.read} rows read, {self.answered} answered"]
        if self.empty.rows:
            shown.append(f"  {self.empty.rows} answered without text ({_examples(self.empty)})")
        return shown + ([self.blank.line("blank line")] if self.blank.rows else [])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Tally:
        """Return the account that ``to_dict`` described."""
        blank, empty = (_aside(stored[name]) for name in ("blank", "empty"))
        return cls(stored["answered"], blank, empty)


def _aside(stored: Mapping[str, Any]) -> Aside:
    return Aside(stored["rows"], tuple(stored["examples"]))


def _examples(aside: Aside) -> str:
    numbers: Sequence[Any] = aside.examples
    more = ", ..." if aside.rows > len(numbers) else ""
    return f"{'line' if aside.rows == 1 else 'lines'} {', '.join(map(str, numbers))}{more}"
