"""``evenhand crossval``: what training on this data is worth, each row measured once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def crossval(
    data: Annotated[str | None, typer.Argument(help="File or folder with all rows.")] = None,
    folds: Annotated[int, typer.Option(min=2, help="Parts; each is measured once.")] = 5,
    labels_file: Annotated[Path | None, typer.Option(help="One label name a line.")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="Name or run file; balanced if not given, series for recordings."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any key of a run file.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that train at once.")] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell the plan and its time; train nothing.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="New folder for the study.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the study in this folder.")
    ] = None,
) -> int:
    """Train a model a fold, measure each on the fold it never saw, and put them together."""
    from evenhand.cli.studying import study_of
    from evenhand.cli.terminal import console, screen
    from evenhand.run import Sources
    from evenhand.study.crossval import crossval as run
    from evenhand.study.crossval_summary import summary

    study = study_of(
        "crossval",
        None if data is None else Sources(data, labels_file=labels_file),
        out,
        resume,
        recipe=recipe,
        settings=settings or [],
        options={"folds": folds},
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
