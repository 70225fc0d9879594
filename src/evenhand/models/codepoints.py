"""Tokenizers without a file: ByT5's bytes, CANINE's code points, and the bytes of ``bytes``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.models.source import BYTES_TYPE, read_config

CLS, SEP = 0xE000, 0xE001
CODE_POINTS = '{"model": {"type": "CodePoints"}}'
"""What stands in ``tokenizer.json`` for a tokenizer of code points; it has no settings."""
SPECIALS = ("<pad>", "</s>", "<unk>")
"""ByT5's ids below the bytes."""
EXTRA_IDS = 125
OWN_MARKS = ("<pad>", "<s>", "</s>")
"""The ids of ``bytes`` below the bytes."""


@dataclass(frozen=True)
class Encoding:
    """What the tokenizers library returns for a text, as far as it is read here.

    Args:
        ids: code points, int32.
        overflowing: whether the text was cut.
    """

    ids: NDArray[np.int32]
    overflowing: bool


class CodePoints:
    """A tokenizer whose ids are Unicode code points, as CANINE reads them.

    It stands where a ``tokenizers.Tokenizer`` does: a vocabulary of 1,114,112 entries is no
    table to look things up in.
    """

    def __init__(self) -> None:
        self._most: int | None = None

    def get_vocab_size(self, with_added_tokens: bool = True) -> int:
        """Return the number of code points."""
        return 0x110000

    def no_padding(self) -> None:
        """Do nothing: it never pads."""

    def no_truncation(self) -> None:
        """Keep texts whole."""
        self._most = None

    def enable_truncation(self, max_length: int) -> None:
        """Keep ``max_length`` ids of a text, end marks included."""
        self._most = max_length

    def encode(self, text: str, add_special_tokens: bool = True) -> Encoding:
        """Return the code points of ``text``, between its end marks if asked for."""
        ids = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<i4").astype(np.int32)
        ends = 2 if add_special_tokens else 0
        room = len(ids) if self._most is None else max(self._most - ends, 0)
        kept = ids[:room]
        if add_special_tokens:
            kept = np.concatenate([[CLS], kept, [SEP]]).astype(np.int32)
        return Encoding(kept, len(ids) > room)

    def encode_batch(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the code points of each text between end marks."""
        return [self.encode(text) for text in texts]


def written_as_code(folder: Path) -> str | None:
    """Return the definition of a folder's tokenizer that has no file of its own.

    Returns:
        What ``TextTokenizer`` takes; None when transformers has a definition.

    Raises:
        MissingFileError: E107 when the folder has no sound ``config.json``.
    """
    config = read_config(folder)
    if config["model_type"] == BYTES_TYPE:
        return own_definition()
    if is_byt5(folder):
        extra_ids = _tokenizer_config(folder).get("extra_ids")
        return byte_definition(extra_ids if isinstance(extra_ids, int) else EXTRA_IDS)
    return CODE_POINTS if config["model_type"] == "canine" else None


def is_byt5(folder: Path) -> bool:
    """Say whether the files of a folder name ByT5's tokenizer.

    Raises:
        MissingFileError: E107 when the folder has no sound ``config.json``.
    """
    settings = (_tokenizer_config(folder), read_config(folder))
    return "ByT5Tokenizer" in [said.get("tokenizer_class") for said in settings]


def _tokenizer_config(folder: Path) -> dict[str, Any]:
    file = folder / "tokenizer_config.json"
    said: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return said


def byte_definition(extra_ids: int = EXTRA_IDS) -> str:
    """Return ByT5's tokenizer for the tokenizers library: bytes + 3, then ``</s>``.

    Args:
        extra_ids: sentinels ``<extra_id_0>``, ... that follow the bytes.
    """
    import tokenizers

    sentinels = [f"<extra_id_{i}>" for i in range(extra_ids)]
    made = _bytes_above(SPECIALS, sentinels)
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", SPECIALS.index("</s>"))]
    )
    special = [tokenizers.AddedToken(name, lstrip=True, rstrip=True) for name in SPECIALS]
    made.add_special_tokens([*special, *sentinels])
    definition: str = made.to_str()
    return definition


def own_definition() -> str:
    """Return the tokenizer of ``bytes``: every byte + 3, between ``<s>`` and ``</s>``.

    What a text holds is never a mark, also where it reads ``<s>``.
    """
    import tokenizers

    made = _bytes_above(OWN_MARKS)
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[(mark, OWN_MARKS.index(mark)) for mark in ("<s>", "</s>")],
    )
    definition: str = made.to_str()
    return definition


def _bytes_above(marks: Sequence[str], more: Sequence[str] = ()) -> Any:
    """Return a tokenizer of the tokenizers library: ids of ``marks``, the bytes, then ``more``."""
    import tokenizers

    names = [*marks, *_letters_of_bytes(), *more]
    vocabulary = {name: i for i, name in enumerate(names)}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(
        add_prefix_space=False, use_regex=False
    )
    return made


def _letters_of_bytes() -> list[str]:
    """Return the letter by which the tokenizers library writes each byte, 0 to 255.

    Printable ones of Latin-1 stand for themselves, the others for U+0100 onwards in their order.
    """
    plain = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    odd = iter(range(0x100, 0x200))
    return [chr(byte if byte in plain else next(odd)) for byte in range(256)]
