"""A static encoder: every token has one vector, whatever stands beside it.

There are no layers, so a text costs a look-up for each token. What a label needs of word order
or negation is out of reach; words that give a label away are not.
"""
# Shapes: B texts, T tokens, D width of a vector, V ids.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.models.source import STATIC_TYPE
from evenhand.models.word_table import States, WordTable


@dataclass
class StaticConfig:
    """What rebuilds a static encoder around its weights.

    Args:
        vocab_size: V.
        hidden_size: D.
        pad_token_id: id that fills batches up; its vector never counts.
    """

    vocab_size: int
    hidden_size: int
    pad_token_id: int | None = None
    model_type: str = STATIC_TYPE

    def to_dict(self) -> dict[str, Any]:
        """Return the values for ``config.json``."""
        return asdict(self)


class StaticEncoder(WordTable):
    """Token ids in, one normalised vector a token out.

    The norm lets every token start with the same weight in a mean, whatever the length of its
    vector in the backbone; its scale is learned.

    Args:
        config: sizes.
    """

    def __init__(self, config: StaticConfig) -> None:
        super().__init__(config)
        self.config = config
        self.norm = nn.LayerNorm(config.hidden_size)

    @classmethod
    @torch.no_grad()
    def of(cls, words: nn.Embedding, *, pad_token_id: int | None) -> StaticEncoder:
        """Return an encoder that starts at the vectors of ``words``, ``(V, D)``."""
        rows, width = words.weight.shape
        encoder = cls(StaticConfig(rows, width, pad_token_id))
        encoder.words.weight.copy_(words.weight)
        return encoder

    @classmethod
    def blank(cls, config: Mapping[str, Any]) -> StaticEncoder:
        """Return an encoder of the sizes that ``StaticConfig.to_dict`` named."""
        sizes = ("vocab_size", "hidden_size", "pad_token_id")
        return cls(StaticConfig(**{name: config[name] for name in sizes}))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> States:
        """Return the tokens' vectors, ``(B, T, D)``; neither mask nor neighbours change them."""
        return States(self.norm(self.words(input_ids)))
