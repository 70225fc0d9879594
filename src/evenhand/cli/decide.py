"""``evenhand decide``: thresholds for anybody's scores."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class ScoreKind(StrEnum):
    """What the scores are; never guessed."""

    PROBS = "probs"
    LOGITS = "logits"


class TaskName(StrEnum):
    """How labels relate to rows."""

    MULTILABEL = "multilabel"
    MULTICLASS = "multiclass"


class CutKind(StrEnum):
    """Which cuts are fitted."""

    FIXED = "fixed"
    GLOBAL = "global"
    PER_LABEL = "per-label"


class ShrinkKind(StrEnum):
    """Whether weak cuts are pulled to the global one."""

    NONE = "none"
    AUTO = "auto"


def decide(
    scores_file: Annotated[
        Path, typer.Argument(metavar="SCORES", help="Table with id and one column a label.")
    ],
    truth: Annotated[Path, typer.Option(help="The same table with 0, 1 or nothing.")],
    scores: Annotated[ScoreKind, typer.Option(help="What the scores are.")],
    task: Annotated[TaskName, typer.Option(help="Any labels a row, or one.")] = TaskName.MULTILABEL,
    calibrate: Annotated[str, typer.Option(help="none, auto or a calibrator.")] = "none",
    cuts: Annotated[CutKind, typer.Option(help="Which cuts are fitted.")] = CutKind.PER_LABEL,
    shrink: Annotated[ShrinkKind, typer.Option(help="Pull weak cuts together.")] = ShrinkKind.AUTO,
    min_support: Annotated[int, typer.Option(min=1, help="Positives for an own cut.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where it goes.")] = Path(
        "decision.json"
    ),
) -> None:
    """Choose thresholds for any model's scores, and say what they are honestly worth."""
    from evenhand.cli.decide_view import show
    from evenhand.decide import fit_decision
    from evenhand.decide.foreign import read_scores
    from evenhand.decide.summary import compare_cuts, label_lines
    from evenhand.types import Task

    predictions = read_scores(scores_file, scores.value, truth=truth, task=Task(task.value))
    settings: dict[str, Any] = {
        "calibrate": calibrate,
        "shrink": shrink.value,
        "min_support": min_support,
        "seed": seed,
    }
    decision = fit_decision(predictions, cuts=cuts.value, **settings)
    worth = compare_cuts(decision, predictions, **settings)
    decision.save(out)
    show(decision, label_lines(decision, predictions), worth, out)
