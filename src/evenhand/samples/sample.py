"""What a sample is: its facts, how it is drawn, and the files that come out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from evenhand.samples.fetch import Archive, Client


class Drawn(Protocol):
    """What a draw gives: files, and what the README says of them."""

    @property
    def ledger(self) -> tuple[str, ...]:
        """Return what was read, kept, set aside or changed, one line each."""

    def pages(self) -> dict[str, bytes]:
        """Return file name -> content, in the order in which they are written."""

    def imbalance(self) -> str:
        """Return the most and least common label against each other, for the README."""

    def tables(self, pages: Mapping[str, bytes]) -> list[list[str]]:
        """Return tables of files and labels as lines of Markdown."""

    def arguments(self, folder: Path) -> list[str]:
        """Return what follows ``evenhand train``."""


@dataclass(frozen=True)
class Sample:
    """A data set that ``evenhand sample NAME`` writes.

    Args:
        name: what the user types.
        title: what the rows are, a few words.
        facts: rows, classes and imbalance, as the list shows them.
        licence: of the rows, in a few words.
        source: where the rows come from and whom to cite.
        not_for: what a model trained on it may not be used for.
        archive: the pinned file that holds the rows; None where nothing is fetched.
        settings: what the next command needs with ``--set``.
        draw: (seed, client) -> the rows.
    """

    name: str
    title: str
    facts: str
    licence: str
    source: str
    not_for: str
    archive: Archive | None
    settings: tuple[str, ...]
    draw: Callable[[int, Client], Drawn]

    def line(self) -> str:
        """Return the sample as one line of a list."""
        return f"{self.name:<15} {self.title}: {self.facts}; {self.licence}"


def against(counts: Collection[int], unit: str) -> str:
    """Return ``13.6:1 (2053 to 151 rows)`` for the largest and the smallest of ``counts``."""
    common, rare = max(counts), min(counts)
    return f"{common / rare:.1f}:1 ({common} to {rare} {unit})"


def table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> list[str]:
    """Return a table as lines of Markdown."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in (head, *rows)]
    return [lines[0], "|---" * len(head) + "|", *lines[1:]]
