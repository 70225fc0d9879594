"""Folds for cross-fitting: every label spread over all of them."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.seeds import generator
from evenhand.types import Truth


def stratified_folds(truth_NC: Truth, folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each row, ``(N,)``, evenly by the rarest label that the row has.

    The counts of such rows differ by at most one between folds, and so do the fold sizes.
    The same arguments give the same folds.
    """
    positive_NC = truth_NC == 1
    rows, classes = truth_NC.shape
    rarity_NC = np.where(positive_NC, positive_NC.sum(axis=0), rows + 1)
    stratum_N = np.where(positive_NC.any(axis=1), rarity_NC.argmin(axis=1), classes)
    order_N = generator(seed, "folds").permutation(rows)
    order_N = order_N[np.argsort(stratum_N[order_N], kind="stable")]
    fold_N = np.empty(rows, dtype=np.int64)
    fold_N[order_N] = np.arange(rows) % folds
    return fold_N
