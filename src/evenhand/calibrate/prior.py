"""Probabilities for rows in which labels are more or less common than where they were learnt."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np

from evenhand.errors import DataError
from evenhand.types import Floats, Probs, Task

ROUNDS = 1000
SETTLED = 1e-10


def shift_shares(probs: Probs, old_C: Floats, new_C: Floats, task: Task) -> Probs:
    """Return probabilities as they are where labels have the shares ``new_C``.

    Odds are multiplied by ``new / old`` (multi-class: and the row is made to sum to 1;
    multi-label: over ``(1 - new) / (1 - old)``). Equal shares change nothing. It holds if rows of
    a label look the same in both places and the probabilities are calibrated for ``old_C``.

    Args:
        probs: calibrated where labels have the shares ``old_C``.
        old_C: share of the rows that carry each label there, in (0, 1).
        new_C: share where the probabilities are to be used, in [0, 1].
        task: multi-class shares sum to 1.

    Raises:
        DataError: E210 for shares that cannot be.

    References:
        Saerens, Latinne, Decaestecker 2002, doi:10.1162/089976602753284446, eq. 2.4.
    """
    _refuse_shares(old_C, task, strictly=True)
    _refuse_shares(new_C, task, strictly=False)
    p_NC = probs.values_NC
    with_NC = p_NC * (new_C / old_C)
    if task is Task.MULTICLASS:
        whole_N1 = with_NC.sum(axis=1, keepdims=True)
        return Probs(np.divide(with_NC, whole_N1, out=p_NC.copy(), where=whole_N1 > 0))
    whole_NC = with_NC + (1 - p_NC) * ((1 - new_C) / (1 - old_C))
    return Probs(np.divide(with_NC, whole_NC, out=p_NC.copy(), where=whole_NC > 0))


def estimate_shares(probs: Probs, old_C: Floats, task: Task) -> Floats:
    """Estimate the labels' shares among rows whose truth nobody knows, ``(C,)``.

    Expectation maximisation: probabilities are shifted to the shares, and the shares become the
    mean probabilities, until they settle. It reaches the likeliest shares of these rows; as
    ``shift_shares``, it trusts that rows of a label look the same in both places.

    Args:
        probs: of the new rows, calibrated where labels have the shares ``old_C``.
        old_C: share of the rows that carry each label there, in (0, 1).
        task: multi-class shares sum to 1.

    Raises:
        DataError: E210 for shares that cannot be.

    References:
        Saerens, Latinne, Decaestecker 2002, doi:10.1162/089976602753284446, eq. 2.9.
    """
    new_C = old_C
    for _ in range(ROUNDS):
        before_C = new_C
        new_C = np.clip(shift_shares(probs, old_C, new_C, task).values_NC.mean(axis=0), 0.0, 1.0)
        if np.abs(new_C - before_C).max() <= SETTLED:
            break
    return new_C


def _refuse_shares(share_C: Floats, task: Task, *, strictly: bool) -> None:
    fine = bool(np.isfinite(share_C).all() and (share_C >= 0).all() and (share_C <= 1).all())
    if strictly:
        fine = fine and bool((share_C > 0).all() and (share_C < 1).all())
    if task is Task.MULTICLASS:
        fine = fine and abs(float(share_C.sum()) - 1) <= 1e-6
    if not fine:
        raise DataError(
            "E210",
            "shares of labels are not what they should be",
            got=", ".join(f"{share:g}" for share in share_C[:8]),
            fix="each share lies between 0 and 1; those of multi-class data sum to 1",
        )
