"""CANINE without its dependence on how far a batch is padded.

The network folds ``downsampling_rate`` characters into one molecule, drops the last molecule and
looks two characters ahead at the end, so a text's states change with the padding behind it, and
three characters are too few. Two molecules of padding more than a text fills settle both: from
there on, further padding changes nothing.
"""
# Shapes: B texts, T characters, D width of a state.

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from transformers import CanineModel
from transformers.modeling_outputs import BaseModelOutput

SPARE = 2


class Canine(CanineModel):  # type: ignore[misc]
    """``CanineModel`` that pads for itself and gives one state a character."""

    @classmethod
    def from_config(cls, config: Any, *, attn_implementation: str) -> Canine:
        """Return a network with random weights."""
        made: Canine = cls._from_config(config, attn_implementation=attn_implementation)
        return made

    def get_input_embeddings(self) -> nn.Module | None:
        """Return None: characters are hashed into several tables, none is the input's."""
        return None

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> BaseModelOutput:
        """Return the characters' states, ``(B, T, D)``, free of what pads the batch.

        Args:
            input_ids: code points, int64, ``(B, T)``.
            attention_mask: 1 for a character, 0 for padding.
        """
        length = input_ids.shape[1]
        rate: int = self.config.downsampling_rate
        missing = (0, -length % rate + SPARE * rate)
        padded = super().forward(
            input_ids=functional.pad(input_ids, missing),
            attention_mask=functional.pad(attention_mask, missing),
        )
        return BaseModelOutput(last_hidden_state=padded.last_hidden_state[:, :length])
