"""The kept rows of one source in one role, before they join the data set.

Shapes: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.data.labels import LabelCells, cell_name, is_missing, truth_of
from evenhand.data.ledger import FileCount
from evenhand.data.schema import Schema
from evenhand.data.table import Table
from evenhand.errors import DataError
from evenhand.types import LabelSpace, Role, Truth


@dataclass(frozen=True)
class Block:
    """Rows that can be used: their ids, texts, truth and groups, and where they stand."""

    role: Role
    ids: list[str]
    texts: list[str]
    truth_NC: Truth
    groups: list[Any] | None
    places: list[str]
    count: FileCount

    def take(self, rows: Sequence[int], role: Role) -> Block:
        """Return the rows at these positions, in another role."""
        return replace(
            self,
            role=role,
            ids=[self.ids[i] for i in rows],
            texts=[self.texts[i] for i in rows],
            truth_NC=self.truth_NC[np.asarray(rows, dtype=np.int64)],
            groups=None if self.groups is None else [self.groups[i] for i in rows],
            places=[self.places[i] for i in rows],
        )


def gather(table: Table, schema: Schema, labels: LabelSpace, role: Role) -> Block:
    """Read texts and labels; set aside rows without text, or without any known label.

    Args:
        table: has the schema's column names.
        schema: what the columns mean.
        labels: order of the ``C`` axis.
        role: what the rows are for.

    Raises:
        DataError: E201 unknown label, E204 text that is none, E205 missing column, E206
            unreadable label, E209 no row left, E211 an id missing or twice.
    """
    texts = text_cells(table, schema.text)
    filled = [i for i, text in enumerate(texts) if text.strip()]
    empty = [i for i, text in enumerate(texts) if not text.strip()]
    truth_NC = truth_of(LabelCells.of(table, schema), labels, filled)
    known_N = np.logical_not(np.isnan(truth_NC).all(axis=1))
    rows = [filled[n] for n in np.flatnonzero(known_N)]
    bare = [filled[n] for n in np.flatnonzero(~known_N)]
    aside = {
        "empty text": [table.lines[i] for i in empty],
        "no label": [table.lines[i] for i in bare],
        "blank line": list(table.blank),
    }
    if not rows:
        raise DataError(
            "E209",
            f"no row is left for the role {role.value!r}",
            got=f"{table.path}: " + ", ".join(f"{len(n)} {why}" for why, n in aside.items() if n),
            fix="check the text and label columns, or pass another file",
        )
    groups = None
    if schema.group and schema.group in table.columns:
        cells = table.columns[schema.group]
        groups = [None if is_missing(cells[i]) or cells[i] == "" else cells[i] for i in rows]
    return Block(
        role=role,
        ids=row_ids(table, schema, rows),
        texts=[texts[i] for i in rows],
        truth_NC=truth_NC[known_N],
        groups=groups,
        places=[table.where(i) for i in rows],
        count=FileCount.of(table.path, role, len(rows), aside),
    )


def text_cells(table: Table, column: str) -> list[str]:
    """Return the texts of a column; a missing one is the empty text.

    Raises:
        DataError: E204 for a cell that is neither text nor number, E205 without the column.
    """
    cells = table.column(column)
    texts: list[str] = []
    for i, cell in enumerate(cells):
        if isinstance(cell, str):
            texts.append(cell)
        elif is_missing(cell):
            texts.append("")
        elif isinstance(cell, list | dict | tuple | bytes):
            raise DataError(
                "E204",
                "a text is no text",
                got=f"{type(cell).__name__} (column {column!r}, {table.where(i)})",
                fix="mend that row, or name another column: --set data.text=NAME",
            )
        else:
            texts.append(cell_name(cell))
    return texts


def row_ids(table: Table, schema: Schema, rows: Sequence[int]) -> list[str]:
    """Return the ids of rows: of the id column, or file and line where there is none.

    Raises:
        DataError: E211 for an id that is missing, or that stands twice.
    """
    if schema.id is None or schema.id not in table.columns:
        stem, lines = Path(table.path).stem, table.lines
        alone = len(set(lines)) == len(lines)
        return [f"{stem}:{lines[i] if alone else i + 1}" for i in rows]
    cells = table.column(schema.id)
    seen: dict[str, int] = {}
    for i in rows:
        name = "" if is_missing(cells[i]) else cell_name(cells[i])
        if not name or name in seen:
            before = f" and {table.where(seen[name])}" if name else ""
            raise DataError(
                "E211",
                "an id stands twice" if name else "an id is missing",
                got=f"{name!r} (column {schema.id!r}) at {table.where(i)}{before}",
                fix="mend the ids, or --set data.id=none to number rows by file and line",
            )
        seen[name] = i
    return list(seen)
