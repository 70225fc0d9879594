"""``evenhand crossval``: what training on this data is worth, each row measured once."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.cli.options import LabelsFile, Recipe, Settings
from evenhand.cli.studying import (
    DryRun,
    Jobs,
    Out,
    Resume,
    study_of,
)


def crossval(
    data: Annotated[str | None, typer.Argument(help="File or folder with all rows.")] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Parts, each measured once; 5 if not given.")
    ] = None,
    labels_file: LabelsFile = None,
    recipe: Recipe = None,
    settings: Settings = None,
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    out: Out = None,
    resume: Resume = None,
) -> int:
    """Train a model a fold, measure each on the fold it never saw, and put them together."""
    from evenhand.cli.terminal import console, screen
    from evenhand.run import Sources
    from evenhand.study.crossval.folds import crossval as run
    from evenhand.study.crossval.summary import summary

    study = study_of(
        "crossval",
        None if data is None else Sources(data, labels_file=labels_file),
        out,
        resume,
        recipe=recipe,
        settings=settings or [],
        options={"folds": folds or 5},
        beside=(folds, labels_file),
    )
    found = run(study, screen=screen(), jobs=jobs, dry_run=dry_run)
    if found is None:
        return 0
    shown = console()
    summary(found.to_dict(), console=shown)
    for line in (
        f"result  {study.result}",
        f"scores  {found.file(study)}  (of every row, by the model that never saw it)",
    ):
        shown.print(line, markup=False, soft_wrap=True)
    return 0
