"""Votes of several annotators become one label a row, with the share of votes that it won."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evenhand.data.labels import cell_name
from evenhand.data.ledger import Aside
from evenhand.data.table import Table
from evenhand.errors import DataError, did_you_mean

LABEL, CONFIDENCE = "label", "confidence"
DROP, FIRST = "drop", "first"
TIE, UNSURE, NO_VOTES, BLANK = "a tie", "most votes are unsure", "no votes", "blank line"
_COUNT = re.compile(r"\+?(\d{1,15})(\.0+)?")


@dataclass(frozen=True)
class Ballot:
    """What the columns of votes stand for.

    Args:
        labels: label -> columns whose votes it gets, at least two labels.
        unsure: columns of votes for no label. They compete as one: a row that they win is
            dropped, and one where they draw level is a tie.
        ties: ``drop``; ``first``, the tied label that stands first in ``labels``; or a label,
            which wins every tie that it is part of, while other ties are dropped.
        drop_empty: set rows without a vote aside instead of refusing them.

    Raises:
        DataError: E221 when labels are too few, share a column, or ``ties`` is none of these.
    """

    labels: Mapping[str, tuple[str, ...]]
    unsure: tuple[str, ...] = ()
    ties: str = DROP
    drop_empty: bool = False

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise _refused(
                "votes are counted for two labels or more",
                f"{len(self.labels)}: {', '.join(self.labels) or 'none'}",
                '--label NAME="COLUMN,COLUMN", once for each label',
            )
        columns = self.columns()
        twice = next((name for name in columns if columns.count(name) > 1), None)
        if twice is not None:
            raise _refused(
                "a column of votes is named twice",
                repr(twice),
                "give every column to one label, or to --unsure",
            )
        if self.ties not in (DROP, FIRST, *self.labels):
            raise _refused(
                "ties go to nothing of that name",
                f"--ties {self.ties!r}",
                did_you_mean(self.ties, (DROP, FIRST, *self.labels)),
            )

    def columns(self) -> tuple[str, ...]:
        """Return every column that is counted."""
        return (*(name for names in self.labels.values() for name in names), *self.unsure)

    def winner(self, votes: Mapping[str, int]) -> tuple[str | None, int]:
        """Return the label that a row gets and its votes, or why it gets none, and 0.

        The most votes win; columns of one label are added up first.

        Args:
            votes: column -> count, not all 0.
        """
        sums = {label: sum(votes[c] for c in names) for label, names in self.labels.items()}
        unsure = sum(votes[name] for name in self.unsure)
        most = max(*sums.values(), unsure)
        level = [label for label, count in sums.items() if count == most]
        if not level:
            return None, unsure
        if len(level) == 1 and unsure < most:
            return level[0], most
        given = level[0] if self.ties == FIRST else self.ties
        return (given, most) if given in level else (None, 0)


@dataclass(frozen=True)
class Counted:
    """The rows that got a label, and what became of the others.

    Args:
        table: the kept rows with the columns ``label`` and ``confidence`` at the end.
        read: rows that there were, blank lines included.
        aside: reason -> lines of the rows set aside.
    """

    table: Table
    read: int
    aside: Mapping[str, list[int]]

    def lines(self) -> list[str]:
        """Return where every row went, and how many rows each label got, as lines to print."""
        labels = self.table.columns[LABEL]
        counts = {name: labels.count(name) for name in dict.fromkeys(labels)}
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{count} {name}" for name, count in ranked)
        return [
            f"{self.table.path}: {self.read} rows read, {len(self.table)} kept",
            *(Aside.of(lines).line(reason) for reason, lines in self.aside.items() if lines),
            f"labels  {shown or 'none'}",
        ]


def count_votes(table: Table, ballot: Ballot, *, keep: Sequence[str] | None = None) -> Counted:
    """Give each row the label with the most votes.

    ``confidence`` is the label's votes over all votes counted in the row, those for no label
    included, rounded to four places; 1 means that nobody voted otherwise.

    Args:
        table: one row a text, with columns of counts.
        ballot: which column is a vote for what.
        keep: columns that stay beside the new ones, in this order; None keeps all.

    Raises:
        DataError: E205 for a column that is not there; E221 for a count that is none, a row
            without votes, a new column's name that is taken, or when no row is left.
    """
    _refuse_columns(table, ballot, keep)
    won: dict[int, tuple[str, float]] = {}
    aside: dict[str, list[int]] = {TIE: [], UNSURE: [], NO_VOTES: [], BLANK: list(table.blank)}
    for i in range(len(table)):
        label, share = _outcome(table, ballot, i)
        if share:
            won[i] = label, share
        else:
            aside[label].append(table.lines[i])
    kept = table.take(list(won))
    columns = {name: kept.columns[name] for name in (table.columns if keep is None else keep)}
    columns[LABEL] = [label for label, _ in won.values()]
    columns[CONFIDENCE] = [share for _, share in won.values()]
    counted = Counted(replace(kept, columns=columns), len(table) + len(table.blank), aside)
    if not won:
        raise _refused(
            "no row got a label", "; ".join(counted.lines()), "--ties first, or fewer --unsure"
        )
    return counted


def _outcome(table: Table, ballot: Ballot, i: int) -> tuple[str, float]:
    """Return a row's label and its share of the votes, or why it gets none, and 0."""
    votes = {name: _count(table, name, i) for name in ballot.columns()}
    total = sum(votes.values())
    if not total:
        _refuse_empty(table, i, ballot)
        return NO_VOTES, 0.0
    label, most = ballot.winner(votes)
    if label is None:
        return UNSURE if most else TIE, 0.0
    return label, round(most / total, 4)


def _refuse_columns(table: Table, ballot: Ballot, keep: Sequence[str] | None) -> None:
    for name in (*(keep or ()), *ballot.columns()):
        table.column(name)
    for name in (LABEL, CONFIDENCE):
        if name in (table.columns if keep is None else keep):
            raise _refused(
                f"{table.path} has a column {name!r} already",
                f"the columns {', '.join(map(repr, table.columns))}",
                "rename it, or name the columns to keep: --keep id,text",
            )


def _count(table: Table, column: str, i: int) -> int:
    cell = table.columns[column][i]
    found = None if isinstance(cell, bool) else _COUNT.fullmatch(cell_name(cell))
    if found is None:
        raise _refused(
            "a count of votes is no whole number of 0 or more",
            f"{cell!r} (column {column!r}, {table.where(i)})",
            "mend that cell, or name another column",
        )
    return int(found[1])


def _refuse_empty(table: Table, i: int, ballot: Ballot) -> None:
    if not ballot.drop_empty:
        raise _refused(
            "a row has no votes",
            f"0 in {', '.join(map(repr, ballot.columns()))} at {table.where(i)}",
            "--no-votes drop sets such rows aside, or name the columns that lack here",
        )


def _refused(what: str, got: str, fix: str) -> DataError:
    return DataError("E221", what, got=got, fix=fix)
