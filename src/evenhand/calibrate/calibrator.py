"""What a calibrator is, the roll call of them, and the loss that judges them."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from evenhand.registry import Registry
from evenhand.types import Floats, Logits, Probs, Scores, Task, Truth

CLIP = 1e-12
"""Probabilities are kept so far from 0 and 1 before a logarithm is taken."""


class Calibrator(Protocol):
    """Turns scores into probabilities that mean what they say."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        ...

    def apply(self, scores: Scores) -> Probs:
        """Return calibrated probabilities, ``(N, C)``."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return everything needed to build it again: ``name`` and plain values."""
        ...


BUILT_IN = {
    "none": "evenhand.calibrate.none",
    "temperature": "evenhand.calibrate.temperature",
    "per-class-temperature": "evenhand.calibrate.per_class_temperature",
    "platt": "evenhand.calibrate.platt",
    "vector": "evenhand.calibrate.vector",
    "beta": "evenhand.calibrate.beta",
    "isotonic": "evenhand.calibrate.isotonic",
}
"""From the simplest to the freest: where two are equally good, ``auto`` takes the earlier."""

CALIBRATORS: Registry[Calibrator] = Registry(
    "calibrator", {**BUILT_IN, "auto": "evenhand.calibrate.auto"}
)
"""Fits: ``(scores, truth_NC, task) -> Calibrator``, by name."""

STORED: Registry[Calibrator] = Registry("stored calibrator", BUILT_IN)
"""Builds a fitted calibrator from its stored values, by the name that ``to_dict`` gave."""


def from_dict(stored: Mapping[str, Any]) -> Calibrator:
    """Build the calibrator that ``to_dict`` described.

    Raises:
        ConfigError: E101 for an unknown name, E102 for values that cannot be.
    """
    settings = {key: value for key, value in stored.items() if key != "name"}
    return STORED.build(str(stored.get("name")), settings=settings)


def as_probs(scores: Scores, task: Task) -> Probs:
    """Return probabilities, uncalibrated: what the scores say by themselves."""
    return scores if isinstance(scores, Probs) else scores.probs(task)


def as_logits(scores: Scores, task: Task) -> Floats:
    """Return logits ``(N, C)``; probabilities are taken back to them, clipped at 1e-12.

    ``log p - log(1 - p)`` for multi-label, ``log p`` for multi-class.
    """
    if isinstance(scores, Logits):
        return scores.values_NC
    p_NC = np.clip(scores.values_NC, CLIP, 1 - CLIP)
    return np.log(p_NC) - np.log1p(-p_NC) if task is Task.MULTILABEL else np.log(p_NC)


def nll(probs: Probs, truth_NC: Truth, task: Task) -> float:
    """Mean negative log-likelihood of the truth, in nats: lower is better calibrated.

    Per known cell for multi-label, per known row for multi-class; NaN truth is left out.
    A probability of 0.5 everywhere costs ``log 2`` a cell; nothing known costs 0.

    Args:
        probs: probabilities, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown).
        task: decides what one observation is.
    """
    sums_N, known_N = row_nll(probs, truth_NC, task)
    known = float(known_N.sum())
    return float(sums_N.sum()) / known if known else 0.0


def row_nll(probs: Probs, truth_NC: Truth, task: Task) -> tuple[Floats, Floats]:
    """Return each row's summed ``nll`` and how many observations it is the sum of, ``(N,)``."""
    p_NC = np.clip(probs.values_NC, CLIP, 1 - CLIP)
    positive_NC = truth_NC == 1
    if task is Task.MULTICLASS:
        return np.where(positive_NC, -np.log(p_NC), 0.0).sum(axis=1), positive_NC.sum(axis=1)
    known_NC = ~np.isnan(truth_NC)
    costs_NC = -np.log(np.where(positive_NC, p_NC, 1 - p_NC))
    return np.where(known_NC, costs_NC, 0.0).sum(axis=1), known_NC.sum(axis=1)
