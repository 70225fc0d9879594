"""Exact thresholds: the best of all cuts, not of a grid."""
# Shapes: N rows, C classes, K = N * C cells.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import MACRO_F1, Aim
from evenhand.decide.f1 import blend_of, count
from evenhand.decide.ladder import Grid, Ladder, Tally, between, last_best
from evenhand.decide.wish import Wish, find_cut
from evenhand.types import Floats, Truth

ROUNDING = 1e-12
ROUNDS = 20


def best_cut(
    scores_N: Floats, truth_N: Truth, *, beta: float = 1.0, grid: Grid | None = None
) -> tuple[float, float]:
    """Find the cut with the highest F-beta; a label is predicted where ``score >= cut``.

    Of equally good cuts the highest is taken. The value lies midway to the next lower score,
    or is the lowest score itself when everything is predicted. Without positives nothing is
    predicted and F is 0.

    Args:
        scores_N: probabilities or logits of one label, finite, ``(N,)``.
        truth_N: 0, 1 or NaN (unknown, left out), ``(N,)``.
        beta: weight of recall against precision, > 0; 1 gives F1.
        grid: the only cuts to try, increasing; without it every cut is tried.

    Returns:
        The cut, in the unit of the scores, and the F-beta that it reaches on these rows.
    """
    found = find_cut(scores_N, truth_N, Wish(beta=beta), grid=grid)
    return found.cut, float(found.tally.f_beta(beta)[0])


def best_cuts(
    probs_NC: Floats, truth_NC: Truth, aim: Aim, *, start_C: Floats, grid: Grid | None = None
) -> Floats:
    """Find a cut for each label that together raise a blend of macro- and micro-F-beta.

    Coordinate search: for one label, all cuts are tried with the others held. Labels take
    turns until none gains, at most 20 rounds. Pure macro-F and pure micro-F reach the optimum;
    in between no single cut can be bettered. A label that is NaN in ``start_C`` moves.

    Args:
        probs_NC: scores, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        aim: beta and the share of micro-F.
        start_C: cuts that stay; NaN for those that are looked for.
        grid: the only cuts to try.

    Returns:
        Cuts, ``(C,)``.
    """
    cuts_C = start_C.copy()
    moving = np.flatnonzero(np.isnan(start_C))
    ladders = {c: Ladder.of(probs_NC[:, c], truth_NC[:, c], grid=grid) for c in moving}
    at = {c: int(Wish(beta=aim.beta).choose(ladders[c].tally)) for c in moving}
    for c in moving:
        cuts_C[c] = ladders[c].cuts_K[at[c]]
    if not aim.micro:
        return cuts_C
    counts_3C = count(truth_NC, probs_NC >= cuts_C)
    for _ in range(ROUNDS):
        before = blend_of(counts_3C, beta=aim.beta, micro=aim.micro)
        for c in moving:
            tally = ladders[c].tally
            at[c] = int(last_best([_blend(tally, np.delete(counts_3C, c, axis=1), aim)]))
            hits, alarms = tally.hits[at[c]], tally.alarms[at[c]]
            counts_3C[:, c] = hits, hits + alarms, tally.positives[0]
            cuts_C[c] = ladders[c].cuts_K[at[c]]
        if not blend_of(counts_3C, beta=aim.beta, micro=aim.micro) > before + ROUNDING:
            break
    return cuts_C


def _blend(tally: Tally, others_3C: Floats, aim: Aim) -> Floats:
    """Return the blend for each cut of one label, given the counts of the others."""
    square = aim.beta**2
    whole_C = others_3C[1] + square * others_3C[2]
    defined_C = whole_C > 0
    macro = float(((1 + square) * others_3C[0][defined_C] / whole_C[defined_C]).sum())
    own_defined = (tally.positives + tally.hits + tally.alarms) > 0
    defined = np.maximum(defined_C.sum() + own_defined, 1)
    pooled = tally.positives + others_3C[2].sum()
    hits, caught = others_3C[0].sum() + tally.hits, others_3C[1].sum() + tally.hits + tally.alarms
    micro = (1 + square) * hits / np.maximum(square * pooled + caught, ROUNDING)
    macro_K = (macro + tally.f_beta(aim.beta)) / defined
    return np.asarray((1 - aim.micro) * macro_K + aim.micro * micro)


def best_global_cut(
    probs_NC: Floats,
    truth_NC: Truth,
    aim: Aim = MACRO_F1,
    *,
    grid: Grid | None = None,
) -> tuple[float, float]:
    """Find the one cut for all labels with the highest blend of macro- and micro-F-beta.

    Every cell is one step down the sorted scores and changes the F-beta of one class; the sum
    of these changes is the macro-F of each cut. A class with neither truth nor prediction is
    left out of the mean. Of equally good cuts the highest is taken. With one class this is
    ``best_cut``.

    Args:
        probs_NC: scores, comparable between labels, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        aim: beta and the share of micro-F; macro-F1 if not given.
        grid: the only cuts to try, increasing; without it every cut is tried.

    Returns:
        The cut and the blend that it reaches on these rows.
    """
    if grid is not None:
        scores = [aim.score(truth_NC, probs_NC >= cut) for cut in grid]
        best = int(last_best([np.array(scores)]))
        return float(grid[best]), scores[best]
    known_CN = ~np.isnan(np.ascontiguousarray(truth_NC.T))
    positive_CN = np.ascontiguousarray(truth_NC.T) == 1
    scores_CN = np.where(known_CN, probs_NC.T, -np.inf)
    if not positive_CN.any():
        return _above(scores_CN[known_CN]), 0.0
    order_CN = np.argsort(-scores_CN, axis=1)
    known_CN = np.take_along_axis(known_CN, order_CN, axis=1)
    positive_CN = np.take_along_axis(positive_CN, order_CN, axis=1)
    scores_K = np.take_along_axis(scores_CN, order_CN, axis=1).ravel()
    order_K = np.argsort(-scores_K)
    sorted_K = scores_K[order_K]
    blend_K = _walk(known_CN, positive_CN, order_K, aim)
    last_of_tie_K = np.append(sorted_K[:-1] != sorted_K[1:], True)
    # Running sums differ in the last bits with the order of equal scores; the cut must not.
    best = int((last_of_tie_K & (blend_K >= blend_K[last_of_tie_K].max() - ROUNDING)).argmax())
    lower_1 = np.append(sorted_K[best + 1 : best + 2], -np.inf)[:1]
    return float(between(lower_1, sorted_K[best : best + 1])[0]), float(blend_K[best])


def _walk(
    known_CN: NDArray[np.bool_],
    positive_CN: NDArray[np.bool_],
    order_K: NDArray[np.int64],
    aim: Aim,
) -> Floats:
    """Return the blend after each cell, from the highest score of all to the lowest.

    Cells of a class run from its highest score to its lowest; unknown cells change nothing.
    """
    square = aim.beta**2
    predicted_CN = np.cumsum(known_CN, axis=1)
    hits_CN = np.cumsum(positive_CN, axis=1)
    whole_CN = predicted_CN + square * hits_CN[:, -1:]
    f_CN = (1 + square) * hits_CN / np.maximum(whole_CN, ROUNDING)
    gain_K = np.diff(f_CN, axis=1, prepend=0.0).ravel()[order_K]
    absent_C1 = hits_CN[:, -1:] == 0
    appears_K = (absent_C1 & known_CN & (predicted_CN == 1)).ravel()[order_K]
    macro_K = np.cumsum(gain_K) / ((~absent_C1).sum() + np.cumsum(appears_K))
    if not aim.micro:
        return np.asarray(macro_K)
    pooled_K = np.cumsum(known_CN.ravel()[order_K]) + square * positive_CN.sum()
    micro_K = (1 + square) * np.cumsum(positive_CN.ravel()[order_K]) / pooled_K
    return np.asarray((1 - aim.micro) * macro_K + aim.micro * micro_K)


def _above(scores_K: Floats) -> float:
    """Return a value just above the highest score; 0.5 when there is no score."""
    return float(np.nextafter(scores_K.max(), np.inf)) if len(scores_K) else 0.5
