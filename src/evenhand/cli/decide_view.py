"""What ``evenhand decide`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from evenhand.decide import Decision
from evenhand.decide.summary import LabelLine
from evenhand.types import Task


def show(
    decision: Decision, lines: Sequence[LabelLine], worth: Mapping[str, float | None], out: Path
) -> None:
    """Print the cuts, what each kind of cut is worth, and where the decision lies."""
    console = Console()
    console.print(_cuts_table(decision, lines))
    worth_table = Table("macro-F1, cross-fitted", "value", box=None)
    for words, value in worth.items():
        worth_table.add_row(words, _score(value))
    console.print(worth_table)
    optimism = decision.estimate.expected_optimism
    if optimism is not None:
        console.print(f"expected optimism of the in-sample figures: {optimism:+.3f}")
    console.print(f"decision: {out}", soft_wrap=True, markup=False, highlight=False)


def _cuts_table(decision: Decision, lines: Sequence[LabelLine]) -> Table:
    value = "cut" if decision.labels.task is Task.MULTILABEL else "bias"
    table = Table("label", "support", value, "source", "F1 in-sample", box=None)
    for line in lines:
        cells = (str(line.support), f"{line.value:.4f}", line.source, _score(line.f1))
        table.add_row(line.label.replace("[", r"\["), *cells)
    return table


def _score(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
