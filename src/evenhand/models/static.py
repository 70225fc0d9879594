"""A static encoder: every token has one vector, whatever stands beside it.

There are no layers, so a text costs a look-up for each token. What a label needs of word order
or negation is out of reach; words that give a label away are not.
"""
# Shapes: B texts, T tokens, D width of a vector, V ids.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from evenhand.models.source import STATIC_TYPE


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


class States(NamedTuple):
    """What a transformers encoder returns, as far as it is read here.

    Args:
        last_hidden_state: ``(B, T, D)``.
    """

    last_hidden_state: Tensor


class StaticEncoder(nn.Module):
    """Token ids in, one normalised vector a token out.

    The norm lets every token start with the same weight in a mean, whatever the length of its
    vector in the backbone; its scale is learned.

    Args:
        config: sizes.
    """

    def __init__(self, config: StaticConfig) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
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

    def get_input_embeddings(self) -> nn.Module:
        """Return the table of vectors."""
        return self.words

    def set_input_embeddings(self, words: nn.Module) -> None:
        """Replace the table of vectors."""
        self.words = words  # type: ignore[assignment]

    @torch.no_grad()
    def resize_token_embeddings(self, rows: int, *, mean_resizing: bool = False) -> nn.Module:
        """Make room for ``rows`` ids; new vectors are drawn at random, the others stay.

        Args:
            rows: V from now on.
            mean_resizing: as in transformers; new vectors start as the mean of all.
        """
        old_VD = self.words.weight
        grown = nn.Embedding(rows, self.config.hidden_size, device=old_VD.device)
        if mean_resizing:
            grown.weight.copy_(old_VD.mean(dim=0).expand_as(grown.weight))
        kept = min(rows, len(old_VD))
        grown.weight[:kept] = old_VD[:kept]
        self.words, self.config.vocab_size = grown, rows
        return grown
