"""``evenhand distill``: what a teacher knows, in one small model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand import recipes
from evenhand.cli.decide import ScoreKind
from evenhand.cli.options import LabelsFile, Report, Settings, Tune
from evenhand.config import override
from evenhand.toml import typed_setting

if TYPE_CHECKING:
    from evenhand.decide.foreign import Kind


def distill(
    teacher: Annotated[
        Path | None, typer.Argument(help="Run, bundle, or file of scores by id.")
    ] = None,
    data: Annotated[str | None, typer.Argument(help="Rows with labels, as for train.")] = None,
    tune: Tune = None,
    report: Report = None,
    labels_file: LabelsFile = None,
    recipe: Annotated[str | None, typer.Option(help="Of the student: name or run file.")] = None,
    unlabelled: Annotated[
        Path | None, typer.Option(help="Further texts, of which the teacher says what they are.")
    ] = None,
    weight: Annotated[
        float | None, typer.Option(help="Of the teacher beside the truth, 0 to 1; 0.5.")
    ] = None,
    scores: Annotated[
        ScoreKind | None, typer.Option(help="What a teacher's file of scores holds.")
    ] = None,
    settings: Settings = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="New folder for it all.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, say what would be done.")
    ] = False,
    resume: Annotated[Path | None, typer.Option(help="Go on with the one in this folder.")] = None,
) -> int:
    """Train a student with a teacher and one without, and show what the teacher is worth."""
    from evenhand.cli.outputs import refuse_overwriting
    from evenhand.cli.terminal import console, screen
    from evenhand.run import Sources
    from evenhand.study.distill import Question, begin, finish, go_on, make_study
    from evenhand.study.distill.summary import summary

    shown = screen()
    if resume is not None:
        beside = (teacher, data, tune, report, labels_file, recipe, unlabelled, weight, scores, out)
        if settings or dry_run or any(value is not None for value in beside):
            raise typer.BadParameter("--resume goes on as it was begun: nothing beside it")
        found, folder = go_on(resume, screen=shown), resume
    elif teacher is None or data is None or out is None:
        raise typer.BadParameter("name the teacher, the data and --out DIR, or --resume DIR")
    else:
        refuse_overwriting({"--out": out}, inputs={"TEACHER": teacher})
        _refuse_twice(weight, settings or [])
        sources = Sources(data, tune, report, labels_file)
        asked = override(recipes.load(recipe or sources.recipe()), settings or [])
        kind: Kind | None = None if scores is None else scores.value
        question = Question(teacher, sources, asked, kind, unlabelled, weight)
        study = make_study(question, out, screen=shown)
        for line in study.plan().lines(study.step_seconds()):
            shown.say(line)
        if dry_run:
            return 0
        layout = begin(study, screen=shown)
        del study  # with it teacher and student leave the memory that training needs
        found, folder = finish(layout, screen=shown), out
    summary(found.to_dict(), console=console())
    for line in (f"report  {folder / 'student' / 'report.html'}", f"bundle  {folder / 'student'}"):
        shown.say(line)
    return 0


def _refuse_twice(weight: float | None, settings: Sequence[str]) -> None:
    """Refuse a weight that is named a second time."""
    if weight is not None and ("distill", "weight") in {typed_setting(s)[0] for s in settings}:
        raise typer.BadParameter("--weight and --set distill.weight both name one setting")
