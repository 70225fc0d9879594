"""A distillation on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.terminal import cells, figure, grid, number
from evenhand.study.distill.table import FIGURES

Row = Mapping[str, Any]


def verdict(contents: Row) -> tuple[str, str]:
    """Say in one sentence whether the teacher helped, and how that is coloured.

    Args:
        contents: what ``distill.json`` holds.

    Returns:
        The sentence, and a style of rich's.
    """
    gap = contents["differences"][0]["macro_f1"]
    if gap["low"] is None:
        return "nothing is known: macro-F1 is undefined on these rows", "bold yellow"
    span = f"macro-F1 {figure(gap, 'difference', signed=True)} over the student alone"
    if gap["low"] > 0:
        return f"the teacher helped: {span}", "bold green"
    if gap["high"] < 0:
        return f"the teacher did harm: {span}", "bold red"
    return f"no gain from the teacher is proven: {span}", "bold yellow"


def summary(contents: Row, *, console: Console) -> None:
    """Print the verdict, how rows were measured, the systems, and the paired differences.

    Args:
        contents: what ``distill.json`` holds.
        console: where to print; colour only where it has it.
    """
    sentence, style = verdict(contents)
    console.print(Text(sentence, style=style), soft_wrap=True)
    for line in measured(contents):
        console.print(Text(line, style="dim"), soft_wrap=True)
    console.print(_systems(contents))
    console.print(_differences(contents))
    for note in contents["notes"]:
        console.print(Text(f"note: {note}"), soft_wrap=True)


def measured(contents: Row) -> list[str]:
    """Say what was learnt from, and which rows were measured, a line each."""
    beside = contents["unlabelled_rows"]
    more = f" and {beside:,} unlabelled rows" if beside else ""
    kind = "" if contents["role"] == "report" else " (the epochs were chosen on them too)"
    return [
        f"learnt from {contents['fit_rows']:,} fit rows{more}, {contents['weight']:.0%} teacher",
        f"{contents['estimate']} on {contents['rows']:,} {contents['role']} rows{kind}",
    ]


def _systems(contents: Row) -> Table:
    table = grid("", "macro-F1", "interval", "macro-AP", "interval", "minutes", "MB")
    for row in contents["systems"]:
        table.add_row(
            Text(row["name"]),
            *cells(row["macro_f1"]),
            *cells(row["macro_ap"]),
            number(row["minutes"], digits=1),
            number(row["megabytes"], digits=1),
        )
    return table


def _differences(contents: Row) -> Table:
    table = grid("difference", "macro-F1", "interval", "macro-AP", "interval", "rows that flip")
    for row in contents["differences"]:
        changes = [cell for key in FIGURES for cell in cells(row[key], "difference", signed=True)]
        table.add_row(Text(row["name"]), *changes, f"{row['flips']['count']:,}")
    return table
