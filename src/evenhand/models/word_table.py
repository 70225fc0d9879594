"""What encoders of our own have in common with those of transformers: a table of vectors below."""
# Shapes: B texts, T tokens, V ids, D width of a vector.

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn


class States(NamedTuple):
    """What a transformers encoder returns, as far as it is read here.

    Args:
        last_hidden_state: ``(B, T, D)``.
        hidden_states: of every layer, the last included; None where nobody asked.
    """

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] | None = None


class Sizes(Protocol):
    """What the table has to know of an encoder's config: ``vocab_size`` V, ``hidden_size`` D."""

    vocab_size: int
    hidden_size: int


class WordTable(nn.Module):
    """Base of encoders that look every id up in ``words``, ``(V, D)``.

    Args:
        config: sizes; ``vocab_size`` follows the table when it grows.
    """

    words: nn.Embedding

    def __init__(self, config: Sizes) -> None:
        super().__init__()
        self.sizes = config
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)

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
        grown = nn.Embedding(rows, self.sizes.hidden_size, device=old_VD.device)
        if mean_resizing:
            grown.weight.copy_(old_VD.mean(dim=0).expand_as(grown.weight))
        kept = min(rows, len(old_VD))
        grown.weight[:kept] = old_VD[:kept]
        self.words, self.sizes.vocab_size = grown, rows
        return grown
