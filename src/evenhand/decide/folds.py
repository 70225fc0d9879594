"""Folds for cross-fitting: every label spread over all of them, no group parted."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.seeds import generator
from evenhand.types import Truth


def stratified_folds(
    truth_NC: Truth, folds: int, seed: int, *, groups_N: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Return the fold of each row, ``(N,)``, evenly by the rarest label that the row has.

    The counts of such rows differ by at most one between folds, and so do the fold sizes.
    Whole groups are dealt like the units of a split, as evenly as they allow; groups of one row
    each change nothing. The same arguments give the same folds.

    Args:
        truth_NC: 0, 1 or NaN (counted as 0).
        folds: at least 2; fewer groups than that give one fold a group.
        seed: of the order in which equals are dealt.
        groups_N: rows with equal numbers share a fold; None is every row by itself.
    """
    if groups_N is not None and count_groups(groups_N) < len(groups_N):
        from evenhand.data.split import folds as dealt_whole

        dealt_N = dealt_whole(truth_NC, folds, units=groups_N, seed=seed)
        return np.unique(dealt_N, return_inverse=True)[1].astype(np.int64)
    positive_NC = truth_NC == 1
    rows, classes = truth_NC.shape
    rarity_NC = np.where(positive_NC, positive_NC.sum(axis=0), rows + 1)
    stratum_N = np.where(positive_NC.any(axis=1), rarity_NC.argmin(axis=1), classes)
    order_N = generator(seed, "folds").permutation(rows)
    order_N = order_N[np.argsort(stratum_N[order_N], kind="stable")]
    fold_N = np.empty(rows, dtype=np.int64)
    fold_N[order_N] = np.arange(rows) % folds
    return fold_N


def count_groups(groups_N: NDArray[np.int64]) -> int:
    """Return how many groups there are: what can be dealt to folds."""
    return len(np.unique(groups_N))


def refuse_undivided(groups_N: NDArray[np.int64]) -> None:
    """Refuse rows that cannot be cut in two, so that one part decides for the other.

    Raises:
        DataError: E207 for fewer than two groups, or rows.
    """
    count = count_groups(groups_N)
    if count < 2:
        raise DataError(
            "E207",
            "cross-fitting needs at least two rows that are not of one group",
            got=f"{len(groups_N)} tune rows in {count} group{'' if count == 1 else 's'}",
            fix="pass more tune rows, of other groups",
        )
