"""Faults: numbers that are none, and outputs that do not move."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding

SURGE = 10.0
"""Gradient norm over its usual size that shows that the weights ran away before the fault."""
RECENT = 10
"""Steps before the fault that show what led to it."""
FLAT = 1e-3
"""Spread of the logits over rows below which all rows have the same probabilities to 0.03 %."""
UNMOVED = 0.01
"""Change of spread and of tune loss over all passes within which nothing has happened."""


@check("D208", live=True)
def not_finite(patient: Patient) -> Finding | None:
    """A loss or gradient became NaN or infinite."""
    bad = next((r for r in patient.steps if not _finite(r["loss"], r["grad_norm"])), None)
    if bad is None and patient.facts.get("stopped") != "non-finite":
        return None
    surge = _surge([r["grad_norm"] for r in patient.steps])
    where = f"step {bad['step']}" if bad is not None else f"step {patient.done + 1}"
    said = str(patient.facts.get("fault") or "the loss or its gradient is not finite")
    rising = f"; the gradient norm had risen {surge:.0f}-fold just before" if surge > SURGE else ""
    return Finding(
        "D208",
        "error",
        "NaN or infinity",
        f"{where}: {said}{rising}",
        _way_out(patient, surge),
        "the weights ran away: a lower learning rate keeps them"
        if surge > SURGE
        else "the weights had not run away: look at the rows named, then at the number format",
    )


@check("D209", live=True)
def frozen_outputs(patient: Patient) -> Finding | None:
    """The scores do not differ between rows, or do not change from pass to pass."""
    spreads = [float(r["spread"]) for r in patient.epochs if r.get("spread") is not None]
    if patient.tune is not None:
        spreads.append(float(patient.tune.scores.values_NC.std(axis=0).mean()))
    if not spreads:
        return None
    losses = [float(record["tune_loss"]) for record in patient.epochs]
    flat = spreads[-1] < FLAT
    if not flat and not (len(losses) > 1 and _still(spreads) and _still(losses)):
        return None
    said = (
        f"over all rows the logits spread by {spreads[-1]:.1e}"
        if flat
        else f"the spread of the logits stayed at {spreads[-1]:.3g} and the tune loss at "
        f"{losses[-1]:.4g} over {len(losses)} passes"
    )
    return Finding(
        "D209",
        "error",
        "outputs do not move",
        said,
        {},
        "nothing reaches the output: look for a learning rate near 0, frozen layers, parameters "
        "without gradient, or texts that are all alike once tokenised",
    )


def _finite(*values: float) -> bool:
    return all(map(math.isfinite, values))


def _surge(norms: Sequence[float]) -> float:
    """Return the largest recent gradient norm over the median of those before; 1 if unknown."""
    finite = [norm for norm in norms if math.isfinite(norm)]
    before, recent = finite[:-RECENT], finite[-RECENT:]
    if not before or not float(np.median(before)) > 0:
        return 1.0
    return max(recent) / float(np.median(before))


def _still(values: Sequence[float]) -> bool:
    return max(values) - min(values) <= UNMOVED * max(map(abs, values))


def _way_out(patient: Patient, surge: float) -> dict[str, object]:
    rate = patient.setting("optim.lr")
    if surge <= SURGE and patient.setting("model.precision") != "float32":
        return {"model": {"precision": "float32"}}
    return {} if rate is None else {"optim": {"lr": float(f"{rate / 3:.1g}")}}
