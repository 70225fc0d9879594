"""Cells to labels, and labels to the truth matrix."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.data.content import decode, read_content
from evenhand.data.schema import Layout, Schema
from evenhand.data.table import Table
from evenhand.errors import DataError, did_you_mean
from evenhand.types import LabelSpace, Task, Truth

_BINARY: Mapping[str, float] = {
    "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "": float("nan"),
}  # fmt: skip
_WHOLE = re.compile(r"\d+(\.0)?")


def read_label_names(path: str | Path) -> tuple[str, ...]:
    """Return the lines of a labels file; a blank line between names keeps its number as "".

    Raises:
        MissingFileError: E202 when it is missing or empty.
        DataError: E203 when it is not UTF-8, E213 when a name stands there twice.
    """
    text = decode(read_content(Path(path)), str(path)).rstrip()
    names = tuple(line.strip() for line in text.splitlines())
    for number, name in enumerate(names):
        if name and name in names[:number]:
            raise DataError(
                "E213",
                "a name stands twice in the labels file",
                got=f"{name!r} at {path}:{names.index(name) + 1} and {path}:{number + 1}",
                fix="remove or rename one",
            )
    return names


def cell_name(cell: Any) -> str:
    """Return a cell as a name: whole floats without ``.0``, booleans in lower case."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def is_missing(cell: Any) -> bool:
    """Tell whether a cell says nothing at all: null, or not a number."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def binary(cell: Any) -> float | None:
    """Return 0 or 1, NaN for an empty cell, None for anything else."""
    if is_missing(cell):
        return float("nan")
    if isinstance(cell, dict | list | tuple):
        return None
    return _BINARY.get(cell_name(cell).casefold())


@dataclass(frozen=True)
class LabelCells:
    """The labels of each row of a table, as they are written there."""

    table: Table
    columns: tuple[str, ...]
    layout: Layout
    delimiter: str | None = None
    codes: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: Table, schema: Schema) -> LabelCells:
        """Return the label cells of a table that has the schema's columns."""
        for column in schema.label_columns:
            table.column(column)
        return cls(table, schema.label_columns, schema.layout, schema.delimiter, schema.codes)

    def row(self, i: int) -> dict[str, float] | None:
        """Return label name -> 1, 0 or NaN of row ``i``; names left out are 0.

        None means that the row says nothing about labels; an empty dict that it has none.

        Raises:
            DataError: E206 for a cell that cannot be read.
        """
        if self.layout is Layout.COLUMNS:
            cells = {c: self._binary(self.table.columns[c][i], i, c) for c in self.columns}
            return None if all(map(math.isnan, cells.values())) else cells
        cell = self.table.columns[self.columns[0]][i]
        if is_missing(cell):
            return None
        if self.layout is Layout.MAPPING:
            return self._mapping(cell, i)
        if self.layout is Layout.LIST:
            return self._once([self._code_or_name(part, i) for part in self._list(cell, i)], i)
        parts = [part.strip() for part in self._parts(cell)]
        if self.layout is Layout.INDEX:
            parts = [self._code(part, i) for part in parts if part]
        named = dict.fromkeys((part for part in parts if part), 1.0)
        return named or (None if self.delimiter is None else {})

    def _parts(self, cell: Any) -> list[str]:
        name = cell_name(cell)
        return [name] if self.delimiter is None else name.split(self.delimiter)

    def _list(self, cell: Any, i: int) -> Sequence[Any]:
        if isinstance(cell, str):
            try:
                cell = ast.literal_eval(cell) if cell.strip() else []
            except (ValueError, SyntaxError) as error:
                raise self._unreadable(cell, i, "it is no list") from error
        if not isinstance(cell, list | tuple):
            raise self._unreadable(cell, i, "it is no list")
        return cell

    def _mapping(self, cell: Any, i: int) -> dict[str, float]:
        if not isinstance(cell, Mapping):
            raise self._unreadable(cell, i, "it is no object of name: 0/1")
        return {str(name): self._binary(value, i, str(name)) for name, value in cell.items()}

    def _once(self, names: list[str], i: int) -> dict[str, float]:
        if len(set(names)) != len(names):
            raise self._unreadable(names, i, "a label stands twice in one cell")
        return dict.fromkeys(names, 1.0)

    def _code_or_name(self, part: Any, i: int) -> str:
        return self._code(cell_name(part), i) if self.codes else cell_name(part)

    def _code(self, part: str, i: int) -> str:
        if not _WHOLE.fullmatch(part):
            raise self._unreadable(part, i, "it is no line number of the labels file")
        number = int(float(part))
        if number >= len(self.codes) or not self.codes[number]:
            last = len(self.codes) - 1
            raise self._unreadable(part, i, f"the labels file has the numbers 0 to {last}")
        return self.codes[number]

    def _binary(self, cell: Any, i: int, column: str) -> float:
        value = binary(cell)
        if value is None:
            raise self._unreadable(cell, i, f"label {column!r} needs 0, 1 or nothing")
        return value

    def _unreadable(self, cell: Any, i: int, why: str) -> DataError:
        return DataError(
            "E206",
            f"a label cannot be read: {why}",
            got=f"{cell!r} (column {self.columns[0]!r}, {self.table.where(i)})"
            if self.layout is not Layout.COLUMNS
            else f"{cell!r} ({self.table.where(i)})",
            fix="mend that row; if the column was misread: --set data.labels=NAME",
        )


def truth_of(cells: LabelCells, labels: LabelSpace, rows: Sequence[int]) -> Truth:
    """Return the truth of some rows, ``(len(rows), C)``: 0, 1, NaN where unknown.

    A row that says nothing about labels is all NaN; under multi-class, a row without any 1 is
    too, so that the two can be set aside together.

    Raises:
        DataError: E201 for a label that is not in ``labels``, E206 for a cell that cannot be
            read, or for two labels in a row of a multi-class task.
    """
    position = {name: c for c, name in enumerate(labels.names)}
    truth_NC = np.zeros((len(rows), len(labels)), dtype=np.float32)
    for n, i in enumerate(rows):
        named = cells.row(i)
        if named is None:
            truth_NC[n] = np.nan
            continue
        for name, value in named.items():
            if name not in position:
                raise _unknown(name, cells, i, labels)
            truth_NC[n, position[name]] = value
    if labels.task is Task.MULTICLASS:
        return _one_hot(truth_NC, cells, rows)
    return truth_NC


def _one_hot(truth_NC: Truth, cells: LabelCells, rows: Sequence[int]) -> Truth:
    positive_NC = truth_NC == 1
    counts_N = positive_NC.sum(axis=1)
    if (counts_N > 1).any():
        i = rows[int(np.argmax(counts_N > 1))]
        names = [name for name, value in (cells.row(i) or {}).items() if value == 1]
        raise DataError(
            "E206",
            "a row has two labels, but the task is multiclass",
            got=f"{names} ({cells.table.where(i)})",
            fix="--set data.task=multilabel, or leave one label in that row",
        )
    one_NC: Truth = positive_NC.astype(np.float32)
    one_NC[counts_N == 0] = np.nan
    return one_NC


def _unknown(name: str, cells: LabelCells, i: int, labels: LabelSpace) -> DataError:
    hint = did_you_mean(name, labels.names)
    column = "" if cells.layout is Layout.COLUMNS else f"column {cells.columns[0]!r}, "
    return DataError(
        "E201",
        f"{cells.table.path} has a label that is not among those to learn",
        got=f"{name!r} ({column}{cells.table.where(i)})",
        fix=f"{hint}{'' if hint.endswith('?') else ';'} otherwise drop the row, or add the label",
    )
