"""Rows of a CSV or TSV file, with the line on which each one starts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from evenhand.errors import DataError

CELL_LIMIT = 64 * 2**20


@dataclass(frozen=True)
class Rows:
    """Cells of each row, the line where it starts, and the lines that held nothing."""

    cells: list[list[str]]
    lines: list[int]
    blank: list[int]


class RowReader:
    """Splits lines into rows of equally many cells, as many rows at a time as are wanted.

    Quotes follow RFC 4180: a quoted cell may hold the delimiter, line ends and doubled quotes.
    A blank line is no row, except between the rows of a file with one column, where it is an
    empty cell.

    Args:
        lines: with their ends.
        path: as the file was named.
        delimiter: between cells.
        line: number of the first of ``lines``.
        width: cells of a row, where the rows before ``lines`` have told; 0 where none has.
    """

    def __init__(
        self, lines: Iterable[str], path: str, delimiter: str, *, line: int = 1, width: int = 0
    ) -> None:
        self._path, self._delimiter = path, delimiter
        self._taken: list[str] = []
        self._reader = csv.reader(self._keep(lines), delimiter=delimiter, strict=True)
        self._before, self.line, self.width = line - 1, line, width
        self._first = line
        self._held: list[int] = []

    def take(self, enough: Callable[[int], bool]) -> Rows:
        """Return the next rows; none at the end.

        Args:
            enough: says after each row, of which it is told the number, whether to stop.

        Raises:
            DataError: E204 for a quote that is never closed (with the line where it opened), a
                row with another number of cells, or a cell over 64 Mi characters.
        """
        rows = Rows([], [], [])
        previous = csv.field_size_limit(CELL_LIMIT)
        try:
            for row in self._reader:
                self._put(row, rows)
                if row and len(row) == self.width and enough(len(rows.cells)):
                    return rows
        except csv.Error as error:
            raise self._malformed(error) from error
        finally:
            csv.field_size_limit(previous)
        rows.blank.extend(self._held)
        self._held.clear()
        return rows

    def _keep(self, lines: Iterable[str]) -> Iterator[str]:
        """Pass lines on, and keep those of the row that is being read: its error needs them."""
        for line in lines:
            self._taken.append(line)
            yield line

    def _put(self, row: list[str], rows: Rows) -> None:
        line = self.line
        self.line = self._before + self._reader.line_num + 1
        self._taken.clear()
        if not self.width and row:
            self.width, self._first = len(row), line
        if row and len(row) == self.width:
            if self._held:
                self._release(rows)
            rows.cells.append(row)
            rows.lines.append(line)
        elif not row and self.width <= 1:
            self._held.append(line)
        elif not row or (len(row) == 1 and not row[0].strip()):
            rows.blank.append(line)
        else:
            raise DataError(
                "E204",
                "a row has another number of cells than the first",
                got=f"{self._path}:{line} has {len(row)}, line {self._first} has {self.width}",
                fix="put quotes around a cell that holds the separator, or mend that row",
            )

    def _release(self, rows: Rows) -> None:
        """Let blank lines that a row has come after be what the number of columns makes them."""
        if self.width == 1:
            rows.cells.extend([""] for _ in self._held)
            rows.lines.extend(self._held)
        else:
            rows.blank.extend(self._held)
        self._held.clear()

    def _malformed(self, error: csv.Error) -> DataError:
        if "field limit" in str(error):
            return DataError(
                "E204",
                "a cell is longer than 64 Mi characters",
                got=f"{self._path}:{self.line}",
                fix="look for a quote on that line that is never closed",
            )
        line = self.line + _quote_opens("".join(self._taken), self._delimiter)
        return DataError(
            "E204",
            "a quote is not closed, or text follows a closing quote",
            got=f"{self._path}:{line}, where the quote opens ({error})",
            fix='close the quote on that line; a quote within a quoted cell is written twice: ""',
        )


def parse_delimited(text: str, path: str, delimiter: str) -> Rows:
    """Split a whole text into rows; raises as ``RowReader.take``."""
    return RowReader(io.StringIO(text, newline=""), path, delimiter).take(lambda _: False)


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
