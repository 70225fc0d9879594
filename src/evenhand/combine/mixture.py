"""Mixtures: a weighted mean of the members' probabilities; the plain mean is one."""
# Shapes: M members, N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.combine.combination import COMBINATIONS, STORED, Combination
from evenhand.combine.voices import Voices
from evenhand.errors import ConfigError
from evenhand.types import Predictions, Probs

ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """``p = sum of w_m p_m``; at equal weights the average.

    Args:
        name: how the weights were found.
        weights: one a member, >= 0, of sum 1.

    Raises:
        ConfigError: E102 for other weights.
    """

    name: str
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if min(self.weights, default=-1.0) < 0 or abs(sum(self.weights) - 1) > ROUNDING:
            raise ConfigError(
                "E102",
                "the weights of an ensemble are no shares",
                got=repr(list(self.weights)),
                fix="pass weights of at least 0 that add up to 1",
            )

    @property
    def members(self) -> int:
        """How many members it is for."""
        return len(self.weights)

    def apply(self, voices: Voices) -> Probs:
        """Return the weighted mean of the members' probabilities, ``(N, C)``."""
        mixed_NC = np.tensordot(np.array(self.weights), voices.probs_MNC, axes=1)
        return Probs(np.clip(mixed_NC, 0.0, 1.0))

    def to_dict(self) -> dict[str, Any]:
        """Return name and weights."""
        return {"name": self.name, "weights": list(self.weights)}


@STORED.register("average")
def _average(*, weights: list[float]) -> Combination:
    """Return a plain mean."""
    return Mixture(name="average", weights=tuple(weights))


@STORED.register("weighted")
def _weighted(*, weights: list[float]) -> Combination:
    """Return a mean by weights."""
    return Mixture(name="weighted", weights=tuple(weights))


@STORED.register("greedy")
def _greedy(*, weights: list[float]) -> Combination:
    """Return a mean by how often each member was taken."""
    return Mixture(name="greedy", weights=tuple(weights))


@COMBINATIONS.register("average")
def average(voices: Voices, tune: Predictions, /) -> Combination:
    """Mean of the members' calibrated probabilities; nothing is fitted."""
    del tune
    return Mixture(name="average", weights=(1 / len(voices),) * len(voices))
