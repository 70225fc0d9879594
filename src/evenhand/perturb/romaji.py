"""Words that can be read as Japanese in Latin letters; all others are left alone."""

from __future__ import annotations

import re
from collections.abc import Callable

LONG = "āēīōūâêîôû"
VOWEL = f"[aeiou{LONG}]"
_LETTERS = f"A-Za-z{LONG}{LONG.upper()}"
_OTHER = "A-Za-zÀ-ɏ"
"""Letters of other languages: a word that goes on with one is theirs."""
_WORD = re.compile(rf"(?<![{_OTHER}])[{_LETTERS}]++(?:['’][{_LETTERS}]++)*+(?![{_OTHER}])")
_ONSET = r"(?:ch|sh|ts|dz|[kg]w|[kgsztdnhbpmrjfv]y|[kgsztdnhbpmyrwjfv])"
_DOUBLED = r"(?:([kgsztdpbhjfrvw])(?=\1)|[tc](?=ch))"
_MORA = rf"(?:{_DOUBLED}?{_ONSET}?{VOWEL}|n['’]|n(?!{VOWEL})|m(?=[bpm]))"
_ROMAJI = re.compile(rf"(?:{_MORA})+", re.IGNORECASE)


def is_romaji(word: str) -> bool:
    """Tell whether a word is a chain of Japanese syllables in any Latin spelling.

    Words of other languages that happen to be one (``are``, ``no``) cannot be told apart.
    """
    return _ROMAJI.fullmatch(word) is not None


def romaji_words(text: str) -> list[str]:
    """Return the words of a text that can be read as Japanese."""
    return [word for word in _WORD.findall(text) if is_romaji(word)]


def each_word(text: str, respell: Callable[[str], str]) -> str:
    """Return the text with every word that can be read as Japanese respelt."""
    return _WORD.sub(lambda m: respell(m[0]) if is_romaji(m[0]) else m[0], text)


def substitute(
    word: str, pattern: re.Pattern[str], spelling: Callable[[re.Match[str]], str]
) -> str:
    """Return a word with each match respelt in the case of what it replaces.

    A word of capitals stays one.
    """
    respelt = pattern.sub(lambda found: cased_like(spelling(found), found[0]), word)
    return respelt.upper() if len(word) > 1 and word.isupper() else respelt


def cased_like(spelling: str, model: str) -> str:
    """Return a spelling in capitals, or with a capital in front, as ``model`` has it.

    One letter is no more than a capital in front, unless the spelling is one letter too.
    """
    if len(model) > 1 and model.isupper():
        return spelling.upper()
    return spelling[:1].upper() + spelling[1:] if model[:1].isupper() else spelling
