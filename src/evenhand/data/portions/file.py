"""What files of every kind have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenhand.data.content import Lines
from evenhand.data.portions.portion import Limit, Place, Survey
from evenhand.durable import file_sha256


@dataclass(frozen=True)
class File:
    """A file by name.

    Args:
        path: as it was named.
    """

    path: str

    def size(self) -> int:
        """Return its bytes."""
        return Path(self.path).stat().st_size

    def digest(self) -> str:
        """Return the SHA-256 of its content."""
        return file_sha256(Path(self.path))

    def stamp(self) -> tuple[int, ...]:
        """Return its size, time of last change and number; nothing of a file that is gone."""
        try:
            found = Path(self.path).stat()
        except OSError:
            return ()
        return found.st_size, found.st_mtime_ns, found.st_ino

    def share(self, place: Place, survey: Survey) -> float:
        """Return what share of the work lies before ``place``.

        Some of it goes by the row and some by the length of a text, which the bytes of a line
        tell: the mean of both shares; of the rows alone where there are no lines.
        """
        rows = place.rows / survey.rows
        return (rows + place.offset / self.size()) / 2 if place.offset else rows


class Bound:
    """Says when a portion of lines is full.

    Args:
        lines: that it is taken from.
        limit: of it.
    """

    def __init__(self, lines: Lines, limit: Limit) -> None:
        self._lines, self._limit = lines, limit
        self._begun = lines.offset

    @property
    def offset(self) -> int:
        """Bytes of the file that have been taken."""
        return self._lines.offset

    def next(self) -> None:
        """Begin another portion."""
        self._begun = self._lines.offset

    def reached(self, rows: int) -> bool:
        """Say whether that many rows are enough."""
        return rows >= self._limit.rows or self._lines.offset - self._begun >= self._limit.size
