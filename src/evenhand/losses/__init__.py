"""Losses: ``(logits, targets)`` to one value an example, in nats.

A loss neither averages nor weighs examples; that happens once, in ``training/objective.py``.
Naming a loss imports it, and torch with it; importing this room does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.losses.corrections import NEUTRAL, correcting_settings
from evenhand.losses.forms import Deferred, Loss, Shifted, loss_at, shift_of
from evenhand.registry import Registry

__all__ = [
    "BATCHWISE",
    "CORRECTIONS",
    "HARD_TARGETS",
    "LOSSES",
    "Deferred",
    "Loss",
    "Shifted",
    "corrects",
    "loss_at",
    "shift_of",
]

LOSSES: Registry[Loss] = Registry(
    "loss",
    {
        "auto": "evenhand.losses.auto",
        "bce": "evenhand.losses.bce",
        "ce": "evenhand.losses.ce",
        "weighted-bce": "evenhand.losses.weighted_bce",
        "weighted-ce": "evenhand.losses.weighted_ce",
        "focal": "evenhand.losses.focal",
        "asymmetric": "evenhand.losses.asymmetric",
        "class-balanced": "evenhand.losses.class_balanced",
        "distribution-balanced": "evenhand.losses.distribution_balanced",
        "logit-adjusted": "evenhand.losses.logit_adjusted",
        "balanced-softmax": "evenhand.losses.balanced_softmax",
        "ldam": "evenhand.losses.ldam",
        "zlpr": "evenhand.losses.zlpr",
        "soft-f1": "evenhand.losses.soft_f1",
    },
)

CORRECTIONS: frozenset[str] = frozenset(NEUTRAL)
"""Losses that by themselves correct imbalance, unless their settings say otherwise."""

HARD_TARGETS: set[str] = set()
"""Losses that cannot take targets between 0 and 1; none of ours, a plug-in adds its own."""

BATCHWISE: frozenset[str] = frozenset({"soft-f1"})
"""Losses in which a row's value depends on the other rows of its batch."""


def corrects(name: str, settings: Mapping[str, Any]) -> str | None:
    """Say by what the loss ``name`` corrects imbalance: ``"loss focal (gamma, alpha)"``.

    Args:
        name: of a loss.
        settings: those that were given; the others stand at their defaults.

    Returns:
        A short phrase; none where the loss corrects nothing at these settings.

    Raises:
        ConfigError: E102 for a setting that the loss does not have, or out of its range.
    """
    if name not in CORRECTIONS:
        return None
    if not NEUTRAL[name]:
        return f"loss {name}"
    by = correcting_settings(name, LOSSES.validate(name, settings))
    return f"loss {name} ({', '.join(by)})" if by else None
