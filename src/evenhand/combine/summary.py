"""Summary: an ensemble beside its members, on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.combine.evidence import best_difference
from evenhand.evaluate.summary import estimate_line
from evenhand.evaluate.terminal import cells, figure, grid, number

LONGEST_NAME = 30
MOST_MEMBERS = 12
STYLES = {"better": "bold green", "same": "bold yellow", "worse": "bold red"}

Row = Mapping[str, Any]


def summary(contents: Row, *, console: Console) -> None:
    """Print the verdict, the ensemble beside each member, what each brings, and diversity.

    Args:
        contents: what ``ensemble.json`` holds.
        console: where to print; colour only where it has it.
    """
    tone, sentence = verdict(contents)
    console.print(Text(sentence, style=STYLES[tone]), soft_wrap=True)
    console.print(Text(_measured(contents), style="dim"), soft_wrap=True)
    console.print(Text(f"! {contents['note']}", style="yellow"), soft_wrap=True)
    console.print(_beside(contents))
    console.print(_brings(contents))
    console.print(Text(diversity_line(contents)), soft_wrap=True)


def verdict(contents: Row) -> tuple[str, str]:
    """Say whether the ensemble is better than its best member, and by which sign.

    The best is best on the measured rows themselves, which favours it.

    Returns:
        ``better``, ``worse``, or ``same`` where the interval holds 0, and the sentence.
    """
    gap, best = best_difference(contents)["macro_f1"], contents["best_single"]
    if gap["low"] is None:
        return "same", f"Not compared with its best member, {best}: macro-F1 is undefined"
    told = f"macro-F1 {figure(gap, signed=True)}"
    if gap["low"] > 0:
        return "better", f"Better than its best member, {best}: {told}"
    if gap["high"] < 0:
        return "worse", f"Worse than its best member, {best}: {told}"
    return "same", f"Not shown to be better than its best member, {best}: {told}"


def diversity_line(contents: Row) -> str:
    """Say how alike members err: the means over all pairs of them."""
    mean, pairs = contents["diversity"]["mean"], len(contents["diversity"]["pairs"])
    figures = ", ".join(
        f"{words} {number(mean[name])}"
        for name, words in (
            ("disagreement", "disagreement"),
            ("q", "Q statistic"),
            ("correlation", "correlation of errors"),
        )
    )
    return f"diversity  {figures} (mean of {pairs} pair{'' if pairs == 1 else 's'})"


def _measured(contents: Row) -> str:
    """Say which rows were measured; the epoch, of which ``estimate_line`` speaks, is the note's."""
    told = estimate_line(contents).removesuffix(" (the epoch was chosen on them too)")
    return f"by {contents['by']}, {told}"


def _beside(contents: Row) -> Table:
    head = ("system", "macro-F1", "interval", "macro-AP", "ensemble less it", "interval")
    table = grid(*head, widest=LONGEST_NAME)
    ours = contents["ensemble"]
    table.add_row(*_figures(ours), "", "", style="bold")
    rows = list(zip(contents["members"], contents["differences"], strict=True))
    for member, gap in rows[:MOST_MEMBERS]:
        table.add_row(*_figures(member), *cells(gap["macro_f1"], signed=True))
    if len(rows) > MOST_MEMBERS:
        table.add_row(Text(f"... {len(rows) - MOST_MEMBERS} more", style="dim"))
    return table


def _brings(contents: Row) -> Table:
    head = ("what a member brings", "weight", "macro-F1", "interval", "macro-AP", "interval")
    table = grid(*head, widest=LONGEST_NAME)
    weights = contents["weights"] or [None] * len(contents["members"])
    rows = list(zip(contents["contributions"], weights, strict=True))
    for gain, weight in rows[:MOST_MEMBERS]:
        table.add_row(
            Text(shortened(gain["name"])),
            "" if weight is None else f"{weight:.3f}",
            *cells(gain["macro_f1"], signed=True),
            *cells(gain["macro_ap"], signed=True),
        )
    return table


def shortened(name: str) -> str:
    """Return the end of a long name: folders of runs differ there."""
    return name if len(name) <= LONGEST_NAME else f"...{name[-(LONGEST_NAME - 3) :]}"


def _figures(system: Row) -> tuple[Text, str, str, str]:
    area = number(system["macro_ap"]["value"])
    return Text(shortened(system["name"])), *cells(system["macro_f1"]), area
