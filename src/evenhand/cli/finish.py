"""How a finished run is shown: one screen, and what to do next."""

from __future__ import annotations

from evenhand.cli.terminal import console
from evenhand.evaluate.summary import summary
from evenhand.run import Run


def finish(run: Run) -> None:
    """Print the summary of ``run``, where its report lies, and the next three commands."""
    shown = console()
    summary(run.metrics, console=shown)
    folder = run.folder
    size = sum(f.stat().st_size for f in run.layout.bundle.iterdir()) / 1e6
    lines = (
        f"report  {run.layout.report}",
        f"bundle  {run.layout.bundle}  ({size:.1f} MB)",
        "next",
        f'  evenhand predict {folder} --text "a sentence of your own"',
        f"  evenhand predict {folder} FILE.csv -o answers.csv",
        f"  evenhand evaluate {folder} --data LABELLED.csv",
    )
    for line in lines:
        shown.print(line, markup=False, soft_wrap=True)
