"""Repeats: the same training from several seeds, and how far their figures lie apart."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.terminal import grid, number

MOST_CLASSES = 8

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """One figure over several seeds.

    Args:
        name: ``macro_f1`` and the like, or a class for its F1.
        values: one a seed; None where it is undefined.
    """

    name: str
    values: tuple[float | None, ...]

    @property
    def mean(self) -> float | None:
        """Mean over the seeds; None where a seed has no value."""
        known = [value for value in self.values if value is not None]
        return statistics.fmean(known) if len(known) == len(self.values) else None

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds, with n - 1; None where a seed has no value."""
        known = [value for value in self.values if value is not None]
        return statistics.stdev(known) if len(known) == len(self.values) else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "mean": self.mean, "deviation": self.deviation}


@dataclass(frozen=True)
class Repeats:
    """What the seeds' metrics have in common, and where they differ.

    The deviation says how much of a figure is the luck of one training. It does not say how much
    is the luck of the rows: the interval of each run does.

    Args:
        seeds: at least two.
        overall: each figure over all classes.
        per_class: F1 of each class.
    """

    seeds: tuple[int, ...]
    overall: tuple[Spread, ...]
    per_class: tuple[Spread, ...]

    @classmethod
    def of(cls, metrics: Mapping[int, Row]) -> Repeats:
        """Gather what ``metrics.json`` holds, a seed each; all of the same rows and classes."""
        first = next(iter(metrics.values()))
        overall = [name for name, value in first["overall"].items() if isinstance(value, Mapping)]
        classes = [row["name"] for row in first["per_class"]]
        return cls(
            tuple(metrics),
            tuple(
                Spread(name, tuple(m["overall"][name]["value"] for m in metrics.values()))
                for name in overall
            ),
            tuple(
                Spread(name, tuple(m["per_class"][place]["f1"]["value"] for m in metrics.values()))
                for place, name in enumerate(classes)
            ),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "seeds": list(self.seeds),
            "overall": {spread.name: spread.to_dict() for spread in self.overall},
            "per_class": [spread.to_dict() for spread in self.per_class],
        }

    def show(self, *, console: Console) -> None:
        """Print figures over all classes, and the classes on which the seeds differ most."""
        seeds = (f"seed {seed}" for seed in self.seeds)
        table = grid("over seeds", *seeds, "mean", "deviation")
        for spread in self.overall:
            _add(table, spread, name=spread.name.replace("_", " "))
        ordered = sorted(self.per_class, key=_unrest, reverse=True)
        for spread in ordered[:MOST_CLASSES]:
            _add(table, spread, name=spread.name)
        console.print(table)
        if len(ordered) > MOST_CLASSES:
            rest = len(ordered) - MOST_CLASSES
            console.print(Text(f"{rest} more classes differ less", style="dim"))


def _unrest(spread: Spread) -> float:
    return float("inf") if spread.deviation is None else spread.deviation


def _add(table: Table, spread: Spread, *, name: str) -> None:
    table.add_row(
        Text(name),
        *(number(v) for v in (*spread.values, spread.mean, spread.deviation)),
    )
