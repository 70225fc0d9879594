"""``evenhand train``: from a file to a run folder with report and bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand import recipes
from evenhand.cli.options import Data, LabelsFile, Recipe, Report, Settings, Tune
from evenhand.config import override
from evenhand.toml import toml_text, typed_setting

KEYS = {"text": "data.text", "label": "data.labels", "id": "data.id", "group": "data.group"}
KEYS |= {"split": "data.split", "sample": "data.sample", "max-time": "train.max_time"}


def train(
    data: Data = None,
    tune: Tune = None,
    report: Report = None,
    labels_file: LabelsFile = None,
    recipe: Recipe = None,
    text: Annotated[str | None, typer.Option(help="Column that holds the text.")] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Label column; repeat for one column a label.")
    ] = None,
    id_column: Annotated[str | None, typer.Option("--id", help="Column with a unique id.")] = None,
    group: Annotated[str | None, typer.Option(help="Column whose rows stay together.")] = None,
    split: Annotated[str | None, typer.Option(help="Column that says fit, tune, report.")] = None,
    sample: Annotated[int | None, typer.Option(help="Use only so many rows.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Train this recipe too, on the same rows, and compare.")
    ] = None,
    seeds: Annotated[
        int, typer.Option(min=1, help="Train from so many seeds on the same rows; show the spread.")
    ] = 1,
    max_time: Annotated[
        str | None, typer.Option(help="Time budget of training: 90s, 30m, 2h.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Same as --recipe quick.")] = False,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="New folder for the run.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
) -> int:
    """Train, calibrate, choose cuts, measure against baselines, and write the report."""
    from evenhand.cli.finish import finish
    from evenhand.cli.several import train_both, train_seeds
    from evenhand.cli.terminal import screen
    from evenhand.run import Sources, start
    from evenhand.run import resume as go_on

    options: dict[str, Any] = {"text": text, "label": label, "id": id_column, "group": group}
    options |= {"split": split, "sample": sample, "max-time": max_time}
    named = _named(options, settings or [])
    if resume is not None:
        beside = (data, tune, report, labels_file, recipe, out, against, quick or None, *named)
        if settings or seeds > 1 or any(v is not None for v in beside):
            raise typer.BadParameter("--resume goes on as the run was begun: nothing beside it")
        return finish(go_on(resume, screen=screen()))
    if data is None or out is None:
        raise typer.BadParameter("name the data and --out DIR, or --resume DIR")
    if quick and recipe is not None:
        raise typer.BadParameter("--quick and --recipe both name a recipe")
    if against is not None and seeds > 1:
        raise typer.BadParameter("--against and --seeds are two studies: one at a time")
    sources, settings = Sources(data, tune, report, labels_file), [*(settings or []), *named]
    recipe = "quick" if quick else recipe or sources.recipe()
    if against is not None:
        return train_both(sources, (against, recipe), settings, out=out)
    if seeds > 1:
        return train_seeds(sources, recipe, settings, count=seeds, out=out)
    asked = override(recipes.load(recipe), settings)
    return finish(start(sources, asked, out, screen=screen()))


def _named(options: Mapping[str, Any], settings: Sequence[str]) -> list[str]:
    """Return options as settings of the run file; refuse one that is named a second time."""
    given = {name: value for name, value in options.items() if value not in (None, [])}
    typed = {".".join(typed_setting(setting)[0]) for setting in settings}
    for name in given:
        if KEYS[name] in typed:
            raise typer.BadParameter(f"--{name} and --set {KEYS[name]} both name one setting")
    return [f"{KEYS[name]}={toml_text(value)}" for name, value in given.items()]
