"""What the commands of studies share: a new study from options, or one that is gone on with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evenhand import recipes
from evenhand.config import override

if TYPE_CHECKING:
    from evenhand.run.sources import Sources
    from evenhand.study.folder import Study

Jobs = Annotated[int, typer.Option(min=1, help="Processes that train at once.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell the plan and its time, no more.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="New folder for the study.")]
Resume = Annotated[Path | None, typer.Option(help="Go on with the study in this folder.")]


def study_of(
    kind: str,
    sources: Sources | None,
    out: Path | None,
    resume: Path | None,
    *,
    recipe: str | None,
    settings: Sequence[str],
    options: dict[str, Any],
    beside: Sequence[Any] = (),
) -> Study:
    """Return the study that a command names.

    Args:
        kind: the command.
        sources: what it reads; None where nothing was named.
        out: folder of a new study.
        resume: folder of a begun one.
        recipe: of a new one; the default for these rows if None.
        settings: over what the recipe says.
        options: of the command, as a new study has them.
        beside: further options as they were given, None where one was not: only for a new study.
    """
    from evenhand.run.train import located
    from evenhand.study.folder import Study

    if resume is not None:
        given = (sources, out, recipe, settings or None, *beside)
        if any(value is not None for value in given):
            raise typer.BadParameter("--resume goes on as the study was begun: nothing beside it")
        return Study.open(resume, kind)
    if sources is None or out is None:
        raise typer.BadParameter("name the data and --out DIR, or --resume DIR")
    asked = located(override(recipes.load(recipe or sources.recipe()), settings))
    return Study(kind, out, sources, asked, options, {})
