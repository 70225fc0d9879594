"""Multi-class thresholds: one additive bias a class, for macro-F1 under argmax."""
# Shapes: N rows, C classes, S = N + 1 numbers of rows won by the moving class.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.f1 import macro_f1
from evenhand.types import Floats, Truth

CLIP = 1e-12
ROUNDS = 20
GAP = 1e-9
"""Rows whose critical biases lie closer than this move together."""
MARGIN = 0.1
"""Distance kept from the outermost critical bias, in nats."""
GAIN = 1e-12


def log_probs(probs_NC: Floats) -> Floats:
    """Return ``log p``, with ``p`` kept above 1e-12, ``(N, C)``."""
    return np.log(np.maximum(probs_NC, CLIP))


def argmax_decision(probs_NC: Floats, biases_C: Floats) -> NDArray[np.bool_]:
    """Return one True a row: the class with the largest ``log p + bias``, ``(N, C)``."""
    winner_N = (log_probs(probs_NC) + biases_C).argmax(axis=1)
    return np.asarray(winner_N[:, None] == np.arange(probs_NC.shape[1]))


def best_biases(probs_NC: Floats, truth_NC: Truth, *, min_support: int = 1) -> Floats:
    """Find biases that raise macro-F1 of ``argmax(log p + bias)``.

    Exact coordinate search: for one class, every row has one critical bias from which on it
    is won; sorted and summed up, they give macro-F1 for all values of that bias at once.
    Classes take turns until none gains, at most 20 rounds. The commonest class, and classes
    under ``min_support``, stay at 0. With two classes the result is the optimum; with more
    no single bias can be bettered. Of equal values the smallest move is taken.

    Args:
        probs_NC: probabilities, ``(N, C)``.
        truth_NC: one-hot; rows with NaN are left out.
        min_support: rows that a class needs to get a bias, >= 1.

    Returns:
        Biases in nats, ``(C,)``.
    """
    known_N = ~np.isnan(truth_NC).any(axis=1)
    support_C = (truth_NC[known_N] == 1).sum(axis=0)
    biases_C = np.zeros(truth_NC.shape[1])
    movable = set(np.flatnonzero(support_C >= min_support).tolist())
    movable.discard(int(support_C.argmax()))
    if not movable:
        return biases_C
    log_CN = np.ascontiguousarray(log_probs(probs_NC[known_N]).T)
    y_N = truth_NC[known_N].argmax(axis=1).astype(np.int16)
    score = macro_f1(truth_NC[known_N], argmax_decision(probs_NC[known_N], biases_C))
    for _ in range(ROUNDS):
        before = score
        score = _one_round(log_CN, y_N, biases_C, movable=movable, score=score)
        if score <= before + GAIN:
            break
    return biases_C


def _one_round(
    log_CN: Floats, y_N: NDArray[np.int16], biases_C: Floats, *, movable: set[int], score: float
) -> float:
    """Give each movable class its best bias in turn (in place); return the new macro-F1."""
    classes, rows = log_CN.shape
    later_CN, later_class_CN = _best_of_later(log_CN, biases_C)
    earlier_N, earlier_class_N = np.full(rows, -np.inf), np.zeros(rows, dtype=np.int16)
    positives_C = np.bincount(y_N, minlength=classes)
    for c in range(classes):
        if c in movable:
            use_later_N = later_CN[c] > earlier_N
            rival_N = np.where(use_later_N, later_class_CN[c], earlier_class_N)
            critical_N = np.where(use_later_N, later_CN[c], earlier_N) - log_CN[c]
            sweep = _Sweep.of(critical_N, rival_N, y_N, c, positives_C=positives_C)
            value, reached = sweep.best(float(biases_C[c]))
            if reached > score + GAIN:
                biases_C[c], score = value, reached
        adjusted_N = log_CN[c] + biases_C[c]
        wins_N = adjusted_N > earlier_N
        earlier_N[wins_N] = adjusted_N[wins_N]
        earlier_class_N[wins_N] = c
    return score


def _best_of_later(log_CN: Floats, biases_C: Floats) -> tuple[Floats, NDArray[np.int16]]:
    """Return, for each class, the best adjusted score among later classes and whose it is."""
    best_CN = np.full(log_CN.shape, -np.inf)
    class_CN = np.zeros(log_CN.shape, dtype=np.int16)
    for c in range(len(log_CN) - 2, -1, -1):
        adjusted_N = log_CN[c + 1] + biases_C[c + 1]
        wins_N = adjusted_N >= best_CN[c + 1]
        best_CN[c] = np.where(wins_N, adjusted_N, best_CN[c + 1])
        class_CN[c] = np.where(wins_N, c + 1, class_CN[c + 1])
    return best_CN, class_CN


@dataclass(frozen=True)
class _Sweep:
    """Macro-F1 as one class wins its rows in the order of their critical biases."""

    critical_N: Floats
    macro_S: Floats

    @classmethod
    def of(
        cls,
        critical_N: Floats,
        rival_N: NDArray[np.int16],
        y_N: NDArray[np.int16],
        mover: int,
        *,
        positives_C: NDArray[np.int64],
    ) -> _Sweep:
        order_N = np.argsort(critical_N)
        rival_N, y_N = rival_N[order_N], y_N[order_N]
        hits_S = np.append(0, np.cumsum(y_N == mover))
        own_S = 2.0 * hits_S / (positives_C[mover] + np.arange(len(y_N) + 1))
        others_S, defined_S = _rivals(rival_N, y_N, mover, positives_C)
        return cls(critical_N[order_N], (own_S + others_S) / (1 + defined_S))

    def best(self, current: float) -> tuple[float, float]:
        """Return the best bias (of equals the nearest to ``current``) and its macro-F1."""
        m_N = self.critical_N
        open_S = np.concatenate([[True], np.diff(m_N) > GAP, [True]])
        top = float(self.macro_S[open_S].max())
        at = np.flatnonzero(open_S & (self.macro_S >= top - GAIN))
        values_S = np.concatenate(
            [[m_N[0] - MARGIN], m_N[:-1] + np.diff(m_N) / 2, [m_N[-1] + MARGIN]]
        )[at]
        nearest = int(np.abs(values_S - current).argmin())
        return float(values_S[nearest]), top


def _rivals(
    rival_N: NDArray[np.int16], y_N: NDArray[np.int16], mover: int, positives_C: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the other classes' summed F1, and how many are defined, after each loss."""
    classes = len(positives_C)
    size_C = np.bincount(rival_N, minlength=classes)
    hit_N = rival_N == y_N
    hits_C = np.bincount(rival_N[hit_N], minlength=classes)
    whole_C = positives_C + size_C
    f1_C = np.divide(2.0 * hits_C, whole_C, out=np.zeros(classes), where=whole_C > 0)
    defined_C = whole_C > 0
    f1_C[mover], defined_C[mover] = 0.0, False

    grouped_N = np.argsort(rival_N, kind="stable")
    class_N = rival_N[grouped_N]
    first_C = np.cumsum(size_C) - size_C
    lost_N = np.arange(1, len(y_N) + 1) - first_C[class_N]
    running_N = np.append(0, np.cumsum(hit_N[grouped_N]))
    left_N = hits_C[class_N] - (running_N[1:] - running_N[first_C[class_N]])
    rest_N = whole_C[class_N] - lost_N
    after_N = np.divide(2.0 * left_N, rest_N, out=np.zeros(len(y_N)), where=rest_N > 0)
    previous_N = np.where(lost_N == 1, f1_C[class_N], np.append(0.0, after_N[:-1]))
    change_N = np.empty(len(y_N))
    change_N[grouped_N] = after_N - previous_N
    vanish_N = np.zeros(len(y_N), dtype=np.int64)
    vanish_N[grouped_N] = rest_N == 0
    return (
        f1_C.sum() + np.append(0.0, np.cumsum(change_N)),
        defined_C.sum() - np.append(0, np.cumsum(vanish_N)),
    )
