"""What stands in the texts themselves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]{1,30}\]")
_LEAST_ROWS = 5
_LEAST_SHARE = 0.001
_MOST = 16


def find_placeholders(texts: Iterable[str]) -> tuple[str, ...]:
    """Return marks like ``[NAME]`` that stand for something cut out, most frequent first.

    A mark counts when at least five rows and at least 0.1 % of them hold it; at most sixteen
    are returned. Texts without brackets give none.
    """
    counts: Counter[str] = Counter()
    rows = 0
    for text in texts:
        rows += 1
        if "[" in text:
            counts.update(set(_PLACEHOLDER.findall(text)))
    least = max(_LEAST_ROWS, _LEAST_SHARE * rows)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(mark for mark, count in ranked if count >= least)[:_MOST]


def normalised(text: str) -> str:
    """Return the text by which rows count as duplicates: case folded, blanks collapsed."""
    return " ".join(text.casefold().split())
