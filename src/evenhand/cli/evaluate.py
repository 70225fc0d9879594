"""``evenhand evaluate``: a run's figures again, or on new labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run.")],
    data: Annotated[
        str | None, typer.Option(help="Labelled rows that the run has never seen.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for metrics.json and the report on --data."),
    ] = None,
    gates: Annotated[
        bool, typer.Option("--gates", help="Judge the gates of the run file; exit 1 if one fails.")
    ] = False,
) -> int:
    """Show what a run is worth, on its own rows or on the labelled rows of --data.

    Without --data the run's report is written again, its gates as the run file has them now.
    """
    from evenhand.cli.finish import judge_again, refuse_no_gates, tell_gates
    from evenhand.cli.terminal import console
    from evenhand.evaluate.summary import summary
    from evenhand.run import Run
    from evenhand.run.evaluate import evaluate_again, evaluate_file

    if data is None and out is not None:
        raise typer.BadParameter("--out is where the report on --data goes: name new rows too")
    finished = Run(run)
    if gates:
        refuse_no_gates(finished)
    if data is None:
        metrics = evaluate_again(finished)
        summary(metrics, console=console())
        typer.echo(f"report  {finished.layout.report}")
        return tell_gates(judge_again(finished, metrics)) if gates else 0
    metrics = evaluate_file(finished, data, out=out)
    summary(metrics, console=console())
    if out is not None:
        typer.echo(f"report  {out / 'report.html'}")
    return tell_gates(judge_again(finished, metrics)) if gates else 0
