"""The poolings: first token, mean, maximum, both, and learned attention."""
# Shapes: B texts, T tokens, D width of a state.

from __future__ import annotations

import torch
from torch import Tensor, nn

from evenhand.models.pooling import POOLINGS, Pooling


class Pooler(nn.Module):
    """What the poolings share: a vector as wide as a state."""

    def width(self, states_width: int) -> int:
        """Return how wide the vector is for states of that width."""
        return states_width


class First(Pooler):
    """The state of the first token, wherever padding puts it."""

    def forward(self, states_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return the first unmasked state, ``(B, D)``."""
        first_B = (mask_BT != 0).int().argmax(dim=1)
        return states_BTD[torch.arange(len(states_BTD), device=states_BTD.device), first_B]


class Mean(Pooler):
    """The average state, summed in float32."""

    def forward(self, states_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return ``sum of states / number of tokens``, ``(B, D)``; 0 for an empty text."""
        present_BT1 = (mask_BT != 0).unsqueeze(2)
        total_BD = states_BTD.masked_fill(~present_BT1, 0).sum(dim=1, dtype=torch.float32)
        return (total_BD / present_BT1.sum(dim=1).clamp_min(1)).to(states_BTD.dtype)


class Max(Pooler):
    """The largest value of each dimension."""

    def forward(self, states_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return the maximum over tokens, ``(B, D)``; 0 for an empty text."""
        absent_BT1 = (mask_BT == 0).unsqueeze(2)
        largest_BD = states_BTD.masked_fill(absent_BT1, -torch.inf).amax(dim=1)
        return largest_BD.masked_fill(absent_BT1.all(dim=1), 0)


class MeanMax(Pooler):
    """Mean and maximum side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.mean, self.max = Mean(), Max()

    def forward(self, states_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return mean, then maximum, ``(B, 2D)``."""
        both = self.mean(states_BTD, mask_BT), self.max(states_BTD, mask_BT)
        return torch.cat(both, dim=1)

    def width(self, states_width: int) -> int:
        """Return twice the width of a state."""
        return 2 * states_width


class Attention(Pooler):
    """An average whose weights are learned: softmax of each state's product with a query.

    The query starts at zero, where every token weighs the same: the mean.
    """

    def __init__(self, states_width: int) -> None:
        super().__init__()
        self.query_D = nn.Parameter(torch.zeros(states_width))

    def forward(self, states_BTD: Tensor, mask_BT: Tensor) -> Tensor:
        """Return ``sum_t softmax(h_t . q / sqrt(D)) h_t``, ``(B, D)``; 0 for an empty text."""
        absent_BT = mask_BT == 0
        x_BTD = states_BTD.masked_fill(absent_BT.unsqueeze(2), 0).float()
        scores_BT = (x_BTD * self.query_D.float()).sum(dim=2) / len(self.query_D) ** 0.5
        lowest = torch.finfo(scores_BT.dtype).min
        weights_BT = scores_BT.masked_fill(absent_BT, lowest).softmax(dim=1)
        pooled_BD: Tensor = (weights_BT.unsqueeze(2) * x_BTD).sum(dim=1)
        return pooled_BD.to(states_BTD.dtype)


@POOLINGS.register("cls")
def first_token(states_width: int, /) -> Pooling:
    """The first token's state, which BERT-like backbones train as a summary."""
    return First()


@POOLINGS.register("mean")
def mean(states_width: int, /) -> Pooling:
    """The average state: what sentence encoders such as MiniLM were trained with."""
    return Mean()


@POOLINGS.register("max")
def largest(states_width: int, /) -> Pooling:
    """The largest value of each dimension: one strong token is enough."""
    return Max()


@POOLINGS.register("mean-max")
def mean_max(states_width: int, /) -> Pooling:
    """Mean and maximum side by side, twice as wide."""
    return MeanMax()


@POOLINGS.register("attention")
def attention(states_width: int, /) -> Pooling:
    """A learned weighting of the tokens that starts as the mean."""
    return Attention(states_width)
