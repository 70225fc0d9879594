"""The same rows in two writings: both texts of each, and the one truth that they share.

Both texts stand in one row of one file, so that their truth and their id cannot part.
"""
# Shapes: N rows, C labels.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.bundle import find
from evenhand.data import Schema, Table
from evenhand.data.block import gather
from evenhand.data.conform import conform, read_like
from evenhand.data.table import read_table
from evenhand.errors import ConfigError, DataError
from evenhand.run.folder import Run
from evenhand.run.pair_columns import pair_columns
from evenhand.run.reread import (
    column_by_id,
    measured_role,
    reread,
    settings_of,
    texts_of,
    values_of,
)
from evenhand.run.sound import read_sound
from evenhand.run.sources import Sources
from evenhand.types import LabelSpace, Logits, Predictions, Role, Truth


@dataclass(frozen=True)
class PairedRows:
    """Rows with a text in both columns.

    Args:
        columns: names of A and B.
        ids: unique, ``(N,)``.
        texts: those of A and those of B, each ``(N,)``.
        truth_NC: 0, 1 or NaN (unknown), float32.
        labels: names and task.
        role: report rows are decided by the run's cuts, tune rows by cuts of other tune rows.
        aside: reason -> rows that are not measured.
        notes: what else to know of the rows, a sentence each.
        groups_N: rows that belong together, where known.
        table: the file that the rows come from; None for the run's own.

    Raises:
        DataError: E209 without rows.
    """

    columns: tuple[str, str]
    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], tuple[str, ...]]
    truth_NC: Truth
    labels: LabelSpace
    role: Role
    aside: Mapping[str, int]
    notes: tuple[str, ...] = ()
    groups_N: NDArray[np.int64] | None = field(default=None, kw_only=True)
    table: Table | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not self.ids:
            aside = (f"{count:,} rows: {why}" for why, count in self.aside.items())
            raise DataError(
                "E209",
                "no row has a text in both columns",
                got="; ".join([" and ".join(map(repr, self.columns)), *aside]),
                fix="name other columns: --pair A:B, or other rows: --data FILE",
            )

    def predictions(self, scores: Logits) -> Predictions:
        """Return these rows with the scores of one writing."""
        return Predictions(
            self.ids, scores, self.truth_NC, self.labels, self.role, groups_N=self.groups_N
        )

    def values(self, run: Run, column: str) -> Mapping[str, str]:
        """Return another column by row id, to slice by."""
        if self.table is None:
            return values_of(run, column)
        return column_by_id(self.table, column, id_column=text_schema(run).id or "none")


def text_schema(run: Run) -> Schema:
    """Return how the texts of a run were read.

    Raises:
        ConfigError: E110 for a run of series, which have no writing.
        BundleError: E401 where the bundle is damaged.
    """
    described = read_sound(find(run.folder) / "bundle.json", "schema")
    if described.get("kind", "text") != "text":
        raise ConfigError(
            "E110",
            "series do not come in two writings",
            got=f"--pair on {run.folder}, a run of series",
            fix="leave --pair out, or name a run of texts",
        )
    return Schema.from_dict(described["schema"])


def own_rows(run: Run, given: str) -> PairedRows:
    """Return the measured rows of a run, in two columns of its own data.

    Report rows where the run has some, else tune rows.

    Args:
        run: a finished run of texts.
        given: what ``--pair`` says.

    Raises:
        EvenhandError: E202 and E211 when the data is gone or no longer what it was, E110 and
            E205 for columns that are no pair, E209 when no row has both texts.
    """
    schema, stored = text_schema(run), run.predictions(measured_role(run))
    first_read = texts_of(reread(run))
    tables = _own_tables(run, schema)
    where = next(iter(tables.values())).path
    known = list(dict.fromkeys(name for table in tables.values() for name in table.columns))
    columns = pair_columns(given, known, text=schema.text, where=where)
    trained = _texts_by_id(tables, schema, stored.labels)
    _refuse_confused({name: (trained.get(name), first_read[name]) for name in stored.ids})
    one, two = (
        _texts_by_id(tables, replace(schema, text=column), stored.labels) for column in columns
    )
    aside = {
        f"{column!r} is empty": sum(name not in texts for name in stored.ids)
        for column, texts in zip(columns, (one, two), strict=True)
    }
    kept = [n for n, name in enumerate(stored.ids) if name in one and name in two]
    ids = tuple(stored.ids[n] for n in kept)
    return PairedRows(
        columns,
        ids,
        (tuple(one[name] for name in ids), tuple(two[name] for name in ids)),
        stored.truth_NC[kept],
        stored.labels,
        stored.role,
        {reason: count for reason, count in aside.items() if count},
        groups_N=None if stored.groups_N is None else stored.groups_N[kept],
    )


def _own_tables(run: Run, schema: Schema) -> dict[Role, Table]:
    """Return the run's own files, by the role of what was read from each."""
    sources = Sources.from_dict(run.manifest["sources"])
    first = read_table(sources.data, header=settings_of(run).data.header)
    tables = {Role.FIT: conform(first, schema, needed=schema.columns)}
    further = {Role.TUNE: sources.tune, Role.REPORT: sources.report}
    return tables | {r: read_like(s, schema) for r, s in further.items() if s is not None}


def _texts_by_id(
    tables: Mapping[Role, Table], schema: Schema, labels: LabelSpace
) -> dict[str, str]:
    """Return the texts that stand in ``schema.text``, under each name a run may give the row."""
    found: dict[str, str] = {}
    for role, table in tables.items():
        if schema.text in table.columns:
            block = gather(table, schema, labels, role)
            for name, text in zip(block.ids, block.texts, strict=True):
                found[name] = found[f"{role}/{name}"] = text
    return found


def _refuse_confused(texts: Mapping[str, Sequence[str | None]]) -> None:
    """Raise where an id does not lead back to the text that the run read under it."""
    confused = [name for name, (again, first) in texts.items() if again != first]
    if confused:
        raise DataError(
            "E211",
            "rows of the run's data cannot be told apart by file and line",
            got=f"{len(confused):,} rows, such as {confused[0]!r}",
            fix="name a file with an id column: --data FILE",
        )
