"""Summary of a pair: the comparison of two writings, their tokens, and what perturbing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evenhand.evaluate.compare import OVERALL
from evenhand.evaluate.compare_summary import p_value, summary
from evenhand.evaluate.terminal import cells, grid

SHOWN_LABELS = 8
WIDEST = 24

Row = Mapping[str, Any]


def pair_summary(contents: Row, *, console: Console) -> None:
    """Print which rows were compared, the comparison, tokens, and perturbations.

    Args:
        contents: what ``compare_pair`` gives, as a mapping.
        console: where to print; colour only where it has it.
    """
    for line in pair_lines(contents["pair"]):
        console.print(Text(line), soft_wrap=True)
    summary(contents, console=console)
    console.print(Text(moved(contents["flips"]["labels"])), soft_wrap=True)
    console.print(_tokens(contents))
    for line in token_lines(contents["tokens"]):
        console.print(Text(line), soft_wrap=True)
    if contents["perturbations"]:
        console.print(_perturbations(contents))
        for line in _unchanged(contents["perturbations"]):
            console.print(Text(line), soft_wrap=True)


def pair_lines(pair: Row) -> list[str]:
    """Return which rows of which columns were compared, and where their scores lie."""
    a, b = pair["a"], pair["b"]
    where = f" of {pair['data']}" if pair["data"] else ""
    lines = [
        f"one run, two writings: {pair['run']}, trained on {pair['trained_on']!r}",
        f"{pair['rows']:,} {pair['role']} rows{where}, {pair['decided']}",
        *(f"  {count:,} set aside: {reason}" for reason, count in pair["set_aside"].items()),
        *(f"  {note}" for note in pair["notes"]),
    ]
    return [*lines, f"scores stored in {a['stored']}", f"              and {b['stored']}"]


def moved(labels: Row) -> str:
    """Return which labels rows gain and lose on the way from A to B, most moved first."""
    moves = {n: (m["gained"], m["lost"]) for n, m in labels.items() if m["gained"] or m["lost"]}
    if not moves:
        return "labels: B gives and takes none"
    ordered = sorted(moves.items(), key=lambda item: -sum(item[1]))
    shown = [f"{name} +{gained:,} -{lost:,}" for name, (gained, lost) in ordered[:SHOWN_LABELS]]
    more = len(ordered) - SHOWN_LABELS
    return f"labels given (+) and taken away (-) by B: {', '.join(shown)}" + (
        f", ... {more} more" if more > 0 else ""
    )


def token_lines(tokens: Row) -> list[str]:
    """Return the fragmentation of B, and how the times were measured."""
    ratio, times = tokens["fragmentation"], tokens["latency"]
    lines = ["fragmentation: n/a, no text has a token in A"]
    if ratio["value"] is not None:
        lines = [
            f"fragmentation: {ratio['value']:.3f} ({ratio['low']:.3f} to {ratio['high']:.3f}) "
            f"tokens of B for one of A, mean over {ratio['rows']:,} rows"
        ]
    if ratio["left_out"]:
        lines.append(f"  {ratio['left_out']:,} rows left out: no token in A")
    return [
        *lines,
        f"{tokens['counted']}; the network reads {tokens['max_length']:,}",
        f"ms a text: median (fastest to slowest) of {times['repeats']} passes over "
        f"{times['rows']:,} rows, as measured on this machine: {times['device']}",
        f"  {times['processor']}, {times['cores']} cores",
    ]


def _tokens(contents: Row) -> Table:
    head = ("mean", "median", "95 %", "a char", "a byte", "unknown", "cut", "ms a text")
    table = grid("tokens a text", *head, widest=WIDEST)
    for side in ("a", "b"):
        row, times = contents["tokens"][side], contents["tokens"]["latency"][side]
        table.add_row(
            Text(f"{side.upper()} {contents['pair'][side]['column']}"),
            f"{row['mean']:.1f}",
            f"{row['median']:g}",
            f"{row['p95']:.0f}",
            f"{row['per_character']:.3f}",
            f"{row['per_byte']:.3f}",
            "n/a" if row["unknown_rate"] is None else f"{row['unknown_rate']:.2%}",
            f"{row['truncated']:.1%}",
            f"{_digits(times['ms'])} ({_digits(times['low'])} to {_digits(times['high'])})",
        )
    return table


def _perturbations(contents: Row) -> Table:
    names = {contents["pair"][side]["column"]: side.upper() for side in ("a", "b")}
    head = ("changed", "flips", "wrong", "right", "F1", "interval", "McNemar")
    table = grid("perturbed, rate", *head, widest=WIDEST)
    for one in contents["perturbations"]:
        name = Text(f"{names[one['column']]} {one['name']} {one['rate']:g}")
        if one["flips"] is None:
            table.add_row(name, f"{one['changed']:,}", *["n/a"] * 6)
            continue
        flips = one["flips"]
        table.add_row(
            name,
            f"{one['changed']:,}",
            f"{flips['count']:,} ({flips['rate']:.1%})",
            f"{flips['to_wrong']:,}",
            f"{flips['to_right']:,}",
            *cells(one["macro_f1"], "difference", signed=True),
            p_value(one["mcnemar"][OVERALL]["p_holm"]),
        )
    return table


def _unchanged(perturbations: Sequence[Row]) -> list[str]:
    """Say what the columns of the table are, and which perturbations changed no text."""
    idle = [f"{one['name']} of {one['column']!r}" for one in perturbations if not one["changed"]]
    lines = ["F1: macro-F1 perturbed less that of the rows as they are; McNemar: after Holm"]
    return lines + ([f"n/a, no text changes: {', '.join(idle)}"] if idle else [])


def _digits(milliseconds: float) -> str:
    """Return three digits that count, or whole milliseconds where there are more."""
    return f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}"
