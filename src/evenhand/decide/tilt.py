"""One number for all classes: how far rare classes are favoured under argmax."""
# Shapes: N rows, C classes, P passes of rows between classes, S = P + 1 states.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import MACRO_F1, Aim
from evenhand.decide.biases import log_probs
from evenhand.decide.passing import Classes, Passes, aim_along
from evenhand.decide.sweep import GAIN
from evenhand.types import Floats, Truth

CELLS = 4_000_000
"""Cells that are worked on at once."""
NEAR = 1e-12
"""Two classes whose biased scores lie closer than this, in nats, count as equal."""
MARGIN = 0.1
"""Distance kept from the outermost critical tilt."""


def rarity(truth_NC: Truth) -> Floats:
    """Return ``log(rows of the commonest class / rows of the class)``, ``(C,)``, >= 0.

    A class without rows counts as one with a single row. Rounded to 1e-6, so that classes of
    nearly equal size are favoured equally.
    """
    support_C = np.maximum((truth_NC == 1).sum(axis=0), 1)
    return np.asarray(np.round(np.log(support_C.max() / support_C), 6))


def best_tilt(probs_NC: Floats, truth_NC: Truth, aim: Aim = MACRO_F1) -> float:
    """Find the tilt ``t`` with the highest aim of ``argmax(log p + t * rarity)``.

    Exact: as ``t`` grows, a row passes from class to class along the upper envelope of ``C``
    straight lines. All passes of all rows, sorted and summed up, give the aim for every ``t``
    at once. 0 changes nothing, 1 undoes the classes' shares wholly. Of equally good tilts the
    nearest to 0 is taken. With two classes this is the optimum over all biases, unless both
    have equally many rows; with classes of equal size it is 0.

    Args:
        probs_NC: probabilities, ``(N, C)``.
        truth_NC: one-hot; rows with NaN are left out.
        aim: what counts; macro-F1 if not given.

    References:
        Menon et al. 2021, arXiv:2007.07314: the post-hoc form of logit adjustment.
    """
    known_N = ~np.isnan(truth_NC).any(axis=1)
    probs_NC, truth_NC = probs_NC[known_N], truth_NC[known_N]
    slope_C = rarity(truth_NC)
    if not len(truth_NC) or not slope_C.any():
        return 0.0
    y_N = truth_NC.argmax(axis=1).astype(np.int16)
    start_N, (row_P, at_P, from_P, to_P) = _crossings(log_probs(probs_NC), slope_C)
    passes = Passes(from_P, to_P, y_N[row_P])
    value_S = aim_along(passes, start_N, y_N, classes=len(slope_C), aim=aim)
    low_S, high_S = _gaps(at_P, NEAR / (slope_C[to_P] - slope_C[from_P]))
    top = value_S[low_S < high_S].max()
    fine_S = (low_S < high_S) & (value_S >= top - GAIN * max(1.0, abs(top)))
    return _nearest_to_zero(low_S[fine_S], high_S[fine_S])


Crossings = tuple[NDArray[np.int64], Floats, Classes, Classes]
"""Row, tilt, class that loses the row and class that wins it, ``(P,)`` each."""


def _crossings(line_NC: Floats, slope_C: Floats) -> tuple[Classes, Crossings]:
    """Return the classes of the rows at a tilt of minus infinity, and all passes in order."""
    rows = max(1, CELLS // len(slope_C))
    starts: list[Classes] = []
    found: list[Crossings] = []
    for first in range(0, len(line_NC), rows):
        start_N, passed = _block(line_NC[first : first + rows], slope_C)
        starts.append(start_N)
        found += [(row_R + first, at_R, old_R, new_R) for row_R, at_R, old_R, new_R in passed]
    row_P, at_P, from_P, to_P = (np.concatenate(part) for part in zip(*found, strict=True))
    order_P = np.lexsort((slope_C[to_P], at_P))
    ordered = row_P[order_P], at_P[order_P], from_P[order_P], to_P[order_P]
    return np.concatenate(starts), ordered


def _block(line_NC: Floats, slope_C: Floats) -> tuple[Classes, list[Crossings]]:
    """Walk some rows along their envelopes, one pass of each row at a time."""
    has_N = np.where(slope_C == slope_C.min(), line_NC, -np.inf).argmax(axis=1)
    start_N, row_R = has_N.astype(np.int16), np.arange(len(line_NC))
    found: list[Crossings] = []
    at_R = np.full(len(line_NC), -np.inf)
    while True:
        rise_RC = slope_C - slope_C[has_N, None]
        lead_R1 = np.take_along_axis(line_NC, has_N[:, None], axis=1)
        at_RC = np.divide(
            lead_R1 - line_NC, rise_RC, out=np.full(line_NC.shape, np.inf), where=rise_RC > 0
        )
        next_R = at_RC.argmin(axis=1)
        next_at_R = np.maximum(at_R, at_RC[np.arange(len(next_R)), next_R])
        moves_R = np.isfinite(next_at_R)
        if not moves_R.any():
            return start_N, found
        line_NC, row_R, at_R = line_NC[moves_R], row_R[moves_R], next_at_R[moves_R]
        old_R, has_N = has_N[moves_R], next_R[moves_R]
        found.append((row_R, at_R, old_R.astype(np.int16), has_N.astype(np.int16)))


def _gaps(at_P: Floats, radius_P: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the tilts of each state that are clear of every pass, ``(S,)`` each."""
    low_S = np.append(-np.inf, np.maximum.accumulate(at_P + radius_P))
    high_S = np.append(np.minimum.accumulate((at_P - radius_P)[::-1])[::-1], np.inf)
    return low_S, high_S


def _nearest_to_zero(low_K: Floats, high_K: Floats) -> float:
    """Return the middle of the interval that is nearest to 0, or 0 if one holds it."""
    if ((low_K < 0) & (high_K > 0)).any():
        return 0.0
    nearest = int(np.where(low_K >= 0, low_K, -high_K).argmin())
    low, high = float(low_K[nearest]), float(high_K[nearest])
    if np.isinf(low):
        return high - MARGIN
    return low + MARGIN if np.isinf(high) else low + (high - low) / 2
