"""Confident learning: which given labels a model that never saw them firmly contradicts.

Shapes: N rows, C classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.types import Floats

Probs = NDArray[np.float32]
Rows = NDArray[np.int64]

UNLIKELY = 0.4
"""Share of a label's usual probability below which a row that has it is suspected."""


def thresholds(given_N: Rows, probs_NC: Probs) -> Floats:
    """Return the mean probability of each class over the rows given it; infinite without rows.

    References:
        Northcutt, Jiang, Chuang 2021, arXiv:1911.00068, eq. 2.
    """
    count_C = np.bincount(given_N, minlength=probs_NC.shape[1])
    own_N = probs_NC[np.arange(len(given_N)), given_N]
    total_C = np.bincount(given_N, weights=own_N, minlength=probs_NC.shape[1])
    return np.where(count_C > 0, total_C / np.maximum(count_C, 1), np.inf)


def confident(given_N: Rows, probs_NC: Probs) -> Rows:
    """Return the class that each row confidently belongs to, -1 where there is none.

    Of the classes whose probability reaches their threshold, the likeliest.
    """
    reached_NC = probs_NC >= thresholds(given_N, probs_NC)
    best_N = np.where(reached_NC, probs_NC, -1.0).argmax(axis=1)
    return np.where(reached_NC.any(axis=1), best_N, -1)


def confident_joint(given_N: Rows, probs_NC: Probs) -> NDArray[np.int64]:
    """Count rows by given and confident class, ``(C, C)``; rows without one count nowhere.

    With perfect labels and probabilities it is diagonal.

    Args:
        given_N: class of each row, int64.
        probs_NC: from models fitted without the row.

    References:
        Northcutt, Jiang, Chuang 2021, arXiv:1911.00068, eq. 1.
    """
    classes = probs_NC.shape[1]
    best_N = confident(given_N, probs_NC)
    sure_N = best_N >= 0
    code_N = given_N[sure_N] * classes + best_N[sure_N]
    return np.bincount(code_N, minlength=classes * classes).reshape(classes, classes)


def suspects(given_N: Rows, probs_NC: Probs) -> tuple[Rows, Rows]:
    """Return rows that confidently belong to another class than given, worst first, and it.

    The other class must also be the likeliest of all, and the given one below 0.4 of its
    threshold, so that a model that can tell little suspects little. The margin between the two
    decides the order.
    """
    best_N = confident(given_N, probs_NC)
    own_N = probs_NC[np.arange(len(given_N)), given_N]
    unlikely_N = own_N <= UNLIKELY * thresholds(given_N, probs_NC)[given_N]
    doubt_N = (best_N >= 0) & (best_N != given_N) & (best_N == probs_NC.argmax(axis=1))
    doubt_N &= unlikely_N
    found_K = np.flatnonzero(doubt_N)
    margin_K = probs_NC[found_K, best_N[found_K]] - probs_NC[found_K, given_N[found_K]]
    order_K = np.argsort(-margin_K, kind="stable")
    return found_K[order_K], best_N[found_K[order_K]]
