"""Effects of techniques, drawn: one line each, with its interval, around no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.evaluate.plots import (
    ACCENT,
    INK,
    MUTED,
    PAPER,
    RULE,
    SECOND,
    Words,
    canvas,
    house_style,
    printable,
    to_svg,
    width_of,
)

LONGEST = 30
LOOKS = {"helps": ACCENT, "hurts": SECOND}


@house_style()
def draw_effects(rows: Sequence[Mapping[str, Any]], words: Words) -> str:
    """Draw the change that each technique makes, downwards in the order of ``rows``.

    Args:
        rows: ``technique``, ``verdict``, and ``effect`` with value, low and high.
        words: what the plot is called.
    """
    names = [printable(row["technique"], LONGEST) for row in rows]
    left = 16 + 6.4 * max(map(width_of, names), default=0)
    figure, axes = canvas(760, 22.0 * len(rows) + 62, (left, 16, 12, 46))
    axes.axvline(0, color=MUTED, lw=1)
    for y, row in enumerate(rows):
        effect = row["effect"]
        ends = [np.nan if effect[end] is None else effect[end] for end in ("low", "high")]
        colour = LOOKS.get(row["verdict"], MUTED)
        axes.plot(ends, [y, y], color=colour, lw=1.4)
        filled = colour if row["verdict"] in LOOKS else PAPER
        axes.plot(effect["value"], y, "o", ms=6, mec=colour, mfc=filled, mew=1.3, zorder=3)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", colors=INK)
    axes.set_xlabel("change of macro-F1")
    axes.grid(axis="x", color=RULE, linewidth=0.7)
    axes.spines["left"].set_visible(False)
    return to_svg(figure, words)
