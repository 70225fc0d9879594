"""Kana and kanji: what counts as Japanese writing, and kana in Latin letters."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

KANA = "ぁ-ゖゝ-ゟァ-ヺー-ヿ\u3031-\u3035ㇰ-ㇿ\uff66-\uff9d\U0001aff0-\U0001b16f"
KANJI = "々〆〻㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003ffff"
JAPANESE = re.compile(f"[{KANA}{KANJI}]")
"""One sign of Japanese writing; signs of punctuation and ``〇`` are none."""

_VOWELS = "aiueo"
_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ",
    "h": "ハヒフヘホ", "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ", "v": "ヷヸヴヹヺ",
}  # fmt: skip
_ODD = {"ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ン": "n"}
_ODD |= dict(zip("ァィゥェォ", _VOWELS, strict=True))
_ODD |= {"ャ": "ya", "ュ": "yu", "ョ": "yo", "ヮ": "wa", "ヵ": "ka", "ヶ": "ke"}
_OWN = {
    "hepburn": {
        "シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu",
        "スィ": "si", "ズィ": "zi", "ティ": "ti", "トゥ": "tu", "テュ": "tyu",
    },
    "kunrei": {
        "ヂ": "zi", "ヅ": "zu",
        "スィ": "s'i", "ズィ": "z'i", "ティ": "t'i", "トゥ": "t'u", "テュ": "t'yu",
    },
}  # fmt: skip
_LOANS = {
    "イ": "ye:ェ", "ウ": "wi:ィ we:ェ wo:ォ", "ヴ": "va:ァ vi:ィ ve:ェ vo:ォ vyu:ュ",
    "フ": "fa:ァ fi:ィ fe:ェ fo:ォ fyu:ュ", "ツ": "tsa:ァ tsi:ィ tse:ェ tso:ォ",
    "デ": "di:ィ dyu:ュ", "ド": "du:ゥ", "ク": "kwa:ァ kwa:ヮ kwi:ィ kwe:ェ kwo:ォ",
    "グ": "gwa:ァ gwa:ヮ",
}  # fmt: skip
_GLIDES = {"ャ": "a", "ュ": "u", "ョ": "o", "ェ": "e"}
_DOUBLED = frozenset("bcdfghjkprstvwz")
_LONG, _SMALL_TSU, _N, _MARKS = "ー", "ッ", "ン", "ヽヾ"
_VOICED = "\u3099"
_TO_KATAKANA = {sign: sign + 0x60 for sign in (*range(0x3041, 0x3097), 0x309D, 0x309E)}


class System(StrEnum):
    """How syllables are spelt."""

    HEPBURN = "hepburn"
    """As English would: shi, chi, tsu, fu, ji, sha."""
    KUNREI = "kunrei"
    """By the rows of the syllabary: si, ti, tu, hu, zi, sya."""


def _syllables(system: System) -> dict[str, str]:
    """Return kana of one or two signs -> spelling."""
    table = {
        kana: consonant + vowel
        for consonant, row in _ROWS.items()
        for kana, vowel in zip(row, _VOWELS, strict=True)
    }
    table |= _ODD | {kana: s for kana, s in _OWN[system].items() if len(kana) == 1}
    for kana in "キシチニヒミリギジヂビピ":
        stem = table[kana].removesuffix("i")
        glide = "" if stem in ("sh", "ch", "j") else "y"
        table |= {kana + small: stem + glide + vowel for small, vowel in _GLIDES.items()}
    for kana, loans in _LOANS.items():
        pairs = (loan.split(":") for loan in loans.split())
        table |= {kana + small: spelling for spelling, small in pairs}
    return table | _OWN[system]


_TABLES = {system: _syllables(system) for system in System}


def katakana(text: str) -> str:
    """Return the text with hiragana as katakana, signs of repetition written out.

    ``あゝ`` is ``アア``, ``みすゞ`` is ``ミスズ``; a sign with nothing to repeat stays.
    """
    written: list[str] = []
    for sign in text.translate(_TO_KATAKANA):
        before = unicodedata.normalize("NFD", written[-1])[0] if written else ""
        if sign in _MARKS and before in _TABLES[System.HEPBURN]:
            voiced = unicodedata.normalize("NFC", before + _VOICED)
            written.append(voiced if sign == "ヾ" and len(voiced) == 1 else before)
        else:
            written.append(sign)
    return "".join(written)


def to_latin(kana: str, system: System) -> str:
    """Spell katakana in Latin letters, in lower case and ASCII; other signs stay as they are.

    Long vowels are spelt as kana spell them: ``トウキョウ`` is ``toukyou``, ``カレー`` is
    ``karee``. ``ン`` before a vowel or y is ``n'``. ``ッ`` doubles the consonant after it, once
    each; without one it is ``'``. ``ー`` without a vowel before it is ``-``. Kunrei-shiki has no
    spelling for some sounds of loan words: where Hepburn's would mean another one, it gets an
    apostrophe (``t'i``).

    Args:
        kana: as ``katakana`` returns it.
        system: of spelling.
    """
    table, written, place, waiting = _TABLES[system], "", 0, 0
    while place < len(kana):
        sign = kana[place]
        if sign == _SMALL_TSU:
            waiting, place = waiting + 1, place + 1
            continue
        size = 2 if kana[place : place + 2] in table else 1
        spelt = table.get(kana[place : place + size], sign)
        if sign == _LONG:
            spelt = written[-1] if not waiting and written[-1:] in tuple(_VOWELS) else "-"
        elif kana[place - 1 : place] == _N and spelt[0] in "aiueoy":
            spelt = f"'{spelt}"
        written += _lead(spelt) * waiting + spelt
        waiting, place = 0, place + size
    return written + "'" * waiting


def _lead(spelt: str) -> str:
    """Return what a small tsu before a syllable is."""
    if spelt[0] not in _DOUBLED:
        return "'"
    return "t" if spelt.startswith("ch") else spelt[0]
