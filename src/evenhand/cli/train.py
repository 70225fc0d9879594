"""``evenhand train``: from a file to a run folder with report and bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand import recipes
from evenhand.config import override
from evenhand.toml import toml_text


def train(
    data: Annotated[
        str | None, typer.Argument(help="File, folder or hub id with the rows.")
    ] = None,
    tune: Annotated[str | None, typer.Option(help="Rows that choose epoch and cuts.")] = None,
    report: Annotated[str | None, typer.Option(help="Rows that are only measured.")] = None,
    labels_file: Annotated[Path | None, typer.Option(help="One label name a line.")] = None,
    recipe: Annotated[str, typer.Option(help="Name or run file.")] = recipes.DEFAULT,
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
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of a run file.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="New folder for the run.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.")] = None,
) -> int:
    """Train, calibrate, choose cuts, measure against baselines, and write the report."""
    from evenhand.cli.finish import finish
    from evenhand.cli.several import train_both, train_seeds
    from evenhand.cli.terminal import screen
    from evenhand.run import Sources, start
    from evenhand.run import resume as go_on

    columns: dict[str, Any] = {"text": text, "labels": label, "id": id_column}
    columns |= {"group": group, "split": split, "sample": sample}
    named = [f"data.{k}={toml_text(v)}" for k, v in columns.items() if v not in (None, [])]
    if max_time is not None:
        named.append(f"train.max_time={toml_text(max_time)}")
    if resume is not None:
        beside = (data, tune, report, labels_file, out, against, quick or None, *named)
        if settings or seeds > 1 or recipe != recipes.DEFAULT or any(v is not None for v in beside):
            raise typer.BadParameter("--resume goes on as the run was begun: nothing beside it")
        return finish(go_on(resume, screen=screen()))
    if data is None or out is None:
        raise typer.BadParameter("name the data and --out DIR, or --resume DIR")
    if quick and recipe != recipes.DEFAULT:
        raise typer.BadParameter("--quick and --recipe both name a recipe")
    if against is not None and seeds > 1:
        raise typer.BadParameter("--against and --seeds are two studies: one at a time")
    recipe = "quick" if quick else recipe
    sources, settings = Sources(data, tune, report, labels_file), [*(settings or []), *named]
    if against is not None:
        return train_both(sources, (against, recipe), settings, out=out)
    if seeds > 1:
        return train_seeds(sources, recipe, settings, count=seeds, out=out)
    asked = override(recipes.load(recipe), settings)
    return finish(start(sources, asked, out, screen=screen()))
