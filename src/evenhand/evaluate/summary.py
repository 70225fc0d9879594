"""Summary: what a run is worth, on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.decide.summary import stays
from evenhand.evaluate.demanded import demand_lines
from evenhand.evaluate.report_verdict import cautions, verdict
from evenhand.evaluate.report_words import shortened
from evenhand.evaluate.series_summary import series_lines
from evenhand.evaluate.systems import OURS
from evenhand.evaluate.terminal import cells, grid, number, worth
from evenhand.types import Task

WEAKEST = 8
STRONGEST = 3
LONGEST_NAME = 28
LONGEST_LABEL = 12
STYLES = {"better": "bold green", "same": "bold yellow", "worse": "bold red"}

Row = Mapping[str, Any]


def summary(results: Mapping[str, Any], *, console: Console) -> None:
    """Print the verdict, the systems side by side, and the weakest and strongest classes.

    Needs 80 columns and at most 40 lines however many classes there are. Colour only where
    the console has it; undefined figures read ``n/a``.

    Args:
        results: what ``metrics.json`` holds.
        console: where to print.
    """
    judged = verdict(results)
    console.print(Text(judged.judgement, style=STYLES[judged.tone]))
    console.print(Text(_ascii_minus(judged.sentence)))
    console.print(Text(estimate_line(results), style="dim"))
    for caution in cautions(results)[:2]:
        console.print(Text(f"! {caution}", style="yellow"), no_wrap=True, overflow="ellipsis")
    for line in demand_lines(results):
        console.print(Text(line))
    console.print(_systems(results["systems"], _looked_for(results)))
    if sentence := _stays(results):
        console.print(Text(sentence))
    for line in series_lines(results):
        console.print(Text(line))
    console.print(_classes(results["per_class"], results["task"]))
    if notes := _footnotes(results):
        console.print(Text(notes, style="dim"))


def estimate_line(results: Mapping[str, Any]) -> str:
    """Say which rows were measured and what chose them."""
    groups = results.get("groups")
    drawn = "" if groups is None else f" in {groups:,} groups"
    if results["estimate"] == "held out":
        return f"held out: {results['rows']:,} {results['role']} rows{drawn}"
    return (
        f"cross-fitted on {results['rows']:,} {results['role']} rows{drawn} "
        "(the epoch was chosen on them too)"
    )


def _looked_for(results: Mapping[str, Any]) -> str | None:
    """Return the label of two that is looked for; None where there is none."""
    positive = results.get("series", {}).get("positive")
    return None if positive is None else str(positive["label"])


def _stays(results: Mapping[str, Any]) -> str | None:
    """Return what the first system's name does not say: that none of its values moved."""
    task, name = Task(results["task"]), results["systems"][0]["name"]
    kind = next((kind for kind, words in OURS[task].items() if words == name), "")
    return stays(kind, (row.get("threshold_source", "") for row in results["per_class"]), task)


def _systems(systems: Sequence[Row], looked_for: str | None) -> Table:
    """List the systems; where a label is looked for, its F1 stands in place of micro-F1."""
    other = "micro-F1" if looked_for is None else f"F1 {shortened(looked_for, LONGEST_LABEL)}"
    key = "micro_f1" if looked_for is None else "positive_f1"
    table = _grid("system", "macro-F1", "interval", other, "macro-AP")
    for place, system in enumerate(systems):
        table.add_row(
            Text(system["name"]),
            *cells(system["macro_f1"]),
            number(system[key]["value"]),
            number(system["macro_ap"]["value"]) if system["macro_ap"] else "",
            style="bold" if place == 0 else "",
        )
    return table


def _classes(per_class: Sequence[Row], task: str) -> Table:
    """List the weakest and strongest classes by F1, an undefined one before all others."""
    ordered = sorted(per_class, key=worth)
    cut = "bias" if task == Task.MULTICLASS else "cut"
    table = _grid("class, weakest first", "support", "F1", "interval", cut)
    hidden = max(0, len(ordered) - WEAKEST - STRONGEST)
    for place, row in enumerate(ordered):
        if hidden and place == WEAKEST:
            table.add_row(Text(f"... {hidden} more", style="dim"))
        if place < WEAKEST or place >= WEAKEST + hidden:
            table.add_row(
                Text(row["name"]),
                f"{row['support']:,}{'*' if row['unstable'] else ' '}",
                *cells(row["f1"]),
                number(row["threshold"]),
            )
    return table


def _footnotes(results: Mapping[str, Any]) -> str:
    notes = []
    if any(row["unstable"] for row in results["per_class"]):
        notes.append("* fewer than 20 positives: unstable")
    if results["undefined"]:
        notes.append(f"n/a and left out of macro-F1: {results['undefined']}")
    return "; ".join(notes)


def _grid(*columns: str) -> Table:
    table = grid(*columns, widest=LONGEST_NAME)
    table.columns[0].min_width = LONGEST_NAME
    return table


def _ascii_minus(text: str) -> str:
    """Replace the typographic minus, which not every terminal's encoding has."""
    return text.replace("\N{MINUS SIGN}", "-")
