"""Long vowels: the same length in another spelling, in Latin letters and in kana."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from evenhand.perturb import PERTURBATIONS, Perturbation, Rate
from evenhand.perturb.romaji import each_word, substitute

if TYPE_CHECKING:
    import numpy as np

SPELLINGS = (
    ("ō", "ô", "ou", "oo", "o"),
    ("ū", "û", "uu", "u"),
    ("ā", "â", "aa", "a"),
    ("ē", "ê", "ee", "e"),
    ("ī", "î", "ii", "i"),
)
"""Of one vowel, the shortest last: it alone does not say that the vowel is long."""
BAR, WAVE = "ー", "〜"
_O = "おこごそぞとどのほぼぽもよょろオコゴソゾトドノホボポモヨョロ"
_U = "うくぐすずつづぬふぶぷむゆゅるウクグスズツヅヌフブプムユュル"
_E = "えけげせぜてでねへべぺめれエケゲセゼテデネヘベペメレ"
_WRITTEN = {spelling: vowel for vowel in SPELLINGS for spelling in vowel[:-1]}
_LATIN = re.compile("|".join(sorted(_WRITTEN, key=len, reverse=True)), re.IGNORECASE)
_KANA = re.compile(rf"(?<=[ぁ-ゖァ-ヺ])[{BAR}{WAVE}]+|(?<=[{_O}{_U}])[うウ]|(?<=[{_E}])[いイ]")


def lengthened(text: str, random: np.random.Generator, /, *, rate: float) -> str:
    """Respell each long vowel with probability ``rate``, by any of the other spellings.

    In words of Latin letters that can be read as Japanese: ``ō``, ``ou``, ``oo``, ``o`` and their
    like. In kana: ``ー`` is dropped, doubled or a wave; ``う`` after o or u, and ``い`` after e,
    become ``ー``. Spelling alone says what is long: ``ou`` across the parts of a word counts too.

    Args:
        text: any.
        random: the text's own draws.
        rate: in [0, 1]; at 1 every long vowel is respelt.
    """

    def latin(found: re.Match[str]) -> str:
        if random.random() >= rate:
            return found[0]
        others = [s for s in _WRITTEN[found[0].lower()] if s != found[0].lower()]
        return others[int(random.integers(len(others)))]

    def kana(found: re.Match[str]) -> str:
        if random.random() >= rate:
            return found[0]
        if found[0][0] not in (BAR, WAVE):
            return BAR
        others = [s for s in ("", BAR * 2, WAVE) if s != found[0]]
        return others[int(random.integers(len(others)))]

    return _KANA.sub(kana, each_word(text, lambda word: substitute(word, _LATIN, latin)))


@PERTURBATIONS.register("long-vowels")
def long_vowels(*, rate: Rate = 1.0) -> Perturbation:
    """Write long vowels in another way: ou, oo, o with a macron; ー dropped or doubled."""
    return partial(lengthened, rate=rate)
