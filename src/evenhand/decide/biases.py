"""Multi-class thresholds: one additive bias a class, for macro-F under argmax, or least cost."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import MACRO_F1, Aim
from evenhand.decide.sweep import GAIN, GAP, MARGIN, Sweep
from evenhand.types import Floats, Truth

__all__ = ["GAP", "MARGIN", "argmax_decision", "best_biases", "log_probs", "margins"]

CLIP = 1e-12
ROUNDS = 20


def log_probs(probs_NC: Floats) -> Floats:
    """Return ``log p``, with ``p`` kept above 1e-12, ``(N, C)``."""
    return np.log(np.maximum(probs_NC, CLIP))


def argmax_decision(probs_NC: Floats, biases_C: Floats) -> NDArray[np.bool_]:
    """Return one True a row: the class with the largest ``log p + bias``, ``(N, C)``."""
    winner_N = (log_probs(probs_NC) + biases_C).argmax(axis=1)
    return np.asarray(winner_N[:, None] == np.arange(probs_NC.shape[1]))


def margins(probs_NC: Floats, biases_C: Floats, c: int) -> Floats:
    """Return how far ``log p`` of a class lies above the best biased rival, ``(N,)``.

    The class wins a row when its bias is above the negative margin.
    """
    log_NC = log_probs(probs_NC)
    rivals_NC = np.delete(log_NC + biases_C, c, axis=1)
    return np.asarray(log_NC[:, c] - rivals_NC.max(axis=1))


def best_biases(
    probs_NC: Floats,
    truth_NC: Truth,
    *,
    min_support: int = 1,
    aim: Aim = MACRO_F1,
    start_C: Floats | None = None,
) -> Floats:
    """Find biases that raise macro-F1, or another aim, of ``argmax(log p + bias)``.

    Exact coordinate search: for one class, every row has one critical bias from which on it
    is won; sorted and summed up, they give the aim for all values of that bias at once.
    Classes take turns until none gains, at most 20 rounds. The commonest class, and classes
    under ``min_support``, stay where they start. With two classes the result is the optimum;
    with more no single bias can be bettered. Of equal values the smallest move is taken.

    Args:
        probs_NC: probabilities, ``(N, C)``.
        truth_NC: one-hot; rows with NaN are left out.
        min_support: rows that a class needs to get a bias, >= 1.
        aim: what counts; macro-F1 if not given.
        start_C: where the biases start; at 0 if not given.

    Returns:
        Biases in nats, ``(C,)``.
    """
    known_N = ~np.isnan(truth_NC).any(axis=1)
    support_C = (truth_NC[known_N] == 1).sum(axis=0)
    biases_C = np.zeros(truth_NC.shape[1]) if start_C is None else start_C.copy()
    movable = set(np.flatnonzero(support_C >= min_support).tolist())
    movable.discard(int(support_C.argmax()))
    if not movable:
        return biases_C
    log_CN = np.ascontiguousarray(log_probs(probs_NC[known_N]).T)
    y_N = truth_NC[known_N].argmax(axis=1).astype(np.int16)
    score = aim.score(truth_NC[known_N], argmax_decision(probs_NC[known_N], biases_C))
    for _ in range(ROUNDS):
        before = score
        score = _one_round(log_CN, y_N, biases_C, movable=movable, score=score, aim=aim)
        if score <= before + GAIN * max(1.0, abs(before)):
            break
    return biases_C


def _one_round(
    log_CN: Floats,
    y_N: NDArray[np.int16],
    biases_C: Floats,
    *,
    movable: set[int],
    score: float,
    aim: Aim,
) -> float:
    """Give each movable class its best bias in turn (in place); return the aim's new value."""
    classes, rows = log_CN.shape
    later_CN, later_class_CN = _best_of_later(log_CN, biases_C)
    earlier_N, earlier_class_N = np.full(rows, -np.inf), np.zeros(rows, dtype=np.int16)
    for c in range(classes):
        if c in movable:
            use_later_N = later_CN[c] > earlier_N
            rival_N = np.where(use_later_N, later_class_CN[c], earlier_class_N)
            critical_N = np.where(use_later_N, later_CN[c], earlier_N) - log_CN[c]
            sweep = Sweep.of(critical_N, rival_N, y_N, c, classes=classes, aim=aim)
            value, reached = sweep.best(float(biases_C[c]))
            if reached > score + GAIN * max(1.0, abs(score)):
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
