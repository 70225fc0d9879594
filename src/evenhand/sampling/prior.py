"""What a sampler does to the labels' shares, and how to take it out of the scores again."""
# Shapes: N fit rows, C classes, M classes that are on some draws and not on others.

from __future__ import annotations

import numpy as np

from evenhand.types import Floats, Task, Truth


def effective_prior(truth_NC: Truth, expected_N: Floats) -> Floats:
    """Return the share of each label among the draws in which it is known.

    One draw a row gives the shares of the data.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.
        expected_N: draws of each row, >= 0; a sampler's answer.

    Returns:
        In [0, 1], ``(C,)``; 0 for a label that no draw knows.
    """
    known_C = expected_N @ ~np.isnan(truth_NC)
    drawn_C = expected_N @ (truth_NC == 1)
    shares_C: Floats = np.zeros_like(drawn_C)
    np.divide(drawn_C, known_C, out=shares_C, where=known_C > 0)
    return shares_C


def prior_shift(truth_NC: Truth, expected_N: Floats, task: Task) -> Floats:
    """Return what to subtract from logits to undo the sampling before they are calibrated.

    Multiclass: ``log(drawn / natural)`` of a label's share; multilabel: the same of its odds.
    Exact where a row's draws depend on this label alone; where labels meet in a row it corrects
    each label's share, not how they meet. One draw a row gives 0.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.
        expected_N: draws of each row, >= 0; a sampler's answer, or its mean over the passes.
        task: multiclass or multilabel.

    Returns:
        Nats, ``(C,)``; 0 for a label without rows or draws, and for one that is on every row.

    References:
        Saerens et al. 2002, doi:10.1162/089976602753284446.
    """
    natural_C = effective_prior(truth_NC, np.ones(len(truth_NC)))
    shares_2C = np.stack([natural_C, effective_prior(truth_NC, expected_N)])
    others_2C = 1 - shares_2C if task is Task.MULTILABEL else np.ones_like(shares_2C)
    movable_C = ((shares_2C > 0) & (others_2C > 0)).all(axis=0)
    logs_2M = np.log(shares_2C[:, movable_C]) - np.log(others_2C[:, movable_C])
    shift_C = np.zeros(len(natural_C))
    shift_C[movable_C] = logs_2M[1] - logs_2M[0]
    return shift_C
