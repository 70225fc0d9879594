"""A portion: some rows of a source in order, and the place from which the next ones are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from evenhand.data.schema import Schema
from evenhand.data.table import Table

CELLS = 2**20
Tell = Callable[[float], None]
"""Is told what share of a source has been read, from 0 to 1."""


def untold(_: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Limit:
    """Where a portion ends: after a row that reaches either.

    Rows and file alone decide, so that a source has the same portions wherever reading begins.

    Args:
        rows: of a portion.
        size: bytes of the file, so that long texts do not fill memory.
    """

    rows: int = 1024
    size: int = 8 * 2**20

    @classmethod
    def of(cls, columns: int) -> Limit:
        """Return the limit for rows that get this many columns: a million cells at most."""
        return cls(rows=max(1, min(cls.rows, CELLS // columns)))


@dataclass(frozen=True)
class Place:
    """Where a portion begins.

    Args:
        rows: before it.
        offset: bytes of the file before it, where there are lines.
        line: the number of the line there.
    """

    rows: int = 0
    offset: int = 0
    line: int = 1


@dataclass(frozen=True)
class Survey:
    """What a look through a whole source has shown; it holds no row that cannot be read.

    Args:
        names: of the columns, in order.
        column: that holds the text.
        rows: all of them.
        has_header: whether the first row holds the names.
        stamp: of the source before it was looked through.
    """

    names: tuple[str, ...]
    column: str
    rows: int
    has_header: bool = True
    stamp: tuple[int, ...] = ()


@dataclass(frozen=True)
class Portion:
    """Some rows in order.

    Args:
        table: the rows, under the survey's names, and the blank lines among and after them.
        texts: one a row.
        end: where the next portion begins.
    """

    table: Table
    texts: list[str]
    end: Place


class RowSource(Protocol):
    """Rows that can be read more than once, from any place that a portion ended at."""

    @property
    def path(self) -> str:
        """The source as it was named."""
        ...

    def survey(self, schema: Schema, *, tell: Tell = untold) -> Survey:
        """Look through the whole source, in flat memory.

        Args:
            schema: of the training file.
            tell: is told how far it is.

        Raises:
            MissingFileError: E202 for a source that is missing or empty.
            DataError: E202 without rows, E203 not UTF-8, E204 for the first row that cannot be
                read or whose text is none, E205 without the text column.
        """
        ...

    def portions(self, survey: Survey, place: Place, limit: Limit) -> Iterator[Portion]:
        """Yield the rows from ``place`` on; raises as ``survey`` where the source has changed."""
        ...

    def kinds(self, survey: Survey) -> dict[str, Any]:
        """Return the Arrow type of each column; in it every cell of the source has its place."""
        ...

    def share(self, place: Place, survey: Survey) -> float:
        """Return what share of the work lies before ``place``, from 0 to 1."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        ...

    def stamp(self) -> tuple[int, ...]:
        """Return what changes when somebody writes to the source: cheap to ask for."""
        ...
