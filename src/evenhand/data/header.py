"""Names of columns: whether a first line holds them, and which names mean what."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evenhand.errors import DataError

TEXT_NAMES = (
    "text", "texts", "sentence", "comment", "comment_text", "review", "review_text", "message",
    "tweet", "content", "body", "utterance", "document", "post", "description", "question",
)  # fmt: skip
LABEL_NAMES = (
    "labels", "label", "class", "classes", "category", "categories", "target", "targets", "intent",
    "emotion", "emotions", "sentiment", "topic", "topics", "tag", "tags", "label_name", "y",
)  # fmt: skip
ID_NAMES = (
    "id", "ids", "_id", "uid", "uuid", "guid", "row_id", "example_id", "sample_id", "text_id",
    "comment_id", "tweet_id", "doc_id", "message_id", "post_id",
)  # fmt: skip
SPLIT_NAMES = ("split", "role", "subset", "partition")
KNOWN = frozenset((*TEXT_NAMES, *LABEL_NAMES, *ID_NAMES, *SPLIT_NAMES))

_NUMBERS = re.compile(r"\s*[-+]?[\d.]+(e[-+]?\d+)?(\s*[,;|]\s*[-+]?[\d.]+)*\s*", re.IGNORECASE)


class FirstLine:
    """The first line of a file, of which the others tell whether it holds names.

    Args:
        cells: of that line.
    """

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = [cell.strip() for cell in cells]
        self._recurs = [False] * len(cells)
        self._alone = True

    def look(self, rows: Sequence[Sequence[str]]) -> None:
        """Take note of further rows."""
        self._alone = self._alone and not rows
        for c, cell in enumerate(self._cells):
            if not self._recurs[c]:
                self._recurs[c] = any(row[c].strip() == cell for row in rows)

    def holds_names(self, *, header: str, expect: Sequence[str]) -> bool:
        """Decide whether it holds the names of the columns.

        Names in ``expect`` and well-known ones (text, label, id, ...) make it a header, unless
        they recur below in their column. Else it is one unless a cell is empty, repeated, a
        number, a list of numbers, or recurs below; the only line of a file is data.

        Args:
            header: ``"yes"`` and ``"no"`` decide by themselves; ``"auto"`` applies the rule.
            expect: names that the file should have.
        """
        if header != "auto":
            return header == "yes"
        known = [cell in expect or cell.casefold() in KNOWN for cell in self._cells]
        if any(k and not r for k, r in zip(known, self._recurs, strict=True)):
            return True
        plain = all(cell and not _NUMBERS.fullmatch(cell) for cell in self._cells)
        unlike = len(set(self._cells)) == len(self._cells)
        return plain and not any(self._recurs) and unlike and not self._alone


def first_line_names(rows: Sequence[Sequence[str]], *, header: str, expect: Sequence[str]) -> bool:
    """Decide whether the first of all ``rows`` of a file holds names; see ``FirstLine``."""
    first = FirstLine(rows[0])
    if header == "auto":
        first.look(rows[1:])
    return first.holds_names(header=header, expect=expect)


def known_column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the column whose name stands earliest in ``names``, whatever its case."""
    by_name = {column.strip().casefold(): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)


def refuse_repeats(names: Sequence[str], where: str, *, fix: str = "rename one") -> None:
    """Raise where two columns have one name.

    Args:
        names: of the columns.
        where: they stand.
        fix: what to do about it.

    Raises:
        DataError: E204 naming the first of them.
    """
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        got = f"{repeated!r} at {where}"
        raise DataError("E204", "two columns have the same name", got=got, fix=fix)
