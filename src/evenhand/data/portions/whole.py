"""Portions of what can only be read whole: a list in JSON, a data set of the hub, a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evenhand.data.block import text_cells
from evenhand.data.conform import find_texts
from evenhand.data.portions.kinds import Kinds
from evenhand.data.portions.portion import Limit, Place, Portion, Survey, Tell, untold
from evenhand.data.schema import Schema
from evenhand.data.table import Table, read_table


class WholeTable:
    """Rows that are held in memory.

    Args:
        path: whatever ``read_table`` takes by name.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._table = Table({}, [], path)

    def survey(self, schema: Schema, *, tell: Tell = untold) -> Survey:
        """Read the rows."""
        stamp = self.stamp()
        self._table, column = find_texts(
            lambda header: read_table(self.path, header=header, expect=(schema.text,)), schema
        )
        text_cells(self._table, column)
        tell(1.0)
        return Survey(tuple(self._table.columns), column, len(self._table), stamp=stamp)

    def portions(self, survey: Survey, place: Place, limit: Limit) -> Iterator[Portion]:
        """Yield the rows from ``place`` on."""
        for begin in range(place.rows, survey.rows, limit.rows):
            end = min(begin + limit.rows, survey.rows)
            table = self._table.take(range(begin, end))
            yield Portion(table, text_cells(table, survey.column), Place(end))

    def kinds(self, survey: Survey) -> dict[str, Any]:
        """Return what holds every cell."""
        kinds = Kinds(survey.names)
        kinds.look(self._table.columns)
        return kinds.types

    def share(self, place: Place, survey: Survey) -> float:
        """Return what share of the rows lies before ``place``."""
        return place.rows / survey.rows

    def digest(self) -> str:
        """Return the SHA-256 of the file, or of the cells of what is no file."""
        return self._table.sha256

    def stamp(self) -> tuple[int, ...]:
        """Return the size and the time of the last change of a file; what is held stays."""
        found = Path(self.path)
        return (found.stat().st_mtime_ns, found.stat().st_size) if found.is_file() else ()
