"""``evenhand ablate``: what each technique is worth on these rows."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.cli.options import Data, LabelsFile, Recipe, Report, Settings, Tune
from evenhand.cli.studying import (
    DryRun,
    Jobs,
    Out,
    Resume,
    study_of,
)


def ablate(
    data: Data = None,
    techniques: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            metavar="NAME",
            help="Technique, list of them, or settings 'loss.name=focal loss.gamma=1'; repeat.",
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Train base and techniques so often; 1 if not given.")
    ] = None,
    tune: Tune = None,
    report: Report = None,
    labels_file: LabelsFile = None,
    recipe: Recipe = None,
    settings: Settings = None,
    jobs: Jobs = 1,
    dry_run: DryRun = False,
    out: Out = None,
    resume: Resume = None,
) -> int:
    """Change one technique at a time, train, and say what it changed, with intervals and cost."""
    from evenhand.cli.terminal import console, screen
    from evenhand.run import Sources
    from evenhand.study.ablate.ablation import ablate as run
    from evenhand.study.ablate.page import summary

    study = study_of(
        "ablate",
        None if data is None else Sources(data, tune, report, labels_file),
        out,
        resume,
        recipe=recipe,
        settings=settings or [],
        options={"try": techniques or [], "seeds": seeds or 1},
        beside=(techniques or None, seeds, tune, report, labels_file),
    )
    found = run(study, screen=screen(), jobs=jobs, dry_run=dry_run)
    if found is None:
        return 0
    shown = console()
    summary(found.to_dict(), console=shown)
    for line in (f"table   {study.root / 'table.csv'}", f"page    {study.root / 'effects.html'}"):
        shown.print(line, markup=False, soft_wrap=True)
    return 0
