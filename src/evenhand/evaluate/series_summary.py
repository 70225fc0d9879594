"""What a run on series is worth besides, on a terminal: a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evenhand.evaluate.terminal import figure, number

FEW_GROUPS = 20
"""Groups below which resampling them draws intervals that are too narrow."""

Row = Mapping[str, Any]


def series_lines(results: Row) -> Iterator[str]:
    """Yield what only windows have figures for; nothing for a run on texts.

    Args:
        results: what ``metrics.json`` holds.
    """
    series = results.get("series")
    if series is None:
        return
    if positive := series["positive"]:
        yield (
            f"{positive['label']}, {positive['share']:.1%} of the windows: "
            f"F1 {figure(positive['f1'])}; "
            f"always answering it {number(positive['always_f1']['value'])}"
        )
    for without in series["without"]:
        yield (
            f"without {without['stream']}: macro-F1 {figure(without['macro_f1'])}, "
            f"{figure(without['difference'], signed=True)} from all streams"
        )
    if sequences := series["sequences"]:
        yield f"whole recordings, {sequences['recordings']:,}: {_levels(sequences)}"
    if foretelling := series["foretelling"]:
        yield from _foretold(foretelling)


def _levels(sequences: Row) -> str:
    parts = []
    for how in ("any", "majority"):
        level = sequences[how]
        baseline = level["baseline"]
        parts.append(
            f"{how} window, macro-F1 {figure(level['macro_f1'])} against "
            f"{number(baseline['macro_f1']['value'])} of {baseline['name']}"
        )
    return "; ".join(parts)


def _foretold(foretelling: Row) -> Iterator[str]:
    ahead, begun, lead = (foretelling[key] for key in ("ahead", "begun", "lead"))
    yield (
        f"before an event begins: F1 {figure(ahead['f1'])} on {ahead['rows']:,} windows, always "
        f"telling one {number(ahead['always_f1']['value'])}; in one already: recall "
        f"{number(begun['recall']['value'])} on {begun['positives']:,}"
    )
    spans = ", ".join(
        f"{share['value']:.0%} {'at all' if not share['at_least'] else _span(share)}"
        for share in foretelling["foretold"]
        if share["value"] is not None
    )
    median = (
        "none was told"
        if lead["value"] is None
        else f"told {lead['value']:.3g} s before (median, {lead['low']:.3g} to {lead['high']:.3g})"
    )
    yield f"{foretelling['events']:,} events: {median}; {spans}"


def _span(share: Row) -> str:
    return f"at least {share['at_least']:.3g} s before"
