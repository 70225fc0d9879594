"""What is asked of a decision: the same settings everywhere that decisions are fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from numbers import Integral, Real
from typing import Any, Literal, TypedDict, get_args

import numpy as np

from evenhand.decide.aim import Aim, check_beta
from evenhand.decide.costs import Costs
from evenhand.decide.ladder import Grid
from evenhand.decide.manner import Manner
from evenhand.decide.shrink import Plan
from evenhand.decide.wish import Wish
from evenhand.errors import ConfigError, did_you_mean
from evenhand.types import LabelSpace, Task

Cuts = Literal["fixed", "global", "per-label"]
Shrink = Literal["none", "auto"]
GridName = Literal["exact", "narrow", "wide"]

GRIDS: dict[str, Grid | None] = {
    "exact": None,
    "narrow": tuple(step / 100 for step in range(30, 81, 5)),
    "wide": tuple(step / 100 for step in range(10, 91, 5)),
}
"""Cuts that are tried: all, 0.30 to 0.80, or 0.10 to 0.90, both in steps of 0.05."""

DEMANDS = ("recall", "precision", "fpr", "alerts")

KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "calibrate": ((str,), "the name of a calibrator"),
    "min_support": ((Integral,), "a whole number"),
    "seed": ((Integral,), "a whole number"),
    "beta": ((Real,), "a number"),
    "micro": ((Real,), "a number"),
    **dict.fromkeys(DEMANDS, ((Mapping,), "a mapping from label to share")),
    "costs": ((Costs, type(None)), "evenhand.decide.Costs"),
    "at_least_one": ((bool, np.bool_), "True or False"),
    "exclusive": ((str, type(None)), "the name of a label"),
    "resamples": ((Integral,), "a whole number"),
}
"""What each setting must be that is not one of a few words."""


class Settings(TypedDict, total=False):
    """The settings of ``fit_decision`` and ``crossfit``; ``Choice`` says what they mean."""

    calibrate: str
    cuts: Cuts
    shrink: Shrink
    min_support: int
    beta: float
    micro: float
    grid: GridName
    recall: Mapping[str, float]
    precision: Mapping[str, float]
    fpr: Mapping[str, float]
    alerts: Mapping[str, float]
    costs: Costs | None
    at_least_one: bool
    exclusive: str | None
    resamples: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is asked for.

    Args:
        calibrate: name of a calibrator.
        cuts: ``fixed`` (0.5, or plain argmax), ``global`` (one cut, or one tilt of all classes
            toward the rare ones) or ``per-label``.
        shrink: ``auto`` pulls per-label values to the shared one by a cross-fitted amount, and
            leaves them fixed where they would not earn their place; ``none`` takes them as
            they are.
        min_support: positives that a label needs for a value of its own, >= 1. A demand is
            fitted to whatever positives there are.
        seed: of folds and resamples.
        beta: weight of recall against precision in the F that is sought, above 0 and at
            most 1000.
        micro: share of micro-F in what is sought, in [0, 1]; the rest is macro-F.
        grid: ``exact`` tries every cut, ``narrow`` and ``wide`` those of ``GRIDS`` (multi-label;
            shrinkage then leaves the grid).
        recall: label -> share of its positives that must be caught; in (0, 1].
        precision: label -> share of its alerts that must be right; in (0, 1].
        fpr: label -> share of the other rows that may be caught; in [0, 1).
        alerts: label -> share of all rows that may be caught; in (0, 1].
        costs: of errors; labels with costs are cut for the least cost.
        at_least_one: a row without labels gets the nearest one (multi-label).
        exclusive: label that yields to any other (multi-label).
        resamples: of the bootstrap for the intervals of the cuts; 0 is none.

    Raises:
        ConfigError: E102 for a value that is none of these.
    """

    calibrate: str = "temperature"
    cuts: Cuts = "per-label"
    shrink: Shrink = "auto"
    min_support: int = 5
    seed: int = 0
    beta: float = 1.0
    micro: float = 0.0
    grid: GridName = "exact"
    recall: Mapping[str, float] = field(default_factory=dict)
    precision: Mapping[str, float] = field(default_factory=dict)
    fpr: Mapping[str, float] = field(default_factory=dict)
    alerts: Mapping[str, float] = field(default_factory=dict)
    costs: Costs | None = None
    at_least_one: bool = False
    exclusive: str | None = None
    resamples: int = 0

    def __post_init__(self) -> None:
        for name, (kinds, said) in KINDS.items():
            _check_kind(name, getattr(self, name), kinds, said)
        _check("cuts", self.cuts, get_args(Cuts))
        _check("shrink", self.shrink, get_args(Shrink))
        _check("grid", self.grid, get_args(GridName))
        _check_range("min_support", self.min_support, self.min_support >= 1, "pass 1 or more")
        check_beta(self.beta)
        _check_range("micro", self.micro, 0 <= self.micro <= 1, "pass 0 to 1")
        _check_range("resamples", self.resamples, self.resamples >= 0, "pass 0 or more")
        for kind, label, value in self.demanded():
            _check_kind(f"{kind}.{label}", value, (Real,), "a number")
            fine, hint = (0 <= value < 1, "[0, 1)") if kind == "fpr" else (0 < value <= 1, "(0, 1]")
            _check_range(f"{kind}.{label}", value, fine, f"pass a share in {hint}")

    def demanded(self) -> Iterator[tuple[str, str, float]]:
        """Yield kind, label and value of each demand."""
        return chain.from_iterable(
            ((kind, label, value) for label, value in getattr(self, kind).items())
            for kind in DEMANDS
        )

    def check_labels(self, labels: LabelSpace) -> None:
        """Refuse names that are no labels, and what does not go with the task.

        Raises:
            DataError: E201 for a name that is no label.
            ConfigError: E105 for parts that do not go together.
        """
        named = [label for _, label, _ in self.demanded()]
        if self.costs is not None:
            self.costs.check_labels(labels)
        for label in [*named, *([self.exclusive] if self.exclusive is not None else [])]:
            labels.index(label)
        if labels.task is Task.MULTICLASS:
            self._refuse_multilabel_settings()
        costly = self.costs.labels if self.costs is not None else frozenset()
        both = next((label for label in named if label in costly), None)
        if both is not None and labels.task is Task.MULTILABEL:
            raise _conflict(
                "a label has costs and a demand",
                f"{both!r} in both",
                "keep one of the two: least cost, or the demand",
            )

    def refuse_idle(self, labels: LabelSpace) -> None:
        """Refuse what is asked of a search that does not take place.

        Raises:
            ConfigError: E105 for beta, micro or a grid where every value is fixed beforehand,
                and for beta or micro where costs alone are what counts.
        """
        priced = self.plan(labels).aim.priced(len(labels)).all()
        seeks = self.cuts != "fixed"
        demanded = any(True for _ in self.demanded())
        given = {
            "beta": self.beta != 1 and not demanded,
            "micro": self.micro != 0,
            "grid": self.grid != "exact" and not demanded,
        }
        for name, used in given.items():
            if used and not seeks:
                raise _conflict(
                    f"{name} steers a search, and these cuts are not searched for",
                    f"{name} = {getattr(self, name)!r}, cuts = {self.cuts!r}",
                    f"take cuts = 'per-label', or drop {name}",
                )
            if used and priced and name != "grid":
                raise _conflict(
                    f"{name} weighs an F, and every label is cut for the least cost",
                    f"{name} = {getattr(self, name)!r}, and costs for every label",
                    f"drop {name}, or the costs",
                )

    def _refuse_multilabel_settings(self) -> None:
        given = {
            "at_least_one": self.at_least_one,
            "exclusive": self.exclusive is not None,
            "grid": self.grid != "exact",
        }
        for name, used in given.items():
            if used:
                raise _conflict(
                    f"{name} is for multi-label data",
                    f"{name} = {getattr(self, name)!r} with one label a row",
                    f"drop {name}: each row gets exactly one label as it is",
                )

    def wishes(self, labels: LabelSpace) -> dict[int, Wish]:
        """Return the wish of each label that has a demand, by position."""
        given: dict[int, dict[str, Any]] = {}
        for kind, label, value in self.demanded():
            given.setdefault(labels.index(label), {})[kind] = value
        return {c: Wish(beta=self.beta, **given[c]) for c in sorted(given)}

    def plan(self, labels: LabelSpace) -> Plan:
        """Return how the values of all labels are fitted."""
        costs = self.costs.arrays(labels) if self.costs is not None else {}
        aim = Aim(beta=self.beta, micro=self.micro, **costs)
        return Plan(aim=aim, min_support=self.min_support, grid=GRIDS[self.grid])

    def manner(self, labels: LabelSpace) -> Manner:
        """Return the rules that come after the cuts."""
        exclusive = None if self.exclusive is None else labels.index(self.exclusive)
        return Manner(self.at_least_one, exclusive)

    def asked(self) -> dict[str, Any]:
        """Return what was asked beyond the defaults, as plain values for JSON."""
        given: dict[str, Any] = {
            "beta": self.beta if self.beta != 1 else None,
            "micro": self.micro or None,
            "grid": self.grid if self.grid != "exact" else None,
            "costs": self.costs.to_dict() if self.costs is not None else None,
        }
        given |= {kind: dict(getattr(self, kind)) or None for kind in DEMANDS}
        return {name: value for name, value in given.items() if value is not None}


def _conflict(what: str, got: str, fix: str) -> ConfigError:
    return ConfigError("E105", what, got=got, fix=fix)


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigError(
            "E102",
            f"{name} has a value that cannot be",
            got=f"{name} = {value!r}",
            fix=did_you_mean(str(value), allowed),
        )


def _check_kind(name: str, value: Any, kinds: tuple[type, ...], said: str) -> None:
    """Refuse a value of another kind; True and False are no numbers."""
    stray = isinstance(value, bool) and bool not in kinds
    if stray or not isinstance(value, kinds):
        raise ConfigError(
            "E102",
            f"{name} is of another kind",
            got=f"{name} = {value!r}",
            fix=f"pass {said}",
        )


def _check_range(name: str, value: float, fine: bool, fix: str) -> None:
    if not fine:
        raise ConfigError("E102", f"{name} is out of range", got=f"{name} = {value!r}", fix=fix)
