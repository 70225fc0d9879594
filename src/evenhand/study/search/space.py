"""Spaces: which settings a search may choose, and from what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evenhand.study.search.keys import part_of
from evenhand.toml import toml_text

NEAR = 1e-8
"""Share of a step by which rounding may miss it."""
Value = Any
"""What stands in a run file: a number, a word, a list."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Args:
        low: least.
        high: greatest, above ``low``.
        log: whether factors count rather than differences.
        step: distance of neighbours; None is 1 for whole numbers, and none for others.
        whole: whether they are whole numbers.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    whole: bool = False

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest."""
        return self.low, self.high

    def holds(self, value: Value) -> bool:
        """Say whether ``value`` is one of them."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        steps = (value - self.low) / (self.step or (1 if self.whole else value - self.low or 1))
        return self.low <= value <= self.high and abs(steps - round(steps)) < NEAR

    def size(self) -> float:
        """Return how many there are."""
        step = self.step or (1 if self.whole else 0)
        return math.inf if not step else math.floor((self.high - self.low) / step) + 1

    def line(self) -> str:
        """Return it in words."""
        how = " in factors" if self.log else f" by {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{how}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as a space file has it, and whether it is of whole numbers."""
        return {n: value for n, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Choice:
    """Some values in no order.

    Args:
        values: at least one, all different.
    """

    values: tuple[Value, ...]

    @property
    def texts(self) -> tuple[Any, ...]:
        """The values as a storage keeps them: what is no scalar as its TOML."""
        return tuple(map(as_stored, self.values))

    def holds(self, value: Value) -> bool:
        """Say whether ``value`` is one of them."""
        return as_stored(value) in self.texts

    def size(self) -> float:
        """Return how many there are."""
        return len(self.values)

    def line(self) -> str:
        """Return them in words."""
        return ", ".join(
            value if isinstance(value, str) else toml_text(value) for value in self.values
        )

    def to_dict(self) -> list[Value]:
        """Return them as a space file has them."""
        return list(self.values)


Dimension = Range | Choice


@dataclass(frozen=True)
class Space:
    """What a search may choose.

    Args:
        name: preset, or file.
        dimensions: key -> what it may be; parts are named before their settings.
        owners: key of a setting -> the parts that have it; it is chosen only with one of them.
        recipe: section -> the part that the recipe names, for sections whose part is not chosen.
    """

    name: str
    dimensions: Mapping[str, Dimension]
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recipe: Mapping[str, str] = field(default_factory=dict)

    def applies(self, key: str, chosen: Mapping[str, Value]) -> bool:
        """Say whether the setting ``key`` is there once the parts are ``chosen``."""
        part = part_of(key)
        if part is None:
            return True
        name = chosen.get(f"{part[0]}.name", self.recipe.get(part[0]))
        return name in self.owners[key]

    def value(self, key: str, stored: Any) -> Value:
        """Return what a storage keeps as it stands in a run file."""
        dimension = self.dimensions[key]
        if isinstance(dimension, Choice):
            return dimension.values[dimension.texts.index(stored)]
        return stored

    def settings(self, params: Mapping[str, Any]) -> list[str]:
        """Return chosen values as ``section.key=value``, for ``config.override``."""
        return [f"{key}={toml_text(self.value(key, kept))}" for key, kept in params.items()]

    def inside(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return those of ``values`` that the space holds, as a storage keeps them."""
        named = {key: value for key, value in values.items() if key in self.dimensions}
        return {
            key: as_stored(value)
            for key, value in named.items()
            if self.dimensions[key].holds(value) and self.applies(key, named)
        }

    def size(self) -> float:
        """Return how many combinations there are at most."""
        return math.prod(dimension.size() for dimension in self.dimensions.values())

    def lines(self) -> list[str]:
        """Return a line a key."""
        width = max(map(len, self.dimensions))
        return [f"{key:<{width}}  {what.line()}" for key, what in self.dimensions.items()]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {
            "name": self.name,
            "dimensions": {key: what.to_dict() for key, what in self.dimensions.items()},
            "owners": {key: list(names) for key, names in self.owners.items()},
            "recipe": dict(self.recipe),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Space:
        """Return the space that ``to_dict`` described."""
        return cls(
            stored["name"],
            {
                key: Choice(tuple(what)) if isinstance(what, list) else Range(**what)
                for key, what in stored["dimensions"].items()
            },
            {key: tuple(names) for key, names in stored["owners"].items()},
            stored["recipe"],
        )


def as_stored(value: Value) -> Any:
    """Return a value as a storage keeps it: scalars as they are, others as TOML."""
    return value if isinstance(value, str | bool | int | float) else toml_text(value)
