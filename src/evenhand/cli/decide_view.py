"""What ``evenhand decide`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evenhand.decide import Decision
from evenhand.decide.price import Price
from evenhand.decide.summary import LabelLine, stays
from evenhand.types import Task

HONESTY = {
    "nll": "log loss",
    "brier": "Brier score",
    "ece": "calibration error",
    "classwise_ece": "calibration error, labels' mean",
}


def show(
    decision: Decision,
    lines: Sequence[LabelLine],
    worth: Mapping[str, float | None],
    *,
    prices: Sequence[Price],
    forced: int,
    out: Path,
) -> None:
    """Print the cuts, what demands cost, what each kind of cut is worth, and where it lies."""
    console = Console()
    console.print(_cuts_table(decision, lines))
    task = decision.labels.task
    if sentence := stays(decision.kind, (cut.source for cut in decision.cuts), task):
        console.print(sentence)
    for price in prices:
        first, *rest = price.words(task)
        for line in (first, *(f"  {line}" for line in rest)):
            console.print(line, soft_wrap=True, markup=False, highlight=False)
    worth_table = Table("macro-F1, cross-fitted", "value", box=None)
    for words, value in worth.items():
        worth_table.add_row(words, _score(value))
    console.print(worth_table)
    console.print(_honesty_table(decision))
    optimism = decision.estimate.expected_optimism
    if optimism is not None:
        console.print(f"expected optimism of the in-sample figures: {optimism:+.3f}")
    if decision.at_least_one:
        console.print(f"rows whose only label was forced by --at-least-one: {forced}")
    console.print(f"decision: {out}", soft_wrap=True, markup=False, highlight=False)


def _cuts_table(decision: Decision, lines: Sequence[LabelLine]) -> Table:
    value = "cut" if decision.labels.task is Task.MULTILABEL else "bias"
    heads = ("label", "support", value, "95 %", "source")
    table = Table(*heads, "F1 in-sample", "optimism", box=None)
    for line in lines:
        cut = line.cut
        table.add_row(
            line.label.replace("[", r"\["),
            str(cut.support),
            f"{cut.value:.4f}",
            "n/a" if cut.low is None else f"{cut.low:.2f}, {cut.high:.2f}",
            cut.source,
            _score(line.f1),
            "n/a" if cut.optimism is None else f"{cut.optimism:+.3f}",
        )
    return table


def _honesty_table(decision: Decision) -> Table:
    """Show what the calibrator did to the probabilities, on rows that it was not fitted on."""
    name = decision.calibrator.name
    changed = name != "none"
    table = Table("probabilities (0 is best)", "as they came", box=None)
    if changed:
        table.add_column(f"{name}, cross-fitted")
    for key, words in HONESTY.items():
        kinds = ("raw", "calibrated") if changed else ("raw",)
        table.add_row(words, *(_fine(decision.calibration[kind][key]) for kind in kinds))
    return table


def _fine(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"


def _score(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
