"""A Japanese text in Latin letters: parts joined to words, particles as they sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from evenhand.data.kana import JAPANESE, KANJI, System, katakana, to_latin
from evenhand.data.readings import Part, parts

_KANJI = re.compile(f"[{KANJI}]")
_DRAWN_OUT = re.compile("[ーっッゃゅょぁぃぅぇぉャュョァィゥェォ]+")
_MARKS = {"゛": "\u3099", "゜": "\u309a"}
_LONE_MARKS = str.maketrans("", "", "".join(_MARKS.values()))
_DOTS = re.compile("・{2,}")
_SIGNS = str.maketrans("、。「」『』【】〔〕〈〉〜・", ',.""""[][]<>~ ')
_STOPS = ",.!?;:、。"
_PARTICLE, _AUXILIARY, _PREFIX, _SUFFIX = "助詞", "助動詞", "接頭辞", "接尾辞"
_INFLECTED = ("動詞", "形容詞", _AUXILIARY)
_APART = ("だ", "です", "じゃ", "じゃん", "や", "やろ", "やん", "らしい", "みたい", "なり")
"""Auxiliaries that are written as words of their own."""
_ENDINGS = ("て", "で", "ば", "ちゃ", "じゃ", "たり", "だり", "つつ", "ながら")
"""Particles that are written together with the verb before them."""
_SMALL_TSU, _DOUBLED = ("っ", "ッ"), ("た", "て", "と", "だ")
"""``さらっと`` is one word: its consonant is double."""
_SOUNDS = {"は": "わ", "へ": "え"}
_SPOKEN = {"コンニチハ": "コンニチワ", "コンバンハ": "コンバンワ", "コンチハ": "コンチワ"}
_SPOKEN |= {"アルイハ": "アルイワ", "モシクハ": "モシクワ"}
"""Whole words with the particle in them."""


class Spacing(StrEnum):
    """Where blanks stand."""

    WORDS = "words"
    """Between words, and after commas and full stops."""
    NONE = "none"
    """Only where the text itself has some."""


class Shape(StrEnum):
    """What a unit is to its neighbours."""

    WORD = "word"
    OPEN = "open"
    CLOSE = "close"
    OTHER = "other"


@dataclass(frozen=True)
class Unit:
    """A word, or what stands between words.

    Args:
        kana: what is spelt; signs other than katakana stay as they are.
        shape: what it is to its neighbours.
        japanese: whether Japanese writes it; between two units that it does not nothing changes.
    """

    kana: str
    shape: Shape
    japanese: bool


def romaji(text: str, *, system: System = System.HEPBURN, spacing: Spacing = Spacing.WORDS) -> str:
    """Return a text in Latin letters; what is not Japanese stays as it is, in NFKC form.

    Kanji are read as the dictionary reads them, kana as they are written, the particles ``は``
    and ``へ`` as they sound. A kanji that the dictionary does not know stays. The result depends
    on the text alone.

    Args:
        text: any.
        system: of spelling.
        spacing: where blanks stand.

    Raises:
        MissingExtraError: E104 without the extra ``japanese``.
    """
    plain = normal(text)
    if not JAPANESE.search(plain):
        return plain.translate(_SIGNS)
    written: list[str] = []
    before: Unit | None = None
    for unit in units(parts(plain)):
        if before is not None and spacing is Spacing.WORDS and _parted(before, unit):
            written.append(" ")
        written.append(to_latin(unit.kana, system))
        before = unit
    return "".join(written).translate(_SIGNS)


def normal(text: str) -> str:
    """Return a text in NFKC form, dots in the middle of a line as dots.

    Half-width kana become full, full-width letters and digits plain; a mark of voice after a
    sound that has none goes.
    """
    for mark, combining in _MARKS.items():
        text = text.replace(mark, combining)
    text = unicodedata.normalize("NFKC", text).translate(_LONE_MARKS)
    return _DOTS.sub(lambda dots: "." * len(dots[0]), text)


def units(found: Iterable[Part]) -> Iterator[Unit]:
    """Join the parts of verbs, affixes and drawn-out sounds to words."""
    part_before: Part | None = None
    unit: Unit | None = None
    for part in found:
        new = _unit(part, unit)
        if unit and part_before and _joins(part_before, part) and _words(unit, new):
            unit = Unit(unit.kana + new.kana, Shape.WORD, japanese=True)
        else:
            if unit:
                yield unit
            unit = new
        part_before = part
    if unit:
        yield unit


def _unit(part: Part, before: Unit | None) -> Unit:
    written = part.written
    if not JAPANESE.search(written):
        return Unit(written, _shape(written), japanese=written.translate(_SIGNS) != written)
    if _KANJI.search(written):
        written = part.reading
    elif part.kind == _PARTICLE and before is not None and not _begins_after(before):
        written = _SOUNDS.get(written, written)
    kana = katakana(written)
    return Unit(_SPOKEN.get(kana, kana), Shape.WORD, japanese=True)


def _shape(written: str) -> Shape:
    last = written[-1:]
    category = unicodedata.category(last) if last else ""
    if last.isalnum():
        return Shape.WORD
    if category in ("Ps", "Pi"):
        return Shape.OPEN
    return Shape.CLOSE if category in ("Pe", "Pf") or last in f"{_STOPS}%" else Shape.OTHER


def _begins_after(unit: Unit) -> bool:
    """Tell whether what follows begins a sentence or a line, where no particle can stand."""
    return unit.kana[-1:].isspace() or unit.kana[-1:] in _STOPS


def _joins(before: Part, part: Part) -> bool:
    """Tell whether two parts are one word: a verb and its endings, an affix, a drawn-out sound."""
    if part.kind == _SUFFIX or before.kind == _PREFIX or _DRAWN_OUT.fullmatch(part.written):
        return True
    if before.written[-1:] in _SMALL_TSU and part.written[:1] in _DOUBLED:
        return True
    if before.kind not in _INFLECTED:
        return False
    if part.kind == _AUXILIARY:
        return part.base not in _APART
    ending = part.base in _ENDINGS and part.detail in ("接続助詞", "副助詞")
    return part.kind == _PARTICLE and ending


def _words(one: Unit, other: Unit) -> bool:
    both = one.shape is Shape.WORD and other.shape is Shape.WORD
    return both and (one.japanese or other.japanese)


def _parted(before: Unit, unit: Unit) -> bool:
    apart = before.shape in (Shape.WORD, Shape.CLOSE) and unit.shape in (Shape.WORD, Shape.OPEN)
    return apart and (before.japanese or unit.japanese)
