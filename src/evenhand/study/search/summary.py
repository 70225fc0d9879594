"""The end of a search in words: what was found, what it took, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Any]


def lines_of(figures: Figures) -> list[str]:
    """Return what was found, what it took, the warning, and the honest figure, a line each."""
    counts, passes, many = figures["counts"], figures["passes"], len(figures["trials"])
    recipe = figures["recipe_value"]
    return [
        f"best    {figures['value']:.4f} in {many} trials (trial {figures['best'] + 1}), macro-F1 "
        "on the tune rows",
        f"recipe  {'no value' if recipe is None else f'{recipe:.4f}'}, likewise (trial 1)",
        f"trials  {counts['complete']} came to their end, {counts['pruned']} pruned, "
        f"{counts['failed']} failed",
        f"passes  {passes['made']} made; without pruning at most "
        f"{passes['without_pruning_at_most']}",
        f"WARNING {warning(figures)}",
        f"honest  {honest(figures)}",
        f"gain    {gain(figures)}",
    ]


def warning(figures: Figures) -> str:
    """Say why the best value is not to be believed."""
    many = len(figures["trials"])
    return (
        f"the best of {many} values on the same tune rows is optimistic: it was chosen for being "
        "high, by luck as well (winner's curse)"
    )


def honest(figures: Figures) -> str:
    """Say what the best is worth, trained again."""
    final = figures["final"]
    reached = f"macro-F1 {figure(final['macro_f1'], final['level'])}"
    if final["estimate"] == "held out":
        return f"{reached} on {final['rows']:,} report rows, which chose nothing"
    return (
        f"there are no report rows; {reached} on the {final['rows']:,} tune rows that chose it, "
        "optimistic as well (pass --report FILE)"
    )


def gain(figures: Figures) -> str:
    """Say what the search is worth against the recipe, as a paired difference."""
    against = figures["against_recipe"]
    if not figures["best"]:
        return "none: no trial was better than the recipe itself"
    if against is None:
        return "not known: the recipe itself came to no scores"
    gap = against["macro_f1"]
    if gap["low"] is None:
        return "not known: macro-F1 is undefined on these rows"
    proven = "no difference is proven"
    if gap["low"] > 0:
        proven = "better than the recipe"
    elif gap["high"] < 0:
        proven = "worse than the recipe"
    where = "report rows" if against["rows"] == "report" else "tune rows that chose it"
    return (
        f"{gap['difference']:+.3f} over the recipe on the {where} "
        f"({against['level']:.0%} interval {gap['low']:+.3f} to {gap['high']:+.3f}): {proven}"
    )


def figure(part: Mapping[str, Any], level: float) -> str:
    """Return a figure with its interval."""
    if part["value"] is None:
        return "n/a"
    if part["low"] is None:
        return f"{part['value']:.3f}"
    return f"{part['value']:.3f} ({level:.0%} interval {part['low']:.3f} to {part['high']:.3f})"
