"""Summary: what each stage brings, on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.stage_effects import FIGURES, FULL

Row = Mapping[str, Any]


def summary(contents: Row, *, console: Console) -> None:
    """Print macro-F1 by variant, figures of each critical label, and what each rule did.

    Args:
        contents: what ``check_stages`` gives.
        console: where to print.
    """
    for line in _head(contents):
        console.print(Text(line), soft_wrap=True)
    console.print(_variants(contents["variants"]))
    for label in contents["critical"]:
        console.print(Text(f"\n{label['name']}, {label['support']:,} rows have it"))
        console.print(_label(label["variants"]))
        for line in _differences(label["variants"]):
            console.print(Text(line), soft_wrap=True)
    if contents["rules"]:
        console.print(Text(""))
        console.print(_rules(contents["rules"]))
        console.print(Text(RULES_READ), soft_wrap=True)


RULES_READ = (
    "changed: rows whose labels are others without that rule alone; right and wrong: such labels"
)


def _head(contents: Row) -> list[str]:
    drawn = f", drawn in {contents['groups']:,} groups" if "groups" in contents else ""
    first = (
        f"{contents['file']} on {contents['data']}: {contents['rows']:,} rows{drawn}; brackets "
        f"hold {contents['level']:.0%} intervals, {contents['resamples']:,} resamples for all"
    )
    return [first, *_for_people(contents), *(f"note: {note}" for note in contents["notes"])]


def _for_people(contents: Row) -> list[str]:
    """Say how many rows abstained, and how many went to people."""
    said = []
    if contents["abstained"]:
        said.append(f"abstained on {contents['abstained']:,} rows: their labels count as not given")
    if contents["routed"]:
        queues = (f"{queue} {rows:,}" for queue, rows in contents["routed"].items())
        said.append(f"rows routed: {', '.join(queues)}")
    return said


def _variants(variants: Sequence[Row]) -> Table:
    table = _table(("stages", "macro-F1", "full less this"))
    for variant in variants:
        own = variant["name"] == FULL
        table.add_row(
            variant["name"],
            _figure(variant["macro_f1"]),
            "" if own else _figure(variant["difference"], sign="+"),
            style="bold" if own else "",
        )
    return table


def _label(variants: Sequence[Row]) -> Table:
    table = _table(("stages", *FIGURES))
    for variant in variants:
        table.add_row(
            variant["name"],
            _figure(variant["recall"]),
            _figure(variant["precision"]),
            _figure(variant["alerts"], digits=0),
            style="bold" if variant["name"] == FULL else "",
        )
    return table


def _differences(variants: Sequence[Row]) -> list[str]:
    return [
        f"full less {variant['name']}: {_difference(variant['difference'])}"
        for variant in variants
        if variant["name"] != FULL
    ]


def _difference(figures: Row) -> str:
    """Say what the whole has over a variant; one word where no resample tells them apart."""
    if all(value == 0 for figure in figures.values() for value in figure.values()):
        return "none"
    digits = {"alerts": 0}
    return ", ".join(
        f"{name} {_figure(figures[name], sign='+', digits=digits.get(name, 3))}" for name in FIGURES
    )


def _rules(rules: Sequence[Row]) -> Table:
    table = _table(("rule", "matched", "timed out", "changed", "right", "wrong"))
    for rule in rules:
        counts = ("matched", "timed_out", "changed_rows", "right", "wrong")
        table.add_row(Text(rule["name"]), *(f"{rule[name]:,}" for name in counts))
    return table


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=True)
    table.columns[0].max_width = 28
    return table


def _figure(part: Row, *, sign: str = "", digits: int = 3) -> str:
    if part["value"] is None:
        return "n/a"
    value, low, high = (
        "n/a" if part[key] is None else f"{part[key]:{sign}.{digits}f}"
        for key in ("value", "low", "high")
    )
    return f"{value} ({low} to {high})"
