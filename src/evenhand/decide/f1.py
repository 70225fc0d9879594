"""The score that decisions are chosen by: F-beta of each label, averaged, over known cells."""
# Shapes: N rows, C classes; counts_3C holds true positives, predictions, positives.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.types import Floats, Truth


def count(truth_NC: Truth, decided_NC: NDArray[np.bool_]) -> Floats:
    """Count true positives, predictions and positives of each class, ``(3, C)``.

    Cells with NaN truth are left out. Counts of parts of the rows may be added.
    """
    positive_NC = truth_NC == 1
    predicted_NC = decided_NC & ~np.isnan(truth_NC)
    return np.stack(
        [(positive_NC & decided_NC).sum(axis=0), predicted_NC.sum(axis=0), positive_NC.sum(axis=0)]
    ).astype(np.float64)


def f1_of(counts_3C: Floats, *, beta: float = 1.0) -> Floats:
    """Return F-beta of each class, ``(C,)``; NaN where there is neither truth nor prediction."""
    hits_C, predicted_C, positive_C = counts_3C
    whole_C = predicted_C + beta**2 * positive_C
    f1_C = np.full(len(whole_C), np.nan)
    np.divide((1 + beta**2) * hits_C, whole_C, out=f1_C, where=whole_C > 0)
    return f1_C


def macro_of(counts_3C: Floats, *, beta: float = 1.0) -> float:
    """Return the mean F-beta of the classes where it is defined; NaN if there is none."""
    f1_C = f1_of(counts_3C, beta=beta)
    defined_C = ~np.isnan(f1_C)
    return float(f1_C[defined_C].mean()) if defined_C.any() else float("nan")


def blend_of(counts_3C: Floats, *, beta: float = 1.0, micro: float = 0.0) -> float:
    """Return ``(1 - micro) * macro-F + micro * micro-F``; NaN where there is nothing to judge.

    Micro-F pools all cells, so common labels rule it; for multi-class it is accuracy.
    """
    macro = macro_of(counts_3C, beta=beta)
    if not micro:
        return macro
    return (1 - micro) * macro + micro * macro_of(counts_3C.sum(axis=1, keepdims=True), beta=beta)


def macro_f1(truth_NC: Truth, decided_NC: NDArray[np.bool_]) -> float:
    """Return macro-F1 in [0, 1]; undefined classes and unknown cells are left out."""
    return macro_of(count(truth_NC, decided_NC))
