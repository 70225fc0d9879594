"""The plan of a search: what was asked and on which rows, before anything is trained."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand import recipes
from evenhand.config import RunConfig, override, parse_config
from evenhand.data import Dataset
from evenhand.data.series import is_series
from evenhand.data.split_file import split_hash
from evenhand.models.presets import family_of, preset_for, with_preset
from evenhand.run.engine import HEAD_RATIO, plan_of
from evenhand.run.pace import Pace, measure_pace
from evenhand.run.prepare import check_parts
from evenhand.run.sources import Sources
from evenhand.run.train import located
from evenhand.run.unchanged import leaves
from evenhand.sampling import SAMPLERS
from evenhand.study.search.reading import SPACES, Recipe, space_of
from evenhand.study.search.space import Space
from evenhand.study.work import duration
from evenhand.types import FitStatistics, Role

OBJECTIVE = "tuned_macro_f1"
"""Macro-F1 on the tune rows, each decided by cuts that other tune rows chose."""
LEAN = ("report.baselines=false", "report.resamples=100", "report.tracker=none")
"""What trials are spared: none of it enters the objective."""


@dataclass(frozen=True)
class Question:
    """What the command was given.

    Args:
        sources: files.
        recipe: name or run file; None is the default of these rows.
        settings: ``section.key=value`` over what the recipe says.
        space: name, or file.
        trials: how many, the recipe itself the first.
        pruner: what ends trials early.
        storage: URL; None is a file in the folder.
    """

    sources: Sources
    recipe: str | None = None
    settings: tuple[str, ...] = ()
    space: str = "small"
    trials: int = 20
    pruner: str = "median"
    storage: str | None = None


@dataclass(frozen=True)
class Plan:
    """A search, settled and checked.

    Args:
        sources: files, report rows among them.
        asked: the recipe with the settings over it, nested; the split is fixed in it.
        space: what a trial may choose.
        effective: key -> value as the recipe uses it.
        trials: how many.
        pruner: what ends trials early.
        storage: URL; None is a file in the folder.
        seed: of the run.
        sha256: of the files and the split without report rows.
        report: report rows, which no trial reads.
        rows: ``fit``, ``tune``, and those ``drawn`` in a pass.
        name: of the study in its storage.
        identity: of the folder, so that no two of one name share a study.
    """

    sources: Sources
    asked: Mapping[str, Any]
    space: Space
    effective: Mapping[str, Any]
    trials: int
    pruner: str
    storage: str | None
    seed: int
    sha256: Mapping[str, str]
    report: int
    rows: Mapping[str, int]
    name: str = ""
    identity: str = ""

    def mark(self) -> dict[str, str]:
        """Return what tells this search from others: short hashes of what must not change."""
        return {
            "data": _digest(self.sha256),
            "space": _digest(self.space.to_dict()),
            "recipe": _digest([self.asked, self.seed]),
            "objective": OBJECTIVE,
            "folder": self.identity,
        }

    def settings(self, number: int, params: Mapping[str, Any]) -> list[str]:
        """Return what a trial has over the recipe; the first has nothing, whatever is stored."""
        return self.space.settings(params) if number else []

    def trial_file(self, number: int, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the run file of a trial, nested."""
        return override(self.asked, [*self.settings(number, params), *LEAN])

    def best_file(self, number: int, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the run file of a trial as it is trained for good."""
        return override(self.asked, self.settings(number, params))

    def pace(self) -> Pace:
        """Return how long the recipe itself takes, by a few of its steps; nothing is written."""
        return measure_pace(self.sources.closed(), self.trial_file(0, {}))

    def lines(self, pace: Pace | None = None) -> list[str]:
        """Return the plan in words, a line each.

        Args:
            pace: of the recipe; None leaves the time open.
        """
        fit, tune, drawn = (self.rows[name] for name in ("fit", "tune", "drawn"))
        epochs, size = (self.effective[f"train.{name}"] for name in ("epochs", "batch_size"))
        first = f"the recipe itself first; pruner {self.pruner}, seed {self.seed}"
        return [
            f"trials  {self.trials}, {first}",
            f"each    up to {epochs} passes of {drawn:,} rows, {size} a batch as the recipe has it",
            f"rows    {fit:,} fit, {tune:,} tune; {self.report:,} report rows, shut to the end",
            "sought  macro-F1 on the tune rows, each decided by cuts that other tune rows chose",
            f"space   {self.space.name}: {_combinations(self.space.size())}",
            *(f"  {line}" for line in self.space.lines()),
            *([] if pace is None else [f"time    {self._time(pace)}"]),
        ]

    def _time(self, pace: Pace) -> str:
        each, every = duration(pace.seconds), duration(self.trials * pace.seconds)
        return (
            f"about {each} of training for the recipe, {every} for all if each takes as long and "
            "none is pruned; --max-time starts no trial after it"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        values = dict(vars(self))
        return values | {"sources": self.sources.to_dict(), "space": self.space.to_dict()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Plan:
        """Return the plan that ``to_dict`` described."""
        values = {name: stored[name] for name in cls.__dataclass_fields__}
        values["sources"] = Sources.from_dict(stored["sources"])
        return cls(**values | {"space": Space.from_dict(stored["space"])})


def settle(question: Question) -> Plan:
    """Check everything that can be wrong before any work starts.

    All files are read once, report rows to see that they can be; no trial opens them again.

    Raises:
        EvenhandError: E101, E102 and E105 for settings and space; E201 to E234 for the rows.
    """
    sources = question.sources
    given = override(recipes.load(question.recipe or sources.recipe()), question.settings)
    split = parse_config(given, source="the run file or --set").split_seed
    asked = located(override(given, [f"data.split_seed={split}"]))
    config = settled(asked)
    check_parts(config)
    said = SPACES.load(question.space)
    whole = sources.read(config)
    dataset = sources.closed().read(config)
    fit = FitStatistics.of(dataset.truth(Role.FIT), dataset.labels.task)
    drawn = _drawn(config, dataset)
    effective = _effective(config, sources, drawn=drawn)
    return Plan(
        sources=sources,
        asked=asked,
        space=space_of(said, Recipe(asked, config, effective), name=question.space),
        effective=effective,
        trials=question.trials,
        pruner=question.pruner,
        storage=question.storage,
        seed=config.seed,
        sha256={"split": split_hash(dataset), **dataset.sha256},
        report=whole.count(Role.REPORT),
        rows={"fit": fit.rows, "tune": dataset.count(Role.TUNE), "drawn": drawn},
    )


def settled(asked: Mapping[str, Any]) -> RunConfig:
    """Return the settings with what the backbone's family wants where nobody said anything."""
    config = parse_config(asked, source="a trial")
    preset = preset_for(asked, backbone=config.model.backbone)
    return parse_config(with_preset(asked, preset), source="a trial")


def _drawn(config: RunConfig, dataset: Dataset) -> int:
    """Return the rows of a pass, as the recipe's sampler draws them."""
    part = config.sampler
    sampler = SAMPLERS.build(
        part.name, dataset.truth(Role.FIT), dataset.labels.task, settings=part.settings()
    )
    return round(float(sampler(0.0).sum()))


def _effective(config: RunConfig, sources: Sources, *, drawn: int) -> dict[str, Any]:
    """Return every key with its value as it is used, also where the rows or the model choose it."""
    values = dict(leaves(config.model_dump(mode="json")))
    values["train.epochs"] = plan_of(config, drawn).epochs
    if config.optim.head_lr is None:
        new = is_series(sources.data) or family_of(config.model.backbone) == "bytes"
        values["optim.head_lr"] = config.optim.lr if new else HEAD_RATIO * config.optim.lr
    return values


def _combinations(size: float) -> str:
    return "no end of combinations" if size == math.inf else f"{size:,.0f} combinations"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
