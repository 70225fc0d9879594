"""Baselines: a score that something without a network reaches as well."""
# Shapes: C classes.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.evaluate.metrics import divide, macro
from evenhand.finding import Finding
from evenhand.types import Task

LIVE_NOISE = 0.005
"""How near a running score must come to a baseline computed from the fit rows' shares: tune rows
have slightly other shares, and a model that learns is past it after a pass."""


@check("D102", live=True)
def equals_trivial(patient: Patient) -> Finding | None:
    """The score is that of a baseline that never looks at a row."""
    found = _live(patient) if patient.running else _measured(patient)
    if found is None:
        return None
    evidence, name = found
    return Finding(
        "D102",
        "error",
        f"the score is that of {name}",
        evidence,
        {},
        f"read the score as 0: {name} reaches it without reading a row",
    )


@check("D109")
def below_tfidf(patient: Patient) -> Finding | None:
    """Word counts with logistic regression score higher."""
    ours, best = _ours(patient), better_baseline(patient)
    if ours is None or best is None:
        return None
    value, high = ours["value"], ours["high"] if ours["high"] is not None else ours["value"]
    theirs = best["macro_f1"]["value"]
    return Finding(
        "D109",
        "warning" if theirs > high else "tip",
        f"{best['name']} is better",
        f"it reaches macro-F1 {theirs:.3f}, the run {value:.3f} (up to {high:.3f} within its "
        "interval)",
        {},
        "use the baseline, or find out what keeps the network from learning: steps, learning "
        "rate, frozen layers" + ("" if patient.network == "series" else ", cut-off texts"),
    )


def better_baseline(patient: Patient) -> Mapping[str, Any] | None:
    """Return the best baseline that reads rows, if its macro-F1 is above the run's."""
    ours = _ours(patient)
    rivals = [s for s in patient.systems if s["kind"] == "baseline" and s["macro_ap"] is not None]
    rivals = [s for s in rivals if s["macro_f1"]["value"] is not None]
    if ours is None or not rivals:
        return None
    best = max(rivals, key=lambda system: float(system["macro_f1"]["value"]))
    return best if best["macro_f1"]["value"] > ours["value"] else None


def _ours(patient: Patient) -> Mapping[str, Any] | None:
    own = next((s["macro_f1"] for s in patient.systems if s["kind"] == "ours"), None)
    return None if own is None or own["value"] is None else own


def _measured(patient: Patient) -> tuple[str, str] | None:
    """Compare our interval with the best baseline that reads no row."""
    ours = _ours(patient)
    trivial = [s for s in patient.systems if s["kind"] == "baseline" and s["macro_ap"] is None]
    trivial = [s for s in trivial if s["macro_f1"]["value"] is not None]
    if ours is None or not trivial:
        return None
    best = max(trivial, key=lambda system: float(system["macro_f1"]["value"]))
    low = ours["low"] if ours["low"] is not None else ours["value"]
    if low > best["macro_f1"]["value"]:
        return None
    return (
        f"macro-F1 is {ours['value']:.3f} (from {low:.3f} within its interval), and "
        f"{best['name']} reaches {best['macro_f1']['value']:.3f}",
        str(best["name"]),
    )


def _live(patient: Patient) -> tuple[str, str] | None:
    """Compare the last pass's score with what follows from the fit rows' shares alone."""
    last = patient.epochs[-1] if patient.epochs else None
    if last is None or last.get("metric") not in {"tuned_macro_f1", "macro_f1_at_half"}:
        return None
    name, score = _from_shares(patient)
    if abs(last["value"] - score) > LIVE_NOISE:
        return None
    return f"{last['metric']} is {last['value']:.3f}, and {name} reaches {score:.3f}", name


def _from_shares(patient: Patient) -> tuple[str, float]:
    """Return macro-F1 of all-positive (multi-label) or majority, by the labels' shares.

    A label of share p that is always given has precision p and recall 1, so F1 is 2p/(1+p).
    """
    share_C = divide(patient.fit.positives_C, patient.fit.known_C)
    always_C = 2 * share_C / (1 + share_C)
    if patient.fit.task is Task.MULTILABEL:
        return "all-positive", float(macro(always_C))
    return "majority", float(np.nanmax(always_C) / len(share_C))
