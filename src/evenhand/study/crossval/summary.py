"""A cross-validation on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.terminal import cells, figure, grid, number, worth
from evenhand.study.work import duration

MOST_CLASSES = 14

Row = Mapping[str, Any]


def summary(contents: Row, *, console: Console) -> None:
    """Print the systems over all folds, what ours is worth beyond them, and the weakest classes.

    Args:
        contents: what ``result.json`` holds.
        console: where to print.
    """
    console.print(
        Text(
            f"{contents['rows']:,} rows, each measured once by a model that never saw it; "
            f"{contents['folds']} folds, {duration(contents['seconds'])}",
            style="dim",
        )
    )
    console.print(_systems(contents))
    for row in contents["differences"]:
        console.print(Text(f"{row['name']}: macro-F1 {figure(row['macro_f1'], signed=True)}"))
    console.print(_classes(contents))
    if any(row["unstable"] for row in contents["per_class"]):
        console.print(Text("* fewer than 20 positives: unstable", style="dim"))


def _systems(contents: Row) -> Table:
    table = grid("system", "macro-F1, all rows", "interval", "mean of folds", "deviation")
    for place, row in enumerate(contents["systems"]):
        table.add_row(
            Text(row["name"]),
            *cells(row["macro_f1"]),
            number(row["mean"]),
            number(row["deviation"]),
            style="bold" if place == 0 else "",
        )
    return table


def _classes(contents: Row) -> Table:
    table = grid("class, weakest first", "rows", "F1", "interval", "precision", "recall")
    ordered = sorted(contents["per_class"], key=worth)
    for row in ordered[:MOST_CLASSES]:
        table.add_row(
            Text(row["name"]),
            f"{row['support']:,}{'*' if row['unstable'] else ' '}",
            *cells(row["f1"]),
            number(row["precision"]["value"]),
            number(row["recall"]["value"]),
        )
    if len(ordered) > MOST_CLASSES:
        table.add_row(Text(f"... {len(ordered) - MOST_CLASSES} more", style="dim"))
    return table
