"""What a search tried, drawn: values in turn, what mattered, and every combination as a line."""

# T trials, D settings.
from __future__ import annotations

from collections.abc import Sequence
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
from evenhand.types import Floats

LONGEST = 26
"""Signs of a name beside a plot."""


@house_style()
def draw_history(value_T: Floats, complete_T: Sequence[bool], words: Words) -> str:
    """Draw each trial's value in turn, and the best value so far as a line.

    Args:
        value_T: value of a trial, or its last one before it was pruned; NaN where there is none.
        complete_T: whether the trial came to its end.
        words: what the plot is called.
    """
    figure, axes = canvas(760, 300, (62, 14, 12, 42))
    number_T = np.arange(1, len(value_T) + 1)
    done_T = np.asarray(complete_T, dtype=np.bool_)
    best_T = np.fmax.accumulate(np.where(done_T, value_T, np.nan))
    hollow: dict[str, Any] = {"mfc": PAPER, "mew": 1.3}
    axes.step(number_T, best_T, where="post", color=SECOND, lw=1.5, zorder=2)
    axes.plot(number_T[~done_T], value_T[~done_T], "o", color=MUTED, ms=5, zorder=3, **hollow)
    axes.plot(number_T[done_T], value_T[done_T], "o", color=ACCENT, ms=6, zorder=4)
    axes.set(xlabel="trial", ylabel="macro-F1 on tune rows", xlim=(0.5, len(value_T) + 0.5))
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.locator_params(axis="x", integer=True)
    return to_svg(figure, words)


@house_style()
def draw_shares(names: Sequence[str], shares: Sequence[float], words: Words) -> str:
    """Draw one bar a setting, the greatest above.

    Args:
        names: of the settings.
        shares: of what they explain, in [0, 1].
        words: what the plot is called.
    """
    shown = [printable(name, LONGEST) for name in names]
    left = 14 + 6.6 * max(map(width_of, shown), default=0)
    figure, axes = canvas(760, 26.0 * len(shown) + 40, (left, 52, 6, 28))
    axes.barh(range(len(shown)), shares, height=0.5, color=ACCENT)
    for place, share in enumerate(shares):
        axes.text(share + 0.01, place, f"{share:.0%}", color=INK, va="center")
    axes.set_yticks(range(len(shown)), shown)
    axes.tick_params(axis="y", colors=INK)
    axes.set(xlim=(0, 1), ylim=(len(shown) - 0.5, -0.5), xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.grid(axis="x", color=RULE, linewidth=0.7)
    return to_svg(figure, words)


@house_style()
def draw_parallel(
    place_TD: Floats,
    looks: Sequence[str],
    axes_named: Sequence[tuple[str, Sequence[tuple[float, str]]]],
    words: Words,
) -> str:
    """Draw each trial as a line through its settings; ``best`` and ``good`` ones lie on top.

    Args:
        place_TD: where a trial stands on each axis, in [0, 1]; NaN breaks the line.
        looks: ``best``, ``good``, ``other`` or ``pruned`` a trial.
        axes_named: of each axis its name, and what stands beside it where.
        words: what the plot is called.
    """
    figure, axes = canvas(760, 330, (40, 96, 14, 40))
    colours = {"pruned": RULE, "other": MUTED, "good": ACCENT, "best": SECOND}
    columns = np.arange(place_TD.shape[1])
    for look, colour in colours.items():
        for place_D in place_TD[[i for i, own in enumerate(looks) if own == look]]:
            axes.plot(columns, place_D, color=colour, lw=2.4 if look == "best" else 1.1, alpha=0.9)
    for column, (name, marks) in enumerate(axes_named):
        axes.axvline(column, color=RULE, lw=1, zorder=0)
        low = -0.09 if column % 2 == 0 else -0.16
        axes.text(column, low, printable(name, 18), ha="center", va="top", color=INK, fontsize=9.5)
        for place, text in marks:
            axes.text(
                column + 0.04, place, printable(text, 14), color=MUTED, fontsize=9, va="center"
            )
    axes.set(xlim=(-0.05, len(columns) - 0.95), ylim=(-0.04, 1.04), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return to_svg(figure, words)
