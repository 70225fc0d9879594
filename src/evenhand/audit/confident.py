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
ROUNDING = 1e-6
"""By how little a probability may miss its threshold: rows all alike must reach their mean."""
TINY = 1e-9


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
    reached_NC = probs_NC >= thresholds(given_N, probs_NC) - ROUNDING
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


def contradicted(given_N: Rows, probs_NC: Probs) -> NDArray[np.bool_]:
    """Say of each row whether it counts off the diagonal of the joint, its own class not likeliest.

    Rows of cleanlab's ``filter_by="confident_learning"``, but for some of those that confidently
    belong to several classes while an unsure one is likeliest: cleanlab counts the unsure one.
    """
    best_N = confident(given_N, probs_NC)
    unlikely_N = probs_NC.argmax(axis=1) != given_N
    other_N: NDArray[np.bool_] = (best_N >= 0) & (best_N != given_N) & unlikely_N
    return other_N


def half_relative(probs_NC: Probs, level_C: Floats) -> Floats:
    """Return log probabilities less half the log of each label's level, ``(N, C)``.

    The level is the label's usual probability on its own rows. Taken off whole, a label that is
    never sure is never doubted; not at all, every row of a rare label is. A level of 1 changes
    nothing; an infinite one makes a label impossible.
    """
    return np.log(np.maximum(probs_NC, TINY)) - np.log(np.maximum(level_C, TINY)) / 2


def first(doubt_N: Floats, number: int) -> Rows:
    """Return the ``number`` rows of greatest doubt, worst first, or all whose doubt is above 0."""
    order_N = np.argsort(-doubt_N, kind="stable")[:number]
    return order_N[doubt_N[order_N] > 0]


def suspects(given_N: Rows, probs_NC: Probs) -> tuple[Rows, Rows]:
    """Return the rows whose class is most in doubt, worst first, and the class they look like.

    They are as many as rows that are contradicted, by the likeliest class of all, while the given
    one stays below 0.4 of its threshold: a model that can tell little suspects little. Which ones
    is decided by ``half_relative``: half of the best other class's, less the given one's. With
    two classes of one level that is the order of the given class's probability.
    """
    level_C, row_N = thresholds(given_N, probs_NC), np.arange(len(given_N))
    likeliest_N = probs_NC.argmax(axis=1)
    sure_N = contradicted(given_N, probs_NC) & (confident(given_N, probs_NC) == likeliest_N)
    unlikely_N = probs_NC[row_N, given_N] <= UNLIKELY * level_C[given_N]
    scores_NC = half_relative(probs_NC, level_C)
    own_N = scores_NC[row_N, given_N]
    scores_NC[row_N, given_N] = -np.inf
    doubt_N = np.where(likeliest_N != given_N, scores_NC.max(axis=1) / 2 - own_N, -np.inf)
    found_K = first(doubt_N, int((sure_N & unlikely_N).sum()))
    return found_K, scores_NC[found_K].argmax(axis=1)
