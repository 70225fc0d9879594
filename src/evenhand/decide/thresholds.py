"""Exact thresholds: the best of all cuts, not of a grid."""
# Shapes: N rows, C classes, K = N * C cells, P positives, M known negatives.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.types import Floats, Truth

ROUNDING = 1e-12


def best_cut(scores_N: Floats, truth_N: Truth, *, beta: float = 1.0) -> tuple[float, float]:
    """Find the cut with the highest F-beta; a label is predicted where ``score >= cut``.

    Only scores of positives need trying: a cut that ends on negatives gains by rising past
    them. Of equally good cuts the highest is taken. The value lies midway to the next lower
    score, or is the lowest score itself when everything is predicted. Without positives
    nothing is predicted and F is 0.

    Args:
        scores_N: probabilities or logits of one label, finite, ``(N,)``.
        truth_N: 0, 1 or NaN (unknown, left out), ``(N,)``.
        beta: weight of recall against precision, > 0; 1 gives F1.

    Returns:
        The cut, in the unit of the scores, and the F-beta that it reaches on these rows.
    """
    positive_P = np.sort(scores_N[truth_N == 1])
    negative_M = np.sort(scores_N[truth_N == 0])
    if not len(positive_P):
        return _above(negative_M), 0.0
    # Among equal scores the first position counts all of them; later ones count too few
    # hits for the same false alarms, so they never win and no cut splits a tie.
    hits_P = np.arange(len(positive_P), 0, -1, dtype=np.float64)
    alarms_P = len(negative_M) - np.searchsorted(negative_M, positive_P, side="left")
    f_P = (1 + beta**2) * hits_P / (beta**2 * len(positive_P) + hits_P + alarms_P)
    best = len(f_P) - 1 - int(f_P[::-1].argmax())
    upper = positive_P[best]
    below = [positive_P[:best], negative_M[: len(negative_M) - alarms_P[best]]]
    lower = max((float(part[-1]) for part in below if len(part)), default=None)
    return _between(lower, float(upper)), float(f_P[best])


def best_global_cut(probs_NC: Floats, truth_NC: Truth) -> tuple[float, float]:
    """Find the one cut for all labels with the highest macro-F1.

    Every cell is one step down the sorted scores and changes the F1 of one class; the sum of
    these changes is the macro-F1 of each cut. A class with neither truth nor prediction is
    left out of the mean. Of equally good cuts the highest is taken. With one class this is
    ``best_cut``.

    Args:
        probs_NC: scores, comparable between labels, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).

    Returns:
        The cut and the macro-F1 that it reaches on these rows.
    """
    known_CN = ~np.isnan(np.ascontiguousarray(truth_NC.T))
    positive_CN = np.ascontiguousarray(truth_NC.T) == 1
    scores_CN = np.where(known_CN, probs_NC.T, -np.inf)
    if not positive_CN.any():
        return _above(np.sort(scores_CN[known_CN])), 0.0
    order_CN = np.argsort(-scores_CN, axis=1)
    scores_K = np.take_along_axis(scores_CN, order_CN, axis=1).ravel()
    gain_CN, appears_CN = _steps(
        np.take_along_axis(known_CN, order_CN, axis=1),
        np.take_along_axis(positive_CN, order_CN, axis=1),
    )
    order_K = np.argsort(-scores_K)
    sorted_K = scores_K[order_K]
    present = positive_CN.any(axis=1).sum()
    defined_K = present + np.cumsum(appears_CN.ravel()[order_K])
    macro_K = np.cumsum(gain_CN.ravel()[order_K]) / defined_K
    last_of_tie_K = np.append(sorted_K[:-1] != sorted_K[1:], True)
    # Running sums differ in the last bits with the order of equal scores; the cut must not.
    best = int((last_of_tie_K & (macro_K >= macro_K[last_of_tie_K].max() - ROUNDING)).argmax())
    below = sorted_K[best + 1 : best + 2]
    lower = float(below[0]) if np.isfinite(below).all() and len(below) else None
    return _between(lower, float(sorted_K[best])), float(macro_K[best])


def _steps(
    known_CN: NDArray[np.bool_], positive_CN: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the change of F1 with each cell of a class, and where an absent class appears.

    Cells run from the highest score of a class to its lowest; unknown cells change nothing.
    """
    predicted_CN = np.cumsum(known_CN, axis=1)
    hits_CN = np.cumsum(positive_CN, axis=1)
    whole_CN = predicted_CN + hits_CN[:, -1:]
    f1_CN = 2.0 * hits_CN / np.maximum(whole_CN, 1)
    absent_C1 = hits_CN[:, -1:] == 0
    return np.diff(f1_CN, axis=1, prepend=0.0), absent_C1 & known_CN & (predicted_CN == 1)


def _between(lower: float | None, upper: float) -> float:
    """Return the middle of the gap; ``upper`` when there is none or no float lies inside."""
    if lower is None:
        return upper
    middle = lower + (upper - lower) / 2
    return middle if lower < middle <= upper else upper


def _above(sorted_N: Floats) -> float:
    """Return a value just above the highest score; 0.5 when there is no score."""
    return float(np.nextafter(sorted_N[-1], np.inf)) if len(sorted_N) else 0.5
