"""``search.html``: what was tried, what mattered, and what it is worth, on a page of its own."""

# T trials, D settings.
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.evaluate.plots import Words
from evenhand.evaluate.plots_search import draw_history, draw_parallel, draw_shares
from evenhand.evaluate.report import to_html
from evenhand.evaluate.report_story import (
    Block,
    Cell,
    Column,
    Facts,
    Figure,
    Panel,
    Paragraph,
    Section,
    Story,
    Table,
    Tone,
    Verdict,
)
from evenhand.evaluate.report_words import number
from evenhand.study.search.space import Choice, Range, Space
from evenhand.study.search.summary import gain, honest, warning
from evenhand.toml import toml_text
from evenhand.types import Floats

VALUE = "macro-F1"
MOST_MARKS = 8
"""Choices whose names still fit beside an axis."""

Figures = Mapping[str, Any]
Row = Mapping[str, Any]


def page_of(figures: Figures) -> str:
    """Return the page, which loads nothing; the same figures give the same bytes."""
    space = Space.from_dict(figures["space"])
    sections = [_course(figures), _mattered(figures), _combinations(figures, space)]
    return to_html(
        Story(
            title="Search of settings",
            lede=f"{len(figures['trials'])} trials in the space {space.name}; sought was macro-F1 "
            "on the tune rows, each decided by cuts that other tune rows chose.",
            verdict=Verdict(
                _judgement(figures),
                f"Trained again: {honest(figures)}. Gain: {gain(figures)}.",
                _tone(figures),
            ),
            cautions=[f"{warning(figures).capitalize()}."],
            sections=[*sections, _trials(figures), _asked(figures, space)],
        )
    )


def _judgement(figures: Figures) -> str:
    final, sought = figures["final"], f"{figures['value']:.3f} on the rows that chose it"
    if final["estimate"] != "held out":
        return f"Best of {len(figures['trials'])}: {sought}"
    return f"{number(final['macro_f1']['value'])} on report rows, {sought}"


def _tone(figures: Figures) -> Tone:
    gap = (figures["against_recipe"] or {}).get("macro_f1")
    if gap is None or gap["low"] is None:
        return "same"
    return "better" if gap["low"] > 0 else "worse" if gap["high"] < 0 else "same"


def _course(figures: Figures) -> Section:
    value_T = np.array([_reached(trial) for trial in figures["trials"]])
    complete = [trial["state"] == "complete" for trial in figures["trials"]]
    about = Words("search-history", "History", "Value of each trial, and the best so far.")
    drawn = Panel(draw_history(value_T, complete, about))
    keys = (("accent", "came to its end"), ("hollow", "pruned"), ("second", "best so far"))
    passes = figures["passes"]
    took = [
        ("passes made", f"{passes['made']}"),
        ("without pruning", f"at most {passes['without_pruning_at_most']}"),
        *((f"trials {state}", str(count)) for state, count in figures["counts"].items()),
    ]
    figure = Figure("Value of each trial on the tune rows.", [drawn], keys=keys)
    return Section("history", "History", [figure, Facts(took)])


def _mattered(figures: Figures) -> Section:
    shares: Mapping[str, float] = figures["importance"]
    if not shares:
        few = "Too few trials came to their end, or all gave one value: nothing can be said."
        return Section("importance", "What mattered", [Paragraph(few)])
    about = Words("search-importance", "Importance", "Share of the variance a setting explains.")
    many = figures["counts"]["complete"]
    caption = (
        "Share of the differences between values that each setting explains (fANOVA, a random "
        f"forest over {many} trials). With few trials it is a hint, no more."
    )
    drawn = Panel(draw_shares(list(shares), list(shares.values()), about))
    return Section("importance", "What mattered", [Figure(caption, [drawn])])


def _combinations(figures: Figures, space: Space) -> Section:
    trials: Sequence[Row] = figures["trials"]
    keys = [key for key, what in space.dimensions.items() if what.size() > 1]
    low, high = _ends([_reached(trial) for trial in trials])
    place_TD = np.full((len(trials), len(keys) + 1), np.nan)
    for t, trial in enumerate(trials):
        place_TD[t, -1] = (_reached(trial) - low) / (high - low)
        for d, key in enumerate(keys):
            place_TD[t, d] = _place(space, key, trial["params"])
    named = [(key.removesuffix(".name"), _marks(space, key)) for key in keys]
    named.append((VALUE, [(0.0, f"{low:.3f}"), (1.0, f"{high:.3f}")]))
    about = Words("search-parallel", "Combinations", "Each trial as a line through its settings.")
    drawn = Panel(draw_parallel(place_TD, _looks(figures), named, about))
    look = (
        ("second", "best"),
        ("accent", "best quarter"),
        ("muted", "others"),
        ("faint", "pruned"),
    )
    figure = Figure("Each trial as a line through its settings to its value.", [drawn], keys=look)
    return Section("combinations", "Combinations", [figure])


def _place(space: Space, key: str, params: Row) -> float:
    """Return where a trial stands between the ends of a setting; NaN where it did not choose it."""
    if key not in params:
        return math.nan
    what = space.dimensions[key]
    if isinstance(what, Choice):
        return what.texts.index(params[key]) / max(len(what.values) - 1, 1)
    low, high, value = what.low, what.high, params[key]
    if what.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return float((value - low) / (high - low))


def _marks(space: Space, key: str) -> list[tuple[float, str]]:
    what = space.dimensions[key]
    if isinstance(what, Range):
        return [(0.0, f"{what.low:.3g}"), (1.0, f"{what.high:.3g}")]
    last = max(len(what.values) - 1, 1)
    shown = enumerate(what.texts[:MOST_MARKS])
    return [
        (place / last, text if isinstance(text, str) else toml_text(text)) for place, text in shown
    ]


def _looks(figures: Figures) -> list[str]:
    values = [t["value"] for t in figures["trials"] if t["value"] is not None]
    good = float(np.quantile(values, 0.75))
    looks = []
    for trial in figures["trials"]:
        look = "pruned" if trial["value"] is None else "other"
        if trial["value"] is not None and trial["value"] >= good:
            look = "best" if trial["number"] == figures["best"] else "good"
        looks.append(look)
    return looks


def _ends(values: Sequence[float]) -> tuple[float, float]:
    known: Floats = np.array([value for value in values if not math.isnan(value)])
    low, high = float(known.min()), float(known.max())
    return (low, high) if low < high else (low - 0.01, high + 0.01)


def _reached(trial: Row) -> float:
    """Return a trial's value, or the last before it was ended; NaN where there is none."""
    last = trial["passes"][-1] if trial["passes"] else math.nan
    return float(last if trial["value"] is None else trial["value"])


def _trials(figures: Figures) -> Section:
    keys = list(figures["space"]["dimensions"])
    columns = [Column("Trial"), Column("Value", number=True), Column("Passes", number=True)]
    columns += [Column(key.removesuffix(".name")) for key in keys]
    ordered = sorted(figures["trials"], key=lambda t: -1.0 if t["value"] is None else -t["value"])
    ordered.sort(key=lambda trial: trial["value"] is None)
    table = Table(
        "Trials",
        "Every trial, the best first. The first trial is the recipe itself.",
        columns,
        [_row(trial, keys) for trial in ordered],
        look="full sortable",
        first=True,
    )
    return Section("trials", "Trials", [table])


def _row(trial: Row, keys: Sequence[str]) -> list[Cell]:
    mark = "" if trial["state"] == "complete" else trial["state"]
    value = (
        Cell("n/a")
        if trial["value"] is None
        else Cell(f"{trial['value']:.4f}", sort=trial["value"])
    )
    place = trial["number"] + 1
    why = "" if trial["fault"].startswith("pruned") else trial["fault"]
    return [
        Cell(f"{place}", detail=why, sort=place, mark=mark),
        value,
        Cell(str(len(trial["passes"])), sort=len(trial["passes"])),
        *(_cell(trial["settings"].get(key)) for key in keys),
    ]


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("n/a")
    if isinstance(value, float):
        return Cell(f"{value:.3g}", sort=value)
    return Cell(value if isinstance(value, str) else toml_text(value))


def _asked(figures: Figures, space: Space) -> Section:
    blocks: list[Block] = [
        Facts(
            [("space", space.name), ("pruner", figures["pruner"]), ("seed", str(figures["seed"]))]
        ),
        Facts([(key, what.line()) for key, what in space.dimensions.items()], title="The space"),
    ]
    return Section("asked", "What was asked", blocks)
