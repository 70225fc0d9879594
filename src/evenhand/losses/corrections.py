"""Which losses correct imbalance by themselves, and by which of their settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEUTRAL: Mapping[str, Mapping[str, Any]] = {
    "weighted-bce": {"weights": 1.0},
    "weighted-ce": {"weights": 1.0},
    "focal": {"gamma": 0.0, "alpha": "none"},
    "asymmetric": {"gamma_positive": 0.0, "gamma_negative": 0.0, "clip": 0.0},
    "class-balanced": {"beta": 0.0, "gamma": 0.0},
    "distribution-balanced": {"beta": 0.0, "kappa": 0.0, "scale": 1.0},
    "logit-adjusted": {"tau": 0.0},
    "balanced-softmax": {},
    "ldam": {"margin": 0.0, "defer": 1.0},
    "soft-f1": {"share": 0.0},
}
"""Loss -> the settings that correct, each with the value at which it does nothing."""


def correcting_settings(name: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the settings through which the loss ``name`` corrects imbalance.

    Args:
        name: one of ``NEUTRAL``.
        settings: all of the loss's settings, validated.
    """
    neutral = NEUTRAL[name]
    return tuple(key for key in neutral if not _is(settings[key], neutral[key]))


def _is(value: Any, neutral: Any) -> bool:
    return bool(value == neutral) or (isinstance(value, tuple) and set(value) == {neutral})
