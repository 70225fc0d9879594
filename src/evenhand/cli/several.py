"""Several trainings from one command: two recipes, or one recipe from several seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evenhand import recipes
from evenhand.cli.finish import judge_again, tell_gates
from evenhand.cli.terminal import console, screen
from evenhand.config import RunConfig, override, parse_config
from evenhand.durable import write_json
from evenhand.errors import ConfigError
from evenhand.evaluate import compare_summary
from evenhand.evaluate.repeats import Repeats
from evenhand.evaluate.summary import summary
from evenhand.run import Run, Sources, start
from evenhand.run.compare import Sides, compare_sides
from evenhand.run.folder import Layout
from evenhand.toml import toml_text

NOT_OF_ROWS = ("streams", "scale", "auxiliary")
"""Settings of series under which the windows and their labels stay what they are."""


def train_both(
    sources: Sources, pair: tuple[str, str], settings: Sequence[str], *, out: Path
) -> int:
    """Train two recipes on the same rows into ``out/NAME`` each, and compare them.

    Args:
        sources: what both read.
        pair: the old recipe, or run file, and the new one.
        settings: of both, over what the recipes say.
        out: a folder that is empty or not there.

    Returns:
        0, or 1 where a gate failed for the new one.

    Raises:
        ConfigError: E110 when both are the same; E105 when they read the data differently; E109
            when ``out`` is in use.
    """
    names = [Path(name).stem for name in pair]
    if names[0] == names[1]:
        raise ConfigError(
            "E110",
            "a recipe is not compared with itself",
            got=f"--recipe {pair[1]} --against {pair[0]}",
            fix="name another recipe: evenhand list recipes",
        )
    Layout(out).refuse_used()
    asked = _on_the_same_rows(
        [override(recipes.load(recipe), settings) for recipe in pair], names=names
    )
    shown = console()
    for name, values in zip(names, asked, strict=True):
        shown.rule(name, align="left")
        summary(start(sources, values, out / name, screen=screen()).metrics, console=shown)
    shown.rule(f"{names[1]} against {names[0]}", align="left")
    old, new = (out / name for name in names)
    compare_summary.summary(compare_sides(Sides(old, new)).to_dict(), console=shown)
    for name in names:
        shown.print(f"report  {Layout(out / name).report}", markup=False, soft_wrap=True)
    return tell_gates(judge_again(Run(new), Run(new).metrics))


def _on_the_same_rows(asked: Sequence[dict[str, Any]], *, names: Sequence[str]) -> list[Any]:
    """Return both run files with the first one's split; refuse what else deals other rows."""
    configs = [parse_config(values, source=name) for values, name in zip(asked, names, strict=True)]
    old, new = (_reading(config) for config in configs)
    for key in sorted(old.keys()):
        if old[key] != new[key]:
            values = ["unset" if side[key] is None else toml_text(side[key]) for side in (old, new)]
            raise ConfigError(
                "E105",
                "the two recipes do not read the same rows",
                got=f"{key} is {values[0]} in {names[0]} and {values[1]} in {names[1]}",
                fix=f"say it for both: --set {key}=VALUE",
            )
    split = f"data.split_seed={configs[0].split_seed}"
    return [override(values, [split]) for values in asked]


def _reading(config: RunConfig) -> dict[str, Any]:
    """Return every setting that says which rows there are, by its whole key."""
    data, series = (part.model_dump(mode="json") for part in (config.data, config.series))
    named = {f"data.{key}": value for key, value in data.items() if key != "split_seed"}
    return named | {f"series.{k}": value for k, value in series.items() if k not in NOT_OF_ROWS}


def train_seeds(
    sources: Sources, recipe: str, settings: Sequence[str], *, count: int, out: Path
) -> int:
    """Train one recipe from ``count`` seeds into ``out/seed-N`` each, and show their spread.

    Seeds count up from the run file's. The rows of each role are those of the first seed, so
    that the spread is of training alone. ``out/seeds.json`` keeps the figures.

    Args:
        sources: what all read.
        recipe: name, or run file.
        settings: over what the recipe says.
        count: how many seeds, at least two.
        out: a folder that is empty or not there.

    Returns:
        0, or 1 where a gate failed for any of them.

    Raises:
        ConfigError: E109 when ``out`` is in use.
    """
    Layout(out).refuse_used()
    asked = override(recipes.load(recipe), settings)
    config = parse_config(asked, source="the run file or --set")
    shown, runs = console(), dict[int, Run]()
    for seed in range(config.seed, config.seed + count):
        shown.rule(f"seed {seed}", align="left")
        own = override(asked, [f"seed={seed}", f"data.split_seed={config.split_seed}"])
        runs[seed] = start(sources, own, out / f"seed-{seed}", screen=screen())
        summary(runs[seed].metrics, console=shown)
    repeats = Repeats.of({seed: run.metrics for seed, run in runs.items()})
    write_json(out / "seeds.json", repeats.to_dict())
    shown.rule(f"{count} seeds", align="left")
    repeats.show(console=shown)
    for run in runs.values():
        shown.print(f"report  {run.layout.report}", markup=False, soft_wrap=True)
    return max(tell_gates(judge_again(run, run.metrics)) for run in runs.values())
