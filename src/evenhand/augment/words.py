"""Cut a text into words and the gaps between them, and put it together again."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

ROUNDING = 1e-9


def split(text: str) -> tuple[list[str], list[str]]:
    """Return the words (all that is no white space) and the gaps around them, one more.

    ``join`` gives the text back to the last character.
    """
    parts = re.split(r"(\S+)", text)
    return parts[1::2], parts[::2]


def join(words: Sequence[str], gaps: Sequence[str]) -> str:
    """Return the text of ``words`` with ``gaps`` around them."""
    inner = (gap + word for gap, word in zip(gaps, words, strict=False))
    return "".join(inner) + gaps[-1]


def without(words: Sequence[str], gaps: Sequence[str], gone: Collection[int]) -> str:
    """Return the text without the words at ``gone``, each leaving with the gap before it."""
    kept = [i for i in range(len(words)) if i not in gone]
    between = [gaps[i] for i in kept[1:]]
    return join([words[i] for i in kept], [gaps[0], *between, gaps[-1]])


def bare(word: str) -> tuple[str, str, str]:
    """Return the marks before a word, the word itself, and the marks behind: ``("", "so", "!")``.

    Of a word without letter or digit everything counts as marks before it.
    """
    places = [i for i, letter in enumerate(word) if letter.isalnum()]
    if not places:
        return word, "", ""
    first, end = places[0], places[-1] + 1
    return word[:first], word[first:end], word[end:]


def like(old: str, new: str) -> str:
    """Return ``new`` in the case of ``old``: lower, Capital or UPPER."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def how_many(rate: float, words: int) -> int:
    """Return how many of ``words`` a rate means: rounded down, at least one."""
    return max(1, math.floor(rate * words + ROUNDING))
