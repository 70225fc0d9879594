"""A small encoder of bytes that starts from nothing: no language, no vocabulary, no download.

Convolutions with growing gaps see what a few neighbouring bytes spell, then words, then phrases;
one layer of attention above them lets the ends of a text meet. There are no positions, so there is
no longest text. From a few hundred texts such a network learns what a plain transformer over
bytes does not: that has to learn first which bytes are neighbours.
"""
# Shapes: B texts, T bytes, D width of a state, H heads of width E,
# K bytes that a convolution sees, W width between.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.source import BYTES_TYPE
from evenhand.models.word_table import States, WordTable


@dataclass
class ByteConfig:
    """What rebuilds the encoder around its weights.

    Args:
        vocab_size: ids: the bytes, and the marks beside them.
        hidden_size: D, a multiple of ``heads``.
        kernel: K, odd.
        dilations: one a convolution, bottom to top: how far apart the bytes lie that it sees.
        heads: H.
        intermediate_size: width of the layer between, after attention.
        dropout: share of each block's output that is left out while training.
        pad_token_id: id that fills batches up; it never counts.
    """

    vocab_size: int
    hidden_size: int
    kernel: int
    dilations: tuple[int, ...]
    heads: int
    intermediate_size: int
    dropout: float
    pad_token_id: int
    model_type: str = BYTES_TYPE

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ByteConfig:
        """Return what ``to_dict`` named; other keys are passed over."""
        known = {field.name: config[field.name] for field in fields(cls)}
        return cls(**known | {"dilations": tuple(config["dilations"])})

    @property
    def num_hidden_layers(self) -> int:
        """Layers whose states can be averaged."""
        return len(self.dilations) + 1

    def to_dict(self) -> dict[str, Any]:
        """Return the values for ``config.json``."""
        return asdict(self) | {"dilations": list(self.dilations)}


class Convolution(nn.Module):
    """Add to each state what the K states around it say, ``gap`` bytes apart.

    Beyond the ends of a text there is nothing, whatever pads the batch.

    Args:
        config: sizes.
        gap: bytes from one state that is seen to the next, >= 1.
    """

    def __init__(self, config: ByteConfig, gap: int) -> None:
        super().__init__()
        self.gap, self.kernel = gap, config.kernel
        self.norm = nn.LayerNorm(config.hidden_size)
        self.mix = nn.Linear(config.kernel * config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return the states with their neighbourhood in them, ``(B, T, D)``."""
        length, reach = x_BTD.shape[1], self.gap * (self.kernel // 2)
        padded = functional.pad(self.norm(x_BTD) * mask_BT[..., None], (0, 0, reach, reach))
        shifts = [padded[:, k * self.gap : k * self.gap + length] for k in range(self.kernel)]
        seen_BTD: Tensor = self.dropout(functional.gelu(self.mix(torch.cat(shifts, dim=-1))))
        return x_BTD + seen_BTD


class Attention(nn.Module):
    """Add to each state what all states of its text say, then pass it through a wider layer.

    Args:
        config: sizes.
    """

    def __init__(self, config: ByteConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.heads
        self.norm, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.wide = nn.Linear(width, config.intermediate_size)
        self.narrow = nn.Linear(config.intermediate_size, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return the states with their text in them, ``(B, T, D)``; padding is never looked at."""
        parts = self.queries_keys_values(self.norm(x_BTD)).chunk(3, dim=-1)
        q_BHTE, k_BHTE, v_BHTE = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts
        )
        scores_BHTT = q_BHTE @ k_BHTE.transpose(2, 3) * q_BHTE.shape[-1] ** -0.5
        scores_BHTT = scores_BHTT.masked_fill(mask_BT[:, None, None] == 0, float("-inf"))
        seen_BTD = (scores_BHTT.softmax(dim=-1) @ v_BHTE).transpose(1, 2).flatten(2)
        x_BTD = x_BTD + self.dropout(self.output(seen_BTD))
        wide_BTW = functional.gelu(self.wide(self.after(x_BTD)))
        more_BTD: Tensor = self.dropout(self.narrow(wide_BTW))
        return x_BTD + more_BTD


class ByteEncoder(WordTable):
    """Byte ids in, one normalised state a byte out; drawn from torch's generator.

    Args:
        config: sizes.
    """

    def __init__(self, config: ByteConfig) -> None:
        super().__init__(config)
        self.config = config
        self.layers = nn.ModuleList(Convolution(config, gap) for gap in config.dilations)
        self.attention = Attention(config)
        self.norm = nn.LayerNorm(config.hidden_size)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, output_hidden_states: bool = False
    ) -> States:
        """Return the bytes' states; what pads the batch does not change them.

        Args:
            input_ids: int64, ``(B, T)``.
            attention_mask: 1 for a byte or mark, 0 for padding, ``(B, T)``.
            output_hidden_states: return the states of every layer as well, each normalised.
        """
        x_BTD = self.words(input_ids)
        states = []
        for layer in (*self.layers, self.attention):
            x_BTD = layer(x_BTD, attention_mask)
            if output_hidden_states:
                states.append(self.norm(x_BTD))
        return States(self.norm(x_BTD), tuple(states) or None)
