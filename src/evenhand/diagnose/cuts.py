"""Cuts: thresholds that ended at an edge, or that rest on too little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding

EDGE = 0.02
"""Distance from 0 or 1 at which a probability cut sits at the edge of its range."""
EDGE_BIAS = 4.0
"""Bias in nats that multiplies a class's odds by 55 before it can win."""
UNSTABLE_BELOW = 20
"""Positives below which a label's best cut moves at random; the report marks the same labels."""
ALL_ROWS = 0.95
"""Share of rows from which on a cut lets everything through."""


@check("D110")
def cut_at_edge(patient: Patient) -> Finding | None:
    """A cut ended at the edge of its range."""
    cuts = _own_cuts(patient)
    if patient.figures is None or patient.measured is None or not cuts:
        return None
    names = patient.measured.labels.names
    at_edge = [name for name, cut in cuts.items() if _extreme(patient, float(cut["value"]))]
    if not at_edge:
        return None
    given_C = patient.figures.given_C / max(len(patient.measured), 1)
    useless = [n for n in at_edge if not 0 < given_C[names.index(n)] < ALL_ROWS]
    shown = (useless or at_edge)[0]
    return Finding(
        "D110",
        "warning" if useless else "tip",
        "a cut at the edge of its range",
        f"{len(at_edge)} of {len(names)} labels; {shown} has {cuts[shown]['value']:.3g} from "
        f"{cuts[shown]['support']} positives and is given to "
        f"{given_C[names.index(shown)]:.1%} of the rows",
        {"decision": {"shrink": "auto"}} if patient.setting("decision.shrink") == "none" else {},
        "the search wanted to go further: the label's scores are all high, all low, or do not "
        "tell its rows apart",
    )


@check("D111")
def cut_on_few(patient: Patient) -> Finding | None:
    """Cuts were chosen on too few positives."""
    cuts = _own_cuts(patient)
    weak = {name: cut for name, cut in cuts.items() if cut["support"] < UNSTABLE_BELOW}
    if not weak:
        return None
    name = min(weak, key=lambda label: int(weak[label]["support"]))
    bare = patient.setting("decision.shrink") == "none"
    optimism = (patient.decision or {}).get("expected_optimism")
    flattery = "" if optimism is None else f"; macro-F1 on the tune rows flatters by {optimism:.3f}"
    return Finding(
        "D111",
        "warning" if bare else "tip",
        "cuts on few positives",
        f"{len(weak)} of {len(cuts)} cuts rest on fewer than {UNSTABLE_BELOW} positives, "
        f"{name} on {weak[name]['support']}{flattery}",
        {"decision": {"shrink": "auto"}} if bare else {},
        "more tune rows make them steady (data.tune_share, or a larger --tune file)",
    )


def _own_cuts(patient: Patient) -> dict[str, Mapping[str, Any]]:
    """Return the cuts or biases that were fitted to one label each, for F1."""
    stored = patient.decision or {}
    cuts = stored.get("thresholds") or stored.get("biases") or {}
    own = {name: cut for name, cut in cuts.items() if cut["source"] == "own"}
    return {name: cut for name, cut in own.items() if name not in patient.demanded}


def _extreme(patient: Patient, value: float) -> bool:
    if "biases" in (patient.decision or {}):
        return bool(np.abs(value) >= EDGE_BIAS)
    return not EDGE < value < 1 - EDGE
