"""Rows of another file in two writings, without those that the run has learnt from."""
# Shapes: N rows, C labels.

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.data import Table
from evenhand.data.block import Block, gather, text_cells
from evenhand.data.conform import conform
from evenhand.data.split_file import load_split
from evenhand.data.table import read_table
from evenhand.data.text import normalised
from evenhand.errors import DataError, MissingFileError
from evenhand.run.folder import Run
from evenhand.run.pair_columns import BETWEEN_COLUMNS, pair_columns
from evenhand.run.pair_rows import PairedRows, text_schema
from evenhand.run.reread import reread
from evenhand.run.sound import sound
from evenhand.types import Role

CHOSE = (Role.FIT, Role.TUNE)
SEEN = "the run was trained on it or chose its cuts by it"
BY_ID_ONLY = "the run's own data cannot be read: what it has learnt from is known by ids alone"


def file_rows(run: Run, data: Any, given: str) -> PairedRows:
    """Return the rows of ``data`` that can prove something of ``run``, in two columns.

    Those are the run's report rows, and rows that it has neither by id nor by text. A file that
    has none of these gives the run's tune rows, if it has them under their ids.

    Args:
        run: a finished run of texts.
        data: labelled rows, with the label columns of the training file.
        given: what ``--pair`` says.

    Raises:
        EvenhandError: E110 and E205 for columns that are no pair, E201 for a label that the run
            has not, E208 when the run has learnt from every row, E209 when no row has both
            texts.
    """
    schema, labels = text_schema(run), run.decision.labels
    expected = (*given.split(BETWEEN_COLUMNS), *schema.label_columns)
    table = conform(read_table(data, expect=expected), schema, needed=schema.label_columns)
    columns = pair_columns(given, list(table.columns), text=schema.text, where=table.path)
    one, two = (gather(table, replace(schema, text=c), labels, Role.REPORT) for c in columns)
    both, learnt = set(one.ids) & set(two.ids), _Learnt.of(run)
    role, kept = learnt.sort_out(one, two)
    if both and not kept:
        raise DataError(
            "E208",
            "rows that trained this run or chose its cuts cannot prove it",
            got=f"all {len(both):,} rows of {table.path}",
            fix="pass rows that the run has never seen",
        )
    aside = _empty(table, columns) | {SEEN: len(both) - len(kept)}
    place = {name: n for n, name in enumerate(two.ids)}
    return PairedRows(
        columns,
        tuple(one.ids[n] for n in kept),
        (
            tuple(one.texts[n] for n in kept),
            tuple(two.texts[place[one.ids[n]]] for n in kept),
        ),
        one.truth_NC[np.array(kept, np.int64)],
        labels,
        role,
        {reason: count for reason, count in aside.items() if count},
        notes=(BY_ID_ONLY,) if learnt.texts is None else (),
        table=table,
    )


def _empty(table: Table, columns: tuple[str, str]) -> dict[str, int]:
    return {
        f"{column!r} is empty": sum(not text.strip() for text in text_cells(table, column))
        for column in columns
    }


@dataclass(frozen=True)
class _Learnt:
    """What a run has learnt from.

    Args:
        roles: id -> role; empty where rows have no ids of their own, since file and line mean
            nothing in another file.
        texts: of fit and tune rows, case and blanks aside; None where they cannot be read.
    """

    roles: dict[str, Role]
    texts: frozenset[str] | None

    @classmethod
    def of(cls, run: Run) -> _Learnt:
        roles: dict[str, Role] = {}
        if text_schema(run).id:
            with sound(run.layout.split):
                roles = load_split(run.layout.split)
        try:
            own = reread(run)
        except (DataError, MissingFileError):
            if not roles:
                raise
            return cls(roles, None)
        pairs = zip(own.texts, own.roles, strict=True)
        return cls(roles, frozenset(normalised(text) for text, role in pairs if role in CHOSE))

    def sort_out(self, one: Block, two: Block) -> tuple[Role, list[int]]:
        """Return the rows of ``one`` that can prove something, and as what."""
        other = dict(zip(two.ids, two.texts, strict=True))
        rows = [n for n, name in enumerate(one.ids) if name in other]
        unseen = [n for n in rows if self._proves(one.ids[n], one.texts[n], other[one.ids[n]])]
        tune = [n for n in rows if self.roles.get(one.ids[n]) is Role.TUNE]
        return (Role.REPORT, unseen) if unseen or not tune else (Role.TUNE, tune)

    def _proves(self, name: str, *texts: str) -> bool:
        """Say whether a row is a report row, or none of the run's at all."""
        if name in self.roles:
            return self.roles[name] is Role.REPORT
        return (self.texts or frozenset()).isdisjoint(map(normalised, texts))
