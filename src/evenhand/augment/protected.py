"""Words that no augmenter may touch: without *not*, a text deserves another label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

PROTECTED = (
    *("not", "no", "nor", "none", "nobody", "nothing", "nowhere", "neither", "never", "cannot"),
    *("*n't", "dont", "cant", "wont", "didnt", "doesnt", "isnt", "without"),
    *("hardly", "barely", "scarcely"),
    *("[*]", "<*>", "@*", "http*"),
)
"""Negations, placeholders such as ``[NAME]``, mentions and links."""


@dataclass(frozen=True)
class Protected:
    """Which words must come out of an augmenter as they went in, in the same order.

    Case does not count, nor does a curly apostrophe. A word glued to others by marks
    (``not-good``) protects the whole.

    Args:
        words: each as it is written; ``*`` at the start stands for any start, elsewhere for
            any letters and digits, at the end for anything up to white space.
    """

    words: tuple[str, ...] = PROTECTED

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_expression, self.words)) or r"(?!)", re.IGNORECASE)

    def __contains__(self, word: str) -> bool:
        return self._pattern.search(_plain(word)) is not None

    def found(self, text: str) -> list[str]:
        """Return the protected words of ``text`` in their order, in lower case."""
        return [match.group().lower() for match in self._pattern.finditer(_plain(text))]

    def free(self, words: Sequence[str]) -> list[int]:
        """Return where the words stand that may be touched."""
        return [i for i, word in enumerate(words) if word not in self]

    def guard(self, old: str, new: str) -> str:
        """Return ``new``, or ``old`` where ``new`` is empty or has other protected words.

        A typing error can make *not* of *nit*, and a translator may drop it.
        """
        return new if new.strip() and self.found(new) == self.found(old) else old


def _plain(text: str) -> str:
    return text.replace("’", "'")


def _expression(word: str) -> str:
    """Return the regular expression of one protected word; it ends where a word ends."""
    start = r"(?<!\w)" if word[0].isalnum() else ""
    end = r"(?!\w)" if word[-1].isalnum() else ""
    inner = re.escape(_plain(word).strip("*")).replace(r"\*", r"\w*")
    return start + inner + (r"\S*" if word.endswith("*") else end)
