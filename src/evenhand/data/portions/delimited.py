"""Portions of CSV and TSV files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.data.block import text_cells
from evenhand.data.conform import find_texts
from evenhand.data.content import Lines, open_content
from evenhand.data.delimited import RowReader, Rows
from evenhand.data.header import FirstLine
from evenhand.data.portions.file import Bound, File
from evenhand.data.portions.portion import Limit, Place, Portion, Survey, Tell, untold
from evenhand.data.schema import Schema
from evenhand.data.table import Table, as_columns, column_names, delimiter_of, no_rows


@dataclass(frozen=True)
class DelimitedFile(File):
    """Rows of a file with separators between the cells."""

    def survey(self, schema: Schema, *, tell: Tell = untold) -> Survey:
        """Find names, text column and number of rows; every row is read once."""
        stamp = self.stamp()
        with self._opened(Place(), Limit()) as (reader, bound):
            head = reader.take(bound.reached)
            first, rows, size = FirstLine(head.cells[0]), len(head.cells), self.size()
            look_at, taken = head.cells[1:], head
            while taken.cells:
                first.look(look_at)
                bound.next()
                taken = reader.take(bound.reached)
                look_at, rows = taken.cells, rows + len(taken.cells)
                tell(bound.offset / size)

        def read(header: str) -> Table:
            named = first.holds_names(header=header, expect=(schema.text,))
            if rows == named:
                raise no_rows(self.path, has_header=named)
            return self._table(column_names(head, self.path, named=named), head, named=named)

        table, column = find_texts(read, schema)
        rows -= table.has_header
        return Survey(tuple(table.columns), column, rows, table.has_header, stamp)

    def portions(self, survey: Survey, place: Place, limit: Limit) -> Iterator[Portion]:
        """Yield the rows from ``place`` on."""
        with self._opened(place, limit, width=len(survey.names)) as (reader, bound):
            named = survey.has_header and not place.offset
            while True:
                bound.next()
                taken = reader.take(bound.reached)
                if not taken.lines and not taken.blank:
                    return
                table = self._table(survey.names, taken, named=named)
                named = False
                place = Place(place.rows + len(table), bound.offset, reader.line)
                yield Portion(table, text_cells(table, survey.column), place)

    def kinds(self, survey: Survey) -> dict[str, Any]:
        """Return text for every column."""
        import pyarrow as pa

        return dict.fromkeys(survey.names, pa.string())

    @contextmanager
    def _opened(
        self, place: Place, limit: Limit, *, width: int = 0
    ) -> Iterator[tuple[RowReader, Bound]]:
        path = Path(self.path)
        with open_content(path) as content:
            first = next(iter(Lines(content, self.path)), "").partition("\n")[0]
            delimiter = delimiter_of(first, path.suffix.lower())
            content.seek(place.offset)
            lines = Lines(content, self.path, offset=place.offset, line=place.line)
            reader = RowReader(
                lines.with_old_ends(), self.path, delimiter, line=place.line, width=width
            )
            yield reader, Bound(lines, limit)

    def _table(self, names: Sequence[str], rows: Rows, *, named: bool) -> Table:
        """Return rows as a table; the first of them is left out where it holds the names."""
        return Table(
            as_columns(names, rows.cells[named:]),
            rows.lines[named:],
            self.path,
            has_header=named,
            blank=tuple(rows.blank),
        )
