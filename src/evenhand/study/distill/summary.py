"""A distillation on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.compare_summary import between, signed

Row = Mapping[str, Any]
NAMES = {"macro_f1": "macro-F1", "macro_ap": "macro-AP"}


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
    span = f"macro-F1 {signed(gap['difference'])} ({between(gap)}) over the student alone"
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
    table = _table("", "macro-F1", "interval", "macro-AP", "interval", "minutes", "MB")
    for row in contents["systems"]:
        cells = [cell for key in NAMES for cell in _interval(row[key])]
        table.add_row(
            Text(row["name"]), *cells, _number(row["minutes"], 1), _number(row["megabytes"], 1)
        )
    return table


def _differences(contents: Row) -> Table:
    table = _table("difference", "macro-F1", "interval", "macro-AP", "interval", "rows that flip")
    for row in contents["differences"]:
        cells = [
            cell for key in NAMES for cell in (signed(row[key]["difference"]), between(row[key]))
        ]
        table.add_row(Text(row["name"]), *cells, f"{row['flips']['count']:,}")
    return table


def _interval(figure: Row) -> tuple[str, str]:
    if figure["low"] is None:
        return _number(figure["value"], 3), "n/a"
    return _number(figure["value"], 3), f"{figure['low']:.3f} to {figure['high']:.3f}"


def _number(value: float | None, digits: int) -> str:
    return "n/a" if value is None else f"{value:.{digits}f}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    return table
