"""Repeat the rows of rare labels; lose none of the others."""
# Shapes: N fit rows, C classes.

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from evenhand.sampling import SAMPLERS, Sampler
from evenhand.sampling.groups import steady
from evenhand.types import Floats, Task, Truth


def repeats(truth_NC: Truth, *, share: float, most: int) -> Floats:
    """Return ``min(max(1, share * n_max / n), most)`` for the rarest label of each row.

    ``n`` counts the rows of a label and ``n_max`` those of the commonest as the data are; where
    labels meet in a row, the commonest grows with the rare one. A row without a known label
    comes once. ``most = 1`` is one draw a row.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.
        share: of ``n_max`` that every label shall reach, in (0, 1].
        most: repeats at most, >= 1.

    Returns:
        Draws >= 1, ``(N,)``; they add up to N or more.

    References:
        Gupta et al. 2019, arXiv:1908.03195, section 5.1 (repeat factors of an image).
    """
    labels_NC = truth_NC == 1
    counts_C = labels_NC.sum(axis=0)
    wanted_C = np.minimum(share * counts_C.max() / np.maximum(counts_C, 1), most)
    draws_N: Floats = np.maximum((labels_NC * wanted_C).max(axis=1), 1.0)
    return draws_N


@SAMPLERS.register("oversample")
def oversample(
    truth_NC: Truth,
    task: Task,
    /,
    *,
    share: Annotated[
        float, Field(gt=0, le=1, description="of the commonest label's rows that each shall reach")
    ] = 0.5,
    most: Annotated[int, Field(ge=1, le=1000, description="times a row is repeated at most")] = 10,
) -> Sampler:
    """Every row at least once, rows of rare labels repeated: a longer pass that loses nothing."""
    return steady(repeats(truth_NC, share=share, most=most))
