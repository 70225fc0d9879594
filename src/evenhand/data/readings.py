"""The parts of a Japanese text and how they are read, by the dictionary of the extra."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from evenhand.extras import need

EXTRA, DICTIONARY = "japanese", "core"
_MOST = 10_000
"""Characters at once; the tokenizer takes 49,149 bytes, and a character is four at most."""
_UNREAD = "キゴウ"
"""What the dictionary gives as the reading of a sign that has none."""


@dataclass(frozen=True)
class Part:
    """A part of a text as the dictionary cuts it.

    Args:
        written: as it stands in the text.
        reading: in katakana; as written where the dictionary has none.
        kind: part of speech, in the dictionary's words: ``助詞`` is a particle.
        detail: what kind of it: ``接続助詞`` joins clauses.
        base: its dictionary form.
    """

    written: str
    reading: str
    kind: str
    detail: str = "*"
    base: str = ""


def parts(text: str) -> Iterator[Part]:
    """Cut a text into parts; joined, they are the text again.

    Args:
        text: in NFKC form.

    Raises:
        MissingExtraError: E104 without the extra ``japanese``.
    """
    tokenizer = _tokenizer()
    for piece in _pieces(text):
        for found in tokenizer.tokenize(piece):
            written, reading = found.surface(), found.reading_form()
            kind, detail = found.part_of_speech()[:2]
            unread = reading == _UNREAD and kind == "補助記号"
            yield Part(
                written, written if unread else reading, kind, detail, found.dictionary_form()
            )


def _pieces(text: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        for start in range(0, len(line), _MOST):
            yield line[start : start + _MOST]


@cache
def _tokenizer() -> Any:
    need(EXTRA, f"sudachidict_{DICTIONARY}")
    sudachi = need(EXTRA, "sudachipy")
    return sudachi.Dictionary(dict=DICTIONARY).tokenizer(sudachi.SplitMode.C)
