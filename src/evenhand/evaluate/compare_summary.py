"""Summary: who is better, by how much and where, on one screen of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.compare import OVERALL
from evenhand.evaluate.terminal import cells, figure, grid, number

SHOWN_CLASSES = 12
SHOWN_FLIPS = 5
LONGEST_TEXT = 88
LONGEST_NAME = 28
ALPHA = 0.05
TONES = {"B": "bold green", "A": "bold red"}

Row = Mapping[str, Any]


def verdict(contents: Row) -> tuple[str, str]:
    """Say in one sentence whether B is better, and by which sign.

    Returns:
        The sentence, and ``"A"``, ``"B"``, or ``""`` where the interval holds 0 or nothing is
        known.
    """
    gap = contents["macro_f1"]
    if gap["low"] is None:
        return "nothing is known: macro-F1 is undefined on these rows", ""
    span = f"macro-F1 B less A {figure(gap, 'difference', signed=True)}"
    if gap["low"] > 0:
        return f"B is better: {span}", "B"
    if gap["high"] < 0:
        return f"A is better: {span}", "A"
    return f"no difference is proven: {span}", ""


def summary(contents: Row, *, console: Console) -> None:
    """Print the verdict, figures, tests, flips, the classes that moved most, and the slices.

    Args:
        contents: what ``Comparison.to_dict`` gives.
        console: where to print; colour only where it has it.
    """
    sentence, better = verdict(contents)
    console.print(Text(sentence, style=TONES.get(better, "bold yellow")))
    for line in facts(contents):
        console.print(Text(line), soft_wrap=True)
    console.print(_figures(contents))
    console.print(_classes(contents["per_class"]))
    for line in flip_lines(contents["flips"]):
        console.print(Text(line), soft_wrap=True)
    for sliced in contents["slices"]:
        console.print(_slices(sliced))


def facts(contents: Row) -> list[str]:
    """Return what A and B are, the four-way table, McNemar, agreement and flips, a line each."""
    four, flips = contents["four_way"], contents["flips"]
    test = contents["mcnemar"][OVERALL]
    kappa = contents["kappa"][OVERALL]
    groups = contents.get("groups")
    drawn = (
        []
        if groups is None
        else [
            f"intervals draw {groups:,} groups of rows, each as a whole; McNemar takes rows one "
            "by one, so go by the intervals"
        ]
    )
    return [
        f"A {contents['a']}",
        f"B {contents['b']}",
        f"{contents['rows']:,} rows: both right {four['both_right']:,}, only A "
        f"{four['a_only']:,}, only B {four['b_only']:,}, both wrong {four['both_wrong']:,}",
        f"McNemar, whole rows: {p_value(test['p'])}; agreement of A and B beyond chance "
        f"(kappa): {number(kappa)}",
        f"flips: {flips['count']:,} of {contents['rows']:,} rows ({flips['rate']:.1%}); to right "
        f"{flips['to_right']:,}, to wrong {flips['to_wrong']:,}, wrong to wrong "
        f"{flips['still_wrong']:,}",
        *drawn,
    ]


def flip_lines(flips: Row) -> list[str]:
    """Return some flipped rows, a line each; texts are cut."""
    lines = []
    for example in flips["examples"][:SHOWN_FLIPS]:
        kind = example["kind"].replace("_", " ")
        change = f"{example['a'] or '(none)'} -> {example['b'] or '(none)'}"
        text = " ".join((example["text"] or "").split())
        cut = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."
        lines.append(f"  {kind}: {change}; truth {example['truth'] or '(none)'}; {example['id']}")
        lines += [f"    {cut}"] if cut else []
    return lines


def p_value(p: float) -> str:
    """Return a p-value with as many digits as it bears."""
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"


def _figures(contents: Row) -> Table:
    table = grid("", "A", "B", "B less A", f"{contents['level']:.0%} interval", widest=LONGEST_NAME)
    for key, name in (
        ("macro_f1", "macro-F1"),
        ("micro_f1", "micro-F1"),
        ("weighted_f1", "weighted F1"),
        ("accuracy", "accuracy"),
        ("macro_ap", "macro-AP"),
    ):
        if contents[key] is not None:
            table.add_row(name, *_cells(contents[key]))
    return table


def _classes(rows: Sequence[Row]) -> Table:
    """List the classes whose F1 moved most, those that the test proves first."""
    head = ("class", "support", "F1 A", "F1 B", "B less A", "interval", "McNemar (Holm)")
    table = grid(*head, widest=LONGEST_NAME)
    ordered = sorted(
        rows,
        key=lambda row: (
            row["mcnemar"]["p_holm"] > ALPHA,
            -abs(row["f1_difference"]["value"] or 0.0),
        ),
    )
    for row in ordered[:SHOWN_CLASSES]:
        table.add_row(
            Text(row["name"]),
            f"{row['support']:,}",
            number(row["f1_a"]["value"]),
            number(row["f1_b"]["value"]),
            *cells(row["f1_difference"], signed=True),
            p_value(row["mcnemar"]["p_holm"]),
        )
    if len(rows) > SHOWN_CLASSES:
        table.add_row(Text(f"... {len(rows) - SHOWN_CLASSES} more", style="dim"))
    return table


def _slices(sliced: Row) -> Table:
    head = (sliced["column"], "rows", "A", "B", "B less A", "interval", "McNemar (Holm)", "flips")
    table = grid(*head, widest=LONGEST_NAME)
    for part in sliced["parts"]:
        table.add_row(
            Text(part["value"]),
            f"{part['rows']:,}",
            *_cells(part["macro_f1"]),
            p_value(part["mcnemar"][OVERALL]["p_holm"]),
            f"{part['flips']['rate']:.1%}",
        )
    return table


def _cells(part: Row) -> tuple[str, str, str, str]:
    return number(part["a"]), number(part["b"]), *cells(part, "difference", signed=True)
