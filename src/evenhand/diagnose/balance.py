"""Balance: precision far above recall, or recall far above precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.diagnose.checks import check
from evenhand.diagnose.measures import Figures
from evenhand.diagnose.patient import Patient
from evenhand.evaluate.metrics import macro
from evenhand.finding import Finding
from evenhand.types import Floats

RATIO, GAP = 2.0, 0.25
"""Precision and recall are out of balance when one is twice the other and a quarter above it.
The best cut for F1 may put them 1.5 apart where scores are skewed; the seeds' red flag is three."""
MIN_SUPPORT = 10
"""Positives below which a label's precision and recall are too noisy to be compared."""


@check("D106")
def precision_over_recall(patient: Patient) -> Finding | None:
    """Precision is far above recall: most positives are missed."""
    return _imbalance(patient, "D106", above="precision", below="recall")


@check("D107")
def recall_over_precision(patient: Patient) -> Finding | None:
    """Recall is far above precision: most of what is given is wrong."""
    return _imbalance(patient, "D107", above="recall", below="precision")


def _imbalance(patient: Patient, code: str, *, above: str, below: str) -> Finding | None:
    figures = patient.figures
    if figures is None or _sought(patient, above):
        return None
    means = _means(figures, patient.judged_C)
    high, low = means[above], means[below]
    if np.isnan(high) or np.isnan(low) or high < RATIO * low or high - low < GAP:
        return None
    fixed = patient.setting("decision.cuts") != "per-label"
    advice = (
        "cuts are too high for these scores"
        if above == "precision"
        else "cuts are too low, or positives were weighted up"
    )
    return Finding(
        code,
        "warning",
        f"{above} is far above {below}",
        f"mean {above} is {high:.2f} and mean {below} {low:.2f} over {means['labels']:.0f} labels "
        f"with at least {MIN_SUPPORT} positives",
        {"decision": {"cuts": "per-label"}} if fixed else {},
        advice
        if fixed
        else f"{advice}: the tune rows that chose them differ from these, or "
        "the scores rank too badly for any cut",
    )


def _sought(patient: Patient, above: str) -> bool:
    """Say whether the run file weighs that one more: beta above 1 is recall, below precision."""
    beta = float(patient.setting("decision.beta", 1.0))
    return beta > 1 if above == "recall" else beta < 1


def _means(figures: Figures, judged_C: NDArray[np.bool_]) -> dict[str, float]:
    """Return mean precision and recall over the labels that are given and have support.

    A label that is never given has no precision; it is D103's or D105's.

    Args:
        figures: of all labels.
        judged_C: labels that are cut for F, and for no demand or costs.
    """
    counted_C = judged_C & (figures.positives_C >= MIN_SUPPORT) & (figures.given_C > 0)

    def mean(values_C: Floats) -> float:
        return float(macro(np.where(counted_C, values_C, np.nan)))

    return {
        "precision": mean(figures.precision_C),
        "recall": mean(figures.recall_C),
        "labels": float(counted_C.sum()),
    }
