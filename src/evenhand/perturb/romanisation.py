"""Romanisation: the same Japanese sounds in the other common spelling.

Hepburn writes ``shi chi tsu fu ji sha cha ja``, Kunrei-shiki ``si ti tu hu zi sya tya zya``.
Doubled consonants follow: ``zasshi`` is ``zassi``, ``matchi`` ``matti``, ``bajji`` ``bazzi``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from evenhand.perturb import PERTURBATIONS, Perturbation, Rate
from evenhand.perturb.romaji import VOWEL, each_word, romaji_words, substitute

if TYPE_CHECKING:
    import numpy as np

_I, _U, _OTHER = "[iīî]", "[uūû]", VOWEL.replace("i", "").replace("ī", "").replace("î", "")
_HEPBURN = (
    (rf"[tc](?=ch{VOWEL})", "t"),
    (rf"j(?=j{VOWEL}|jy{VOWEL})", "z"),
    (rf"f(?=f{_U})", "h"),
    (rf"sh(?={_I})", "s"),
    (rf"ch(?={_I})", "t"),
    (rf"j(?={_I})", "z"),
    (rf"ts(?={_U})", "t"),
    (rf"f(?={_U})", "h"),
    (rf"sh(?={_OTHER})", "sy"),
    (rf"ch(?={_OTHER})", "ty"),
    (rf"jy?(?={_OTHER})", "zy"),
)
_KUNREI = (
    (rf"z(?=z{_I}|zy{VOWEL})", "j"),
    (rf"h(?=h{_U})", "f"),
    (rf"(?<!t)s(?={_I})", "sh"),
    (rf"t(?={_I})", "ch"),
    (rf"z(?={_I})", "j"),
    (rf"t(?={_U})", "ts"),
    (rf"(?<![cs])h(?={_U})", "f"),
    (rf"sy(?={VOWEL})", "sh"),
    (rf"ty(?={VOWEL})", "ch"),
    (rf"zy(?={VOWEL})", "j"),
)
Spellings = Sequence[tuple[str, str]]


def _one_of(spellings: Spellings) -> re.Pattern[str]:
    return re.compile("|".join(f"({found})" for found, _ in spellings), re.IGNORECASE)


_IN_HEPBURN, _IN_KUNREI = _one_of(_HEPBURN), _one_of(_KUNREI)


def to_kunrei(word: str) -> str:
    """Respell a word of Hepburn in Kunrei-shiki; one that is in it already stays as it is."""
    return _respelt(word, _IN_HEPBURN, _HEPBURN)


def to_hepburn(word: str) -> str:
    """Respell a word of Kunrei-shiki in Hepburn; one that is in it already stays as it is.

    Undoes ``to_kunrei`` on Hepburn proper: ``tch`` rather than ``cch``, ``ja`` rather than
    ``jya``, and none of the sounds that only loan words have (``ti``, ``tu``, ``si``, ``zi``).
    """
    return _respelt(word, _IN_KUNREI, _KUNREI)


def respelt(text: str, random: np.random.Generator, /, *, rate: float) -> str:
    """Respell each word with probability ``rate``: Hepburn in Kunrei-shiki, or the other way.

    A text counts as Hepburn when a word of it is in a spelling that only Hepburn has. Only words
    that can be read as Japanese are touched; a text without any stays as it is.

    Args:
        text: any.
        random: the text's own draws.
        rate: in [0, 1]; at 1 nothing is left to chance.
    """
    hepburn = any(_IN_HEPBURN.search(word) for word in romaji_words(text))
    other = to_kunrei if hepburn else to_hepburn
    return each_word(text, lambda word: other(word) if random.random() < rate else word)


def _respelt(word: str, pattern: re.Pattern[str], spellings: Spellings) -> str:
    return substitute(word, pattern, lambda found: spellings[(found.lastindex or 1) - 1][1])


@PERTURBATIONS.register("romanisation")
def romanisation(*, rate: Rate = 1.0) -> Perturbation:
    """Respell Hepburn in Kunrei-shiki (shi, si), or the other way."""
    return partial(respelt, rate=rate)
