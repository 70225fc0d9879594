"""Portions of JSONL files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.data.block import text_cells
from evenhand.data.conform import find_texts
from evenhand.data.content import Lines, open_content
from evenhand.data.portions.file import Bound, File
from evenhand.data.portions.kinds import Kinds
from evenhand.data.portions.portion import Limit, Place, Portion, Survey, Tell, untold
from evenhand.data.records import json_lines, object_columns
from evenhand.data.schema import Schema
from evenhand.data.table import Table, no_rows

_SELDOM = 10_000
"""Lines between two words on how far a survey is."""


@dataclass(frozen=True)
class JsonLinesFile(File):
    """Rows of a file with one object a line."""

    def survey(self, schema: Schema, *, tell: Tell = untold) -> Survey:
        """Find the keys of all objects, the text column and the number of rows."""
        stamp = self.stamp()
        names: dict[str, None] = {}
        nested: dict[str, tuple[int, Any]] = {}
        rows, size = 0, self.size()
        with self._opened(Place()) as lines:
            for number, item in json_lines(lines, self.path):
                if number % _SELDOM == 0:
                    tell(lines.offset / size)
                if item is None:
                    continue
                rows += 1
                names.update(dict.fromkeys(item))
                for name, cell in item.items():
                    if isinstance(cell, list | dict) and name not in nested:
                        nested[name] = (number, cell)
        if not rows:
            raise no_rows(self.path, has_header=True)
        _, column = find_texts(lambda _: Table({n: [] for n in names}, [], self.path), schema)
        if column in nested:
            line, cell = nested[column]
            text_cells(Table({column: [cell]}, [line], self.path), column)
        return Survey(tuple(names), column, rows, stamp=stamp)

    def portions(self, survey: Survey, place: Place, limit: Limit) -> Iterator[Portion]:
        """Yield the rows from ``place`` on."""
        with self._opened(place) as lines:
            bound, rows = Bound(lines, limit), json_lines(lines, self.path, first=place.line)
            while True:
                bound.next()
                objects, numbers, blank = _take(rows, bound)
                if not numbers and not blank:
                    return
                columns = object_columns(objects, survey.names)
                table = Table(columns, numbers, self.path, blank=tuple(blank))
                place = Place(place.rows + len(table), lines.offset, lines.line)
                yield Portion(table, text_cells(table, survey.column), place)

    def kinds(self, survey: Survey) -> dict[str, Any]:
        """Return what holds every cell, found by another look through the file."""
        kinds = Kinds(survey.names)
        for portion in self.portions(survey, Place(), Limit()):
            kinds.look(portion.table.columns)
        return kinds.types

    @contextmanager
    def _opened(self, place: Place) -> Iterator[Lines]:
        with open_content(Path(self.path)) as content:
            content.seek(place.offset)
            yield Lines(content, self.path, offset=place.offset, line=place.line)


def _take(
    rows: Iterator[tuple[int, dict[str, Any] | None]], bound: Bound
) -> tuple[list[dict[str, Any]], list[int], list[int]]:
    """Return the objects of a portion, their lines, and the blank lines among them."""
    objects: list[dict[str, Any]] = []
    numbers: list[int] = []
    blank: list[int] = []
    for number, item in rows:
        if item is None:
            blank.append(number)
            continue
        objects.append(item)
        numbers.append(number)
        if bound.reached(len(objects)):
            break
    return objects, numbers, blank
