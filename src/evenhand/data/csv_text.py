"""Columns as CSV, cell by cell as they are."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from evenhand.data.delimited import parse_delimited
from evenhand.data.table import Table
from evenhand.errors import DataError

_END = "\r\n"
"""Given to the CSV writer so that a cell with either sign is quoted; lines end in ``\\n`` alone."""


def csv_text(columns: Mapping[str, Sequence[Any]], *, delimiter: str = ",") -> str:
    """Return columns as CSV, their names first; None is an empty cell."""
    return csv_lines((tuple(columns),), delimiter=delimiter) + csv_lines(
        zip(*columns.values(), strict=True), delimiter=delimiter
    )


def csv_lines(rows: Iterable[Sequence[Any]], *, delimiter: str = ",") -> str:
    """Return rows as lines of CSV; None is an empty cell."""
    lines: list[str] = []
    sink: Any = SimpleNamespace(write=lines.append)
    csv.writer(sink, delimiter=delimiter, lineterminator=_END).writerows(rows)
    return "".join(line.removesuffix(_END) + "\n" for line in lines)


def table_csv(table: Table) -> str:
    """Return a table as CSV, read back and compared: the same rows, in order, cell by cell.

    Raises:
        DataError: E204 naming the first row that would not come back as it is.
    """
    content = csv_text(table.columns)
    found = parse_delimited(content, table.path, ",").cells[1:]
    cells = zip(*table.columns.values(), strict=True)
    given = [["" if cell is None else str(cell) for cell in row] for row in cells]
    for i, (row, expected) in enumerate(zip(found, given, strict=True)):
        if row != expected:
            raise DataError(
                "E204",
                "a row cannot be written as CSV so that it is read back the same",
                got=f"{row!r} for {expected!r} ({table.where(i)})",
                fix="remove control characters from that row",
            )
    return content
