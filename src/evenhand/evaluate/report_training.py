"""Training in a report: loss, the metric that chose, learning rate, gradient, pass by pass."""

# K points of a curve.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.evaluate import plots
from evenhand.evaluate.report_curves import thin
from evenhand.evaluate.report_story import Block, Cell, Column, Figure, Panel, Section, Table
from evenhand.evaluate.report_words import count, headline, plain_figure, words

MOST_PASSES = 40
HALF = ("macro_f1_half", "macro_f1_at_half")
History = Sequence[Mapping[str, Any]]


def training_section(history: History) -> Section | None:
    """Tell how the run went; None where nothing was trained."""
    panels = _panels(history)
    if not panels:
        return None
    caption = "The run, step by step. The dotted upright line is the pass whose weights were kept."
    blocks: list[Block] = [Figure(caption, panels, look="panels")]
    if passes := _passes([line for line in history if line["kind"] == "epoch"]):
        blocks.append(passes)
    return Section("training", "Training", blocks)


def _panels(history: History) -> list[Panel]:
    epochs = [line for line in history if line["kind"] == "epoch"]
    best = [float(line["step"]) for line in epochs if line.get("best")]
    wanted = {
        ("Loss", "loss"): (
            ("step", "loss", "faint"),
            ("epoch", "fit_loss", "muted"),
            ("epoch", "tune_loss", "accent"),
        ),
        ("On tune rows", "tune"): _chosen_by(epochs),
        ("Learning rate", "rate"): (("step", "lr", "second"),),
        ("Gradient norm", "norm"): (("step", "grad_norm", "muted"),),
    }
    panels = []
    for (title, key), lines in wanted.items():
        series = [s for line in lines if len((s := _series(history, *line)).x)]
        if series:
            mark = best[-1] if best and key in ("loss", "tune") else None
            names = ", ".join(s.name for s in series)
            about = plots.Words(f"training-{key}", title, f"{names} over optimizer steps.")
            svg = plots.draw_training(series, about, mark=mark)
            keys = tuple((s.look, s.name) for s in series)
            panels.append(Panel(svg, title, keys=keys if len(keys) > 1 else ()))
    return panels


def _chosen_by(epochs: History) -> tuple[tuple[str, str, str], ...]:
    """Name the lines of the metric that chose the pass, and of F1 without thresholds."""
    metric = str(epochs[0]["metric"]) if epochs else ""
    chosen = ("epoch", metric, "accent")
    beside = "f1" in metric and metric not in HALF
    return (("epoch", HALF[0], "muted"), chosen) if beside else (chosen,)


def _series(history: History, kind: str, name: str, look: str) -> plots.Series:
    """Read one line from the history; the chosen metric stands under its name or ``value``."""
    lines = [e for e in history if e["kind"] == kind]
    found = [(e["step"], v) for e in lines if (v := _value(e, name)) is not None]
    x, y = np.array(found, dtype=np.float64).reshape(-1, 2).T
    known = np.isfinite(y)
    said = "loss of a step" if name == "loss" else words(name)
    return plots.Series(said, *thin(x[known], y[known]), look)


def _value(record: Mapping[str, Any], name: str) -> Any:
    return record.get(name, record.get("value") if record.get("metric") == name else None)


def _passes(epochs: History) -> Table | None:
    """Return the last passes in numbers."""
    if not epochs:
        return None
    metric = str(epochs[0].get("metric", ""))
    names = ["fit_loss", "tune_loss", metric, *(HALF[:1] if metric not in HALF else ())]
    names = [name for name in names if any(_value(e, name) is not None for e in epochs)]
    cut = f" The last {MOST_PASSES} of {len(epochs)}." if len(epochs) > MOST_PASSES else ""
    return Table(
        "Passes",
        f"Pass by pass; the kept one is marked.{cut}",
        [
            Column("Pass"),
            Column("Step", number=True),
            *(Column(headline(words(name)), number=True) for name in names),
        ],
        [
            [
                Cell(str(e["epoch"]), mark="kept" if e is _kept(epochs) else ""),
                count(e["step"]),
                *(plain_figure(_value(e, name)) for name in names),
            ]
            for e in epochs[-MOST_PASSES:]
        ],
    )


def _kept(epochs: History) -> Mapping[str, Any] | None:
    best = [line for line in epochs if line.get("best")]
    return best[-1] if best else None
