"""``evenhand ensemble``: several finished runs made one, measured beside each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT = "average"


def ensemble(
    runs: Annotated[
        list[Path] | None, typer.Argument(metavar="RUN...", help="Finished runs on the same rows.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="average, weighted, greedy, vote or stack; average if not given."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="New folder for it.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be combined; write nothing.")
    ] = False,
    resume: Annotated[Path | None, typer.Option(help="Finish the one in this folder.")] = None,
) -> None:
    """Combine finished runs into one that is used like any run, and show what each one brings."""
    from evenhand.cli.terminal import console, screen
    from evenhand.combine.summary import summary
    from evenhand.study import ensemble as study

    shown = screen()
    if resume is not None:
        if runs or by is not None or out is not None or dry_run:
            raise typer.BadParameter("--resume goes on as it was begun: nothing beside it")
        run = study.resume(resume, screen=shown)
    elif out is None:
        raise typer.BadParameter("name the runs and --out DIR, or --resume DIR")
    elif dry_run:
        for line in study.plan(study.gather(runs or []), by or DEFAULT, out):
            shown.say(line)
        return
    else:
        run = study.start(runs or [], out, by=by or DEFAULT, screen=shown)
    summary(study.figures(run), console=console())
    for line in (
        f"report  {run.layout.report}",
        f"bundle  {run.layout.bundle}  ({run.layout.bundle_mb:.1f} MB)",
        "next",
        f"  evenhand predict {run.folder} FILE -o answers.csv",
        f"  evenhand compare {run.members[0]['name']} {run.folder}",
    ):
        shown.say(line)
