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


class GridKind(StrEnum):
    """Which cuts are tried."""

    EXACT = "exact"
    NARROW = "narrow"
    WIDE = "wide"


def _demand(words: str) -> Any:
    return typer.Option(metavar="NAME=VALUE", help=f"{words} May be repeated.")


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
    beta: Annotated[float, typer.Option(help="Weight of recall in F-beta, up to 1000.")] = 1.0,
    micro: Annotated[float, typer.Option(help="Share of micro-F beside macro-F, 0 to 1.")] = 0.0,
    grid: Annotated[
        GridKind, typer.Option(help="Every cut, 0.3 to 0.8 or 0.1 to 0.9 by 0.05.")
    ] = GridKind.EXACT,
    recall: Annotated[list[str], _demand("Catch at least this share of a label.")] = [],  # noqa: B006
    precision: Annotated[list[str], _demand("Be right at least so often.")] = [],  # noqa: B006
    fpr: Annotated[list[str], _demand("Catch at most this share of the other rows.")] = [],  # noqa: B006
    alerts: Annotated[list[str], _demand("Alert on at most 50 or 2% of the rows.")] = [],  # noqa: B006
    cost: Annotated[Path | None, typer.Option(help="What errors cost: JSON or CSV.")] = None,
    at_least_one: Annotated[
        bool, typer.Option("--at-least-one", help="No row without a label.")
    ] = False,
    exclusive: Annotated[
        str | None, typer.Option(metavar="NAME", help="Label that yields to any other.")
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, help="Of the bootstrap of the cuts.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and resamples.")] = 0,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where it goes.")] = Path(
        "decision.json"
    ),
) -> None:
    """Choose thresholds for any model's scores, and say what they are honestly worth."""
    from evenhand.cli.decide_view import show
    from evenhand.cli.outputs import refuse_overwriting
    from evenhand.decide import Choice, Settings, fit_and_crossfit, read_costs
    from evenhand.decide.asked import budgets, demands
    from evenhand.decide.foreign import read_scores
    from evenhand.decide.price import price_demands
    from evenhand.decide.summary import compare_cuts, forced_rows, label_lines
    from evenhand.decide.table import refuse_missing
    from evenhand.types import Task

    inputs = {"SCORES": scores_file, "--truth": truth, "--cost": cost}
    for path in filter(None, inputs.values()):
        refuse_missing(path)
    refuse_overwriting({"--out": out}, inputs=inputs)
    predictions = read_scores(scores_file, scores.value, truth=truth, task=Task(task.value))
    settings: Settings = {
        "calibrate": calibrate,
        "cuts": cuts.value,
        "shrink": shrink.value,
        "min_support": min_support,
        "beta": beta,
        "micro": micro,
        "grid": grid.value,
        "recall": demands("recall", recall),
        "precision": demands("precision", precision),
        "fpr": demands("fpr", fpr),
        "alerts": budgets(alerts, len(predictions)),
        "costs": None if cost is None else read_costs(cost),
        "at_least_one": at_least_one,
        "exclusive": exclusive,
        "resamples": resamples,
    }
    Choice(**settings, seed=seed).refuse_idle(predictions.labels)
    decision, crossed = fit_and_crossfit(predictions, seed=seed, **settings)
    worth = compare_cuts(decision, predictions, seed=seed, **settings)
    prices = price_demands(decision, crossed, predictions, seed=seed, **settings)
    decision.save(out)
    lines = label_lines(decision, predictions)
    show(decision, lines, worth, prices=prices, forced=forced_rows(decision, predictions), out=out)
