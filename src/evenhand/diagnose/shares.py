"""Shares: of the loss that is not the task's, and of the network that may learn."""

from __future__ import annotations

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding

DOMINANT = 0.5
"""Share of the loss from which on an auxiliary term, not the labels, says where weights go."""
SUPPORTING = 0.2
"""Share of the loss that suits a supporting role."""
FEW_PARAMETERS = 0.1
"""Share of parameters below which only the head learns; embeddings alone may be half of a model,
so a network with frozen embeddings stays well above it."""


@check("D210", live=True)
def auxiliary_dominates(patient: Patient) -> Finding | None:
    """An auxiliary term makes up most of the loss."""
    share = patient.facts.get("auxiliary_share")
    if share is None or share <= DOMINANT:
        return None
    section, key = ("series", "auxiliary") if patient.facts.get("streams") else ("train", "r_drop")
    weight = patient.setting(f"{section}.{key}", 0)
    remedy = {section: {key: _supporting(weight, share)}} if weight and share < 1 else {}
    return Finding(
        "D210",
        "warning",
        "auxiliary loss dominates",
        f"{share:.0%} of the loss comes from the auxiliary term",
        remedy,
        f"lower its weight until it is about {SUPPORTING:.0%} of the loss",
    )


@check("D211", live=True)
def mostly_frozen(patient: Patient) -> Finding | None:
    """Hardly any parameter may learn."""
    share = patient.facts.get("learning_share")
    if share is None or share >= FEW_PARAMETERS or patient.setting("optim.unfreeze_every", 0):
        return None
    frozen = patient.setting("optim.frozen_layers", 0)
    return Finding(
        "D211",
        "warning" if patient.unlearnt else "tip",
        "most of the network is frozen",
        f"{share:.1%} of the parameters may learn (optim.frozen_layers = {frozen})",
        {"optim": {"frozen_layers": 0}} if frozen else {},
        "a head alone can only use what the backbone already tells apart",
    )


def _supporting(weight: float, share: float) -> float:
    """Return the weight at which the term would make up a fifth of the loss, to two digits."""
    wanted = SUPPORTING / (1 - SUPPORTING)
    return float(f"{weight * wanted * (1 - share) / share:.2g}")
