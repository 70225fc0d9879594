"""Pooling: the states of a text's tokens become one vector.

Naming a pooling imports it, and torch with it; importing this module does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evenhand.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor


class Pooling(Protocol):
    """A ``torch.nn.Module`` built for states of width D."""

    def __call__(self, states_BTD: Tensor, mask_BT: Tensor, /) -> Tensor:
        """Return one vector a text, ``(B, width(D))``, in the type of the states.

        Args:
            states_BTD: hidden states, any float type; never written to.
            mask_BT: non-zero where there is a token; other positions never count.
        """
        ...

    def width(self, states_width: int) -> int:
        """Return how wide the vector is for states of that width."""
        ...


MODULE = "evenhand.models.poolers"
POOLINGS: Registry[Pooling] = Registry(
    "pooling", dict.fromkeys(("cls", "mean", "max", "mean-max", "attention"), MODULE)
)
