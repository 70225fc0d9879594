"""What a run's demands came to: kept on the rows that chose the cuts, measured on others."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.decide import Decision
from evenhand.decide.choice import DEMANDS
from evenhand.decide.demands import SIGN
from evenhand.decide.figures import label_figures
from evenhand.evaluate.intervals import Figures, bootstrap, groups_drawn
from evenhand.evaluate.metrics import Decided, divide
from evenhand.types import Floats, Predictions, Truth

RESAMPLES, LEVEL = 1000, 0.95
NEAR = 5e-4
"""Distance from a bound below which three digits would not show the side."""


def demands_measured(
    decision: Decision, rows: Predictions, decided_NC: Decided, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Return each demand with what it came to on the measured rows, as plain values.

    A demand is kept on the rows that chose the cut, where they allow it, and promised on no
    others; here stands what other rows gave, with a 95 % bootstrap interval. Rows of one group
    are resampled together.

    Args:
        decision: the run's.
        rows: measured rows.
        decided_NC: the labels that the decision gives them, bool.
        seed: of the resamples.
    """
    found: list[dict[str, Any]] = []
    for kind in DEMANDS:
        for label, bound in decision.asked.get(kind, {}).items():
            c = decision.labels.index(label)
            measured = label_figures(rows.truth_NC[:, c], decided_NC[:, c], seed=seed)
            figure = measured.figures[kind]
            spread = {"value": figure.value, "low": figure.low, "high": figure.high}
            if groups_drawn(rows.groups_N) is not None:
                spread = _grouped(kind, rows, c, decided_NC[:, c], seed=seed)
            found.append(
                {"label": label, "kind": kind, "bound": bound, "alerts": measured.given} | spread
            )
    return found


def _grouped(
    kind: str, rows: Predictions, label: int, decided_N: Decided, *, seed: int
) -> dict[str, float | None]:
    """Return a figure of one label with the interval that whole groups of rows give it."""
    truth_N: Truth = rows.truth_NC[:, label]
    cells = (truth_N == 1) & decided_N, (truth_N == 0) & decided_N, truth_N == 1, truth_N == 0
    cells_4N = np.stack(cells).astype(np.float64)

    def figures(weights_NR: Floats) -> Figures:
        hits_R, alarms_R, positives_R, negatives_R = cells_4N @ weights_NR
        parts = {
            "recall": (hits_R, positives_R),
            "precision": (hits_R, hits_R + alarms_R),
            "fpr": (alarms_R, negatives_R),
            "alerts": (hits_R + alarms_R, positives_R + negatives_R),
        }
        return {name: divide(*pair) for name, pair in parts.items()}

    (found,) = bootstrap(
        [figures], len(rows), resamples=RESAMPLES, seed=seed, groups_N=rows.groups_N
    )
    return found.interval(kind, level=LEVEL).to_dict()


def demand_lines(results: Mapping[str, Any]) -> list[str]:
    """Say of each demand what was measured, and of those that cannot be met how near they come.

    Args:
        results: what ``metrics.json`` holds; runs of old have no demands.
    """
    lines = [_line(demand) for demand in results.get("demands", ())]
    return lines + [f"not to be had on the tune rows: {said}" for said in results.get("unmet", ())]


def _line(demand: Mapping[str, Any]) -> str:
    value, bound, sign = demand["value"], demand["bound"], SIGN[demand["kind"]]
    asked = f"{demand['label']}, {demand['kind']} {sign} {bound:.4g}"
    if value is None:
        return f"{asked}: n/a here"
    held = value >= bound if sign == ">=" else value <= bound
    kept = "kept" if held else "missed"
    digits = 4 if abs(value - bound) < NEAR else 3
    spread = f" ({demand['low']:.3f} to {demand['high']:.3f})" if demand["low"] is not None else ""
    return f"{asked}: {value:.{digits}f}{spread} here, {kept}; {demand['alerts']:,} alerts"
