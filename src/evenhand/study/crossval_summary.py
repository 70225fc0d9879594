"""A cross-validation on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

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
        console.print(Text(f"{row['name']}: macro-F1 {_signed(row['macro_f1'])}"))
    console.print(_classes(contents))
    if any(row["unstable"] for row in contents["per_class"]):
        console.print(Text("* fewer than 20 positives: unstable", style="dim"))


def _systems(contents: Row) -> Table:
    table = _table(("system", "macro-F1, all rows", "interval", "mean of folds", "deviation"))
    for place, row in enumerate(contents["systems"]):
        figure = row["macro_f1"]
        table.add_row(
            Text(row["name"]),
            _number(figure["value"]),
            _interval(figure),
            _number(row["mean"]),
            _number(row["deviation"]),
            style="bold" if place == 0 else "",
        )
    return table


def _classes(contents: Row) -> Table:
    table = _table(("class, weakest first", "rows", "F1", "interval", "precision", "recall"))
    ordered = sorted(contents["per_class"], key=_worth)
    for row in ordered[:MOST_CLASSES]:
        table.add_row(
            Text(row["name"]),
            f"{row['support']:,}{'*' if row['unstable'] else ' '}",
            _number(row["f1"]["value"]),
            _interval(row["f1"]),
            _number(row["precision"]["value"]),
            _number(row["recall"]["value"]),
        )
    if len(ordered) > MOST_CLASSES:
        table.add_row(Text(f"... {len(ordered) - MOST_CLASSES} more", style="dim"))
    return table


def _worth(row: Row) -> float:
    value = row["f1"]["value"]
    return -1.0 if value is None else float(value)


def _table(columns: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    return table


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _interval(figure: Row) -> str:
    return "n/a" if figure["low"] is None else f"{figure['low']:.3f} to {figure['high']:.3f}"


def _signed(figure: Row) -> str:
    if figure["value"] is None:
        return "n/a"
    return f"{figure['value']:+.3f} ({figure['low']:+.3f} to {figure['high']:+.3f})"
