"""Losses: ``(logits, targets)`` to one value an example, in nats.

A loss neither averages nor weighs examples; that happens once, in ``training/objective.py``.
Naming a loss imports it, and torch with it; importing this room does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from evenhand.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LOSSES", "Loss"]


class Loss(Protocol):
    """What a loss is once its settings are fixed."""

    def __call__(self, logits_BC: Tensor, targets_BC: Tensor, /) -> Tensor:
        """Return one value an example, nats, ``(B,)``.

        Args:
            logits_BC: unnormalised scores, any float type, ``(B, C)``. Never probabilities.
            targets_BC: in [0, 1], same shape; NaN marks an unknown label, which costs
                nothing and has no gradient.
        """
        ...


LOSSES: Registry[Loss] = Registry(
    "loss",
    {
        "auto": "evenhand.losses.auto",
        "bce": "evenhand.losses.bce",
        "ce": "evenhand.losses.ce",
        "weighted-bce": "evenhand.losses.weighted_bce",
        "weighted-ce": "evenhand.losses.weighted_ce",
        "focal": "evenhand.losses.focal",
    },
)
