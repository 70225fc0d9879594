"""How a tokenizer cuts texts up: tokens, unknown ones, characters and bytes of each text."""
# Shapes: N texts.

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.models.tokens import TextTokenizer


@dataclass(frozen=True)
class TokenCounts:
    """What becomes of each text.

    Args:
        tokens_N: tokens of the text itself, end marks left out and nothing cut off, int64.
        unknown_N: those that stand for what the tokenizer has no token for, int64; None for a
            tokenizer without such a token.
        characters_N: code points of the text, int64.
        bytes_N: of the text in UTF-8, int64.
        cut: texts of which the network reads only the beginning.
    """

    tokens_N: NDArray[np.int64]
    unknown_N: NDArray[np.int64] | None
    characters_N: NDArray[np.int64]
    bytes_N: NDArray[np.int64]
    cut: int


def count_tokens(tokenizer: TextTokenizer, texts: Sequence[str], *, max_length: int) -> TokenCounts:
    """Count the tokens of every text, as far as it goes.

    Args:
        tokenizer: of the network; it is left as it is.
        texts: any number, none too.
        max_length: tokens that the network reads of a text, end marks included.
    """
    whole = TextTokenizer(tokenizer.definition, pad_id=tokenizer.pad_id)
    unknown = unknown_id(tokenizer.definition)
    pieces = [np.array(whole.pieces(text), np.int64) for text in texts]

    def each(values: Sequence[int]) -> NDArray[np.int64]:
        return np.array(values, np.int64)

    return TokenCounts(
        tokens_N=each([len(ids) for ids in pieces]),
        unknown_N=None if unknown is None else each([int((i == unknown).sum()) for i in pieces]),
        characters_N=each([len(text) for text in texts]),
        bytes_N=each([len(text.encode("utf-8", "surrogatepass")) for text in texts]),
        cut=whole.encode(texts, max_length=max_length).truncated,
    )


def unknown_id(definition: str) -> int | None:
    """Return the id of the unknown token; None for a tokenizer that has none.

    Args:
        definition: the JSON text of a tokenizers-library tokenizer, or of code points.
    """
    stored = json.loads(definition)
    model = stored["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    token = model.get("unk_token")
    if token is None:
        return None
    added = {entry["content"]: entry["id"] for entry in stored.get("added_tokens") or ()}
    found = added.get(token, model["vocab"].get(token))
    return None if found is None else int(found)
