"""What a run's demands came to: kept on the rows that chose the cuts, measured on others."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.decide import Decision
from evenhand.decide.choice import DEMANDS
from evenhand.decide.demands import SIGN
from evenhand.decide.figures import label_figures
from evenhand.evaluate.metrics import Decided
from evenhand.types import Predictions

NEAR = 5e-4
"""Distance from a bound below which three digits would not show the side."""


def demands_measured(
    decision: Decision, rows: Predictions, decided_NC: Decided, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Return each demand with what it came to on the measured rows, as plain values.

    A demand is kept on the rows that chose the cut, where they allow it, and promised on no
    others; here stands what other rows gave, with a 95 % bootstrap interval.

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
            found.append(
                {"label": label, "kind": kind, "bound": bound, "alerts": measured.given}
                | {"value": figure.value, "low": figure.low, "high": figure.high}
            )
    return found


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
