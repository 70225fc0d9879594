"""``evenhand tune``: a search of settings, ended by one honest measurement of the best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evenhand.cli.options import Data, LabelsFile, Settings

if TYPE_CHECKING:
    from evenhand.study.search.search import Search


def tune(
    data: Data = None,
    tune: Annotated[str | None, typer.Option(help="Rows on which trials are compared.")] = None,
    report: Annotated[
        str | None, typer.Option(help="Rows that stay shut until the best is measured.")
    ] = None,
    labels_file: LabelsFile = None,
    recipe: Annotated[str | None, typer.Option(help="Name or run file to start from.")] = None,
    settings: Settings = None,
    space: Annotated[
        str | None,
        typer.Option(help="Name or TOML file: evenhand list spaces; small if not given."),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many, the recipe the first; 20 if not given.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    max_time: Annotated[
        str | None, typer.Option(help="Start no trial after so long: 90s, 30m, 2h.")
    ] = None,
    pruner: Annotated[
        Literal["median", "halving", "none"] | None,
        typer.Option(help="What ends poor trials early; median if not given."),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Storage URL of Optuna's; a file in --out if not given.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan; write nothing.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the search.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the search there.")] = None,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> int:
    """Search settings on tune rows; report rows stay shut until the best is measured on them."""
    from evenhand.cli.terminal import screen
    from evenhand.run import Sources
    from evenhand.study.search import search
    from evenhand.study.search.plan import Question, settle
    from evenhand.training.plan import seconds_of

    seconds = None if max_time is None else seconds_of(max_time, named="--max-time")
    shown = screen()
    if resume is not None:
        beside = (data, tune, report, labels_file, recipe, settings, space, pruner, out)
        if dry_run or any(value is not None for value in beside):
            raise typer.BadParameter(
                "--resume goes on as the search was begun: beside it only --trials, --jobs, "
                "--max-time and --storage"
            )
        found = search.go_on(resume, trials=trials, url=storage, screen=shown)
        return _run(found, jobs, search.until(seconds), worker=worker)
    if data is None or (out is None and not dry_run):
        raise typer.BadParameter("name the data and --out DIR, or --resume DIR")
    question = Question(
        Sources(data, tune, report, labels_file),
        recipe,
        tuple(settings or ()),
        space=space or "small",
        trials=trials or 20,
        pruner=pruner or "median",
        storage=storage,
    )
    if dry_run or out is None:
        plan = settle(question)
        for line in plan.lines(plan.pace()):
            shown.say(line)
        return 0
    return _run(search.begin(question, out, screen=shown), jobs, search.until(seconds))


def _run(found: Search, jobs: int, until: float | None, *, worker: bool = False) -> int:
    """Run the trials, here or in workers, and conclude; a worker leaves that to who started it."""
    from evenhand.study.search.processes import end_with_parent
    from evenhand.study.search.summary import lines_of

    if worker:
        end_with_parent()
    if worker or jobs == 1:
        found.work(until=until)
    elif (code := found.work_together(jobs, until=until)) and found.unfinished():
        return code
    if worker:
        return 0
    figures = found.conclude()
    layout, say = found.layout, found.screen.say
    for line in (
        *lines_of(figures),
        f"file    {layout.best_file}  (evenhand train DATA --recipe {layout.best_file} --out DIR)",
        f"run     {layout.best}",
        f"page    {layout.page}",
    ):
        say(line)
    return 0
