"""Rows of a CSV or TSV file, with the line on which each one starts."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from evenhand.errors import DataError

CELL_LIMIT = 64 * 2**20


@dataclass(frozen=True)
class Rows:
    """Cells of each row, the line where it starts, and the lines that held nothing."""

    cells: list[list[str]]
    lines: list[int]
    blank: tuple[int, ...]


def parse_delimited(text: str, path: str, delimiter: str) -> Rows:
    """Split ``text`` into rows of equally many cells.

    Quotes follow RFC 4180: a quoted cell may hold the delimiter, line ends and doubled quotes.
    A blank line is no row, except between the rows of a file with one column, where it is an
    empty cell.

    Raises:
        DataError: E204 for a quote that is never closed (with the line where it opened), a row
            with another number of cells, or a cell over 64 Mi characters.
    """
    previous = csv.field_size_limit(CELL_LIMIT)
    try:
        rows, lines = _parse(text, path, delimiter)
    finally:
        csv.field_size_limit(previous)
    width = len(next((row for row in rows if row), []))
    if width == 1:
        last = max(i for i, row in enumerate(rows) if row)
        blank = tuple(lines[last + 1 :])
        return Rows([row or [""] for row in rows[: last + 1]], lines[: last + 1], blank)
    return _equal_rows(rows, lines, path, width)


def _parse(text: str, path: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            rows.append(row)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(error, text, path, delimiter=delimiter, start=start) from error
    return rows, lines


def _equal_rows(rows: list[list[str]], lines: list[int], path: str, width: int) -> Rows:
    kept: list[list[str]] = []
    where: list[int] = []
    blank: list[int] = []
    for row, line in zip(rows, lines, strict=True):
        if len(row) == width:
            kept.append(row)
            where.append(line)
        elif not row or (len(row) == 1 and not row[0].strip()):
            blank.append(line)
        else:
            raise DataError(
                "E204",
                "a row has another number of cells than the first",
                got=f"{path}:{line} has {len(row)}, line {where[0] if where else 1} has {width}",
                fix="put quotes around a cell that holds the separator, or mend that row",
            )
    return Rows(kept, where, tuple(blank))


def _malformed(error: csv.Error, text: str, path: str, *, delimiter: str, start: int) -> DataError:
    if "field limit" in str(error):
        return DataError(
            "E204",
            "a cell is longer than 64 Mi characters",
            got=f"{path}:{start}",
            fix="look for a quote on that line that is never closed",
        )
    rest = list(io.StringIO(text, newline=""))[start - 1 :]
    line = start + _quote_opens("".join(rest), delimiter)
    return DataError(
        "E204",
        "a quote is not closed, or text follows a closing quote",
        got=f"{path}:{line}, where the quote opens ({error})",
        fix='close the quote on that line; a quote within a quoted cell is written twice: ""',
    )


def _quote_opens(text: str, delimiter: str) -> int:
    """Return how many lines below the start of ``text`` its first faulty quoted cell opens."""
    position, opened = 0, 0
    while position < len(text):
        if text[position] == '"':
            opened = position
            end = _closing_quote(text, position + 1)
            if end is None or text[end + 1 : end + 2] not in (delimiter, "\r", "\n", ""):
                break
            position = end + 1
        else:
            while position < len(text) and text[position] not in (delimiter, "\n"):
                position += 1
        position += 1
    return text.count("\n", 0, opened)


def _closing_quote(text: str, position: int) -> int | None:
    while (found := text.find('"', position)) >= 0:
        if text[found + 1 : found + 2] != '"':
            return found
        position = found + 2
    return None
