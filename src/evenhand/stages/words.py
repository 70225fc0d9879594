"""What a rule sees of a text: its words without regard to writing, and its script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args
from unicodedata import normalize

import regex

_INVISIBLE = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}]+")
_MARKS = regex.compile(r"([\p{M}\uff9e\uff9f]{32})[\p{M}\uff9e\uff9f]+")
"""A pile of marks on one letter: normalising takes the square of its height."""
_PLAIN_SIGNS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\uff40", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013", "-")
)
"""Apostrophes and hyphens that keyboards put in place of the plain ones."""
_WITHOUT_BORDERS = (
    r"\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}"
    r"\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}"
)
"""Scripts whose words stand together, or bear particles without a blank."""
_BORDERED = rf"[\w--[{_WITHOUT_BORDERS}]]"
_BORDERED_SIGN = regex.compile(_BORDERED, regex.V1)

Script = Literal[
    "arabic",
    "cyrillic",
    "devanagari",
    "greek",
    "han",
    "hangul",
    "hebrew",
    "japanese",
    "latin",
    "thai",
]
"""What a rule may test for."""
_LETTERS = {name: rf"\p{{scx={name}}}" for name in get_args(Script)}
_LETTERS["japanese"] = r"\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Han}"
_ANY_LETTER = regex.compile(r"\p{L}")
_OF_SCRIPT = {
    name: regex.compile(rf"[\p{{L}}&&[{letters}]]", regex.V1) for name, letters in _LETTERS.items()
}


def folded(text: str) -> str:
    """Return the text as keywords are compared: writing that means the same becomes the same.

    Case and width do not matter (NFKC, case folded), nor which apostrophe or hyphen stands there;
    signs that cannot be seen are left out, as is what is piled on a letter beyond 32 marks, and
    any run of blanks is one.
    """
    seen = _MARKS.sub(r"\1", _INVISIBLE.sub("", text)).translate(_PLAIN_SIGNS)
    return " ".join(normalize("NFKC", normalize("NFKC", seen).casefold()).split())


def finder(keywords: Sequence[str]) -> regex.Pattern[str]:
    """Return what finds any of ``keywords`` in a text that is ``folded``.

    A keyword is found as a whole word: ``diet`` does not hold ``die``. Where it begins or ends
    with a sign of a script that is written without blanks between words, or that hangs particles
    on them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan), no border is asked
    for there, and such signs are a border to others.
    """
    return regex.compile("|".join(_bordered(folded(word)) for word in keywords), regex.V1)


def _bordered(word: str) -> str:
    before = rf"(?<!{_BORDERED})" if _BORDERED_SIGN.match(word[0]) else ""
    after = rf"(?!{_BORDERED})" if _BORDERED_SIGN.match(word[-1]) else ""
    return f"{before}{regex.escape(word)}{after}"


def is_written_in(text: str, script: Script) -> bool:
    """Whether more than half of the letters of ``text`` are of ``script``.

    It tests signs, never the language: ``latin`` holds for English as for romaji, ``japanese``
    (kana and Han) also for Chinese. Without letters a text is in no script.
    """
    own = len(_OF_SCRIPT[script].findall(text))
    return 2 * own > len(_ANY_LETTER.findall(text))
