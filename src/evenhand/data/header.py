"""Names of columns: whether a first line holds them, and which names mean what."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def first_line_names(rows: Sequence[Sequence[str]], *, header: str, expect: Sequence[str]) -> bool:
    """Decide whether the first of ``rows`` holds the names of the columns.

    Names in ``expect`` and well-known ones (text, label, id, ...) make it a header, unless they
    recur below in their column. Else it is one unless a cell is empty, repeated, a number, a
    list of numbers, or recurs below; the only line of a file is data.

    Args:
        rows: all lines of the file, at least one.
        header: ``"yes"`` and ``"no"`` decide by themselves; ``"auto"`` applies the rule.
        expect: names that the file should have.
    """
    if header != "auto":
        return header == "yes"
    first = [cell.strip() for cell in rows[0]]
    recurs = [any(row[c].strip() == cell for row in rows[1:]) for c, cell in enumerate(first)]
    known = [cell in expect or cell.casefold() in KNOWN for cell in first]
    if any(k and not r for k, r in zip(known, recurs, strict=True)):
        return True
    plain = all(cell and not _NUMBERS.fullmatch(cell) for cell in first)
    return plain and not any(recurs) and len(set(first)) == len(first) and len(rows) > 1


def known_column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the column whose name stands earliest in ``names``, whatever its case."""
    by_name = {column.strip().casefold(): column for column in reversed(columns)}
    return next((by_name[name] for name in names if name in by_name), None)
