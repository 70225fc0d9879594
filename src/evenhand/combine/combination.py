"""What a combination is, and the roll call of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from evenhand.combine.voices import Voices
from evenhand.registry import Registry
from evenhand.types import Probs


class Combination(Protocol):
    """Makes one probability of what the members say."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        ...

    @property
    def members(self) -> int | None:
        """How many members it is for; None where any number will do."""
        ...

    def apply(self, voices: Voices) -> Probs:
        """Return combined probabilities, ``(N, C)``."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return everything needed to build it again: ``name`` and plain values."""
        ...


COMBINATIONS: Registry[Combination] = Registry(
    "combination",
    {
        "average": "evenhand.combine.mixture",
        "weighted": "evenhand.combine.weighted",
        "greedy": "evenhand.combine.greedy",
        "vote": "evenhand.combine.vote",
        "stack": "evenhand.combine.stack",
    },
)
"""Fits: ``(voices, tune) -> Combination``, by name; ``tune`` holds truth and groups of the rows."""

STORED: Registry[Combination] = Registry(
    "stored combination",
    {
        "average": "evenhand.combine.mixture",
        "weighted": "evenhand.combine.mixture",
        "greedy": "evenhand.combine.mixture",
        "vote": "evenhand.combine.vote",
        "stack": "evenhand.combine.stack",
    },
)
"""Builds a fitted combination from its stored values, by the name that ``to_dict`` gave."""


def from_dict(stored: Mapping[str, Any]) -> Combination:
    """Build the combination that ``to_dict`` described.

    Raises:
        ConfigError: E101 for an unknown name, E102 for values that cannot be.
    """
    settings = {key: value for key, value in stored.items() if key != "name"}
    return STORED.build(str(stored.get("name")), settings=settings)
