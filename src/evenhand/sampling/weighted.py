"""Draw rows of rare labels more often, and rows of common ones less."""
# Shapes: N fit rows, C classes, G groups: each label, and the rows without one.

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from evenhand.sampling import SAMPLERS, Sampler
from evenhand.sampling.groups import membership, steady
from evenhand.types import Floats, Task, Truth

Rule = Annotated[
    Literal["rarest", "mean"],
    Field(description="weight of a row with several labels: its rarest one's, or their mean"),
]
Cap = Annotated[float, Field(ge=1, le=1e4, description="most draws of a row a pass, on average")]


def inverse_frequency(truth_NC: Truth, *, power: float, rule: Rule, cap: float) -> Floats:
    """Return draws in proportion to ``n ** -power``, where ``n`` counts the rows of a label.

    A row with several labels takes the weight of the rarest, or the mean over them; one without
    a known label that of all rows without. ``power = 0`` or ``cap = 1`` is one draw a row.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.
        power: in [0, 1]; at 1 all classes of multiclass data are drawn equally often.
        rule: ``rarest`` or ``mean``; the same for rows with one label.
        cap: most draws of a row, >= 1.

    Returns:
        Draws that add up to N, ``(N,)``.
    """
    member_NG = membership(truth_NC)
    weights_NG = member_NG * member_NG.sum(axis=0, dtype=np.float64) ** -power
    if rule == "rarest":
        return spread(weights_NG.max(axis=1), cap=cap)
    return spread(weights_NG.sum(axis=1) / member_NG.sum(axis=1), cap=cap)


def spread(weights_N: Floats, *, cap: float) -> Floats:
    """Return N draws in proportion to positive weights, none above ``cap``.

    What the cap takes from some rows goes to the others, still in proportion.

    Args:
        weights_N: > 0, any scale.
        cap: most draws of a row, >= 1.
    """
    draws_N: Floats = weights_N * (len(weights_N) / weights_N.sum())
    # The slack keeps rounding at the cap from making another round with no rows to share out to.
    while draws_N.max() > cap * (1 + 1e-9):
        full_N = draws_N >= cap
        left = len(draws_N) - cap * full_N.sum()
        draws_N = np.where(full_N, cap, draws_N * (left / draws_N[~full_N].sum()))
    return np.minimum(draws_N, cap)


@SAMPLERS.register("weighted")
def weighted(
    truth_NC: Truth,
    task: Task,
    /,
    *,
    rule: Rule = "rarest",
    power: Annotated[
        float, Field(ge=0, le=1, description="0 draws as the data are, 1 balances the labels")
    ] = 1.0,
    cap: Cap = 100.0,
) -> Sampler:
    """Rows of rare labels more often: in inverse proportion to the label's rows.

    A row with several labels counts by its rarest one or by their mean; rows without a label are
    a group of their own.
    """
    return steady(inverse_frequency(truth_NC, power=power, rule=rule, cap=cap))


@SAMPLERS.register("square-root")
def square_root(
    truth_NC: Truth, task: Task, /, *, rule: Rule = "rarest", cap: Cap = 100.0
) -> Sampler:
    """Half-way to balance: in inverse proportion to the square root of the label's rows.

    A class of multiclass data is drawn in proportion to ``sqrt(n)``; this is ``weighted`` with
    ``power = 0.5``.

    References:
        Mahajan et al. 2018, arXiv:1805.00932, section 2.2.
    """
    return steady(inverse_frequency(truth_NC, power=0.5, rule=rule, cap=cap))
