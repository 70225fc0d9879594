"""First a class, then a row of it: all classes come equally often."""
# Shapes: N fit rows, C classes, G groups: each label, and the rows without one.

from __future__ import annotations

import numpy as np

from evenhand.sampling import SAMPLERS, Sampler
from evenhand.sampling.groups import membership, steady
from evenhand.types import Floats, Task, Truth


def class_then_row(truth_NC: Truth) -> Floats:
    """Return the draws of a row when a class is chosen uniformly, then a row of it uniformly.

    ``N / G * sum of 1 / n`` over the labels of the row, all of which add to its chance. The rows
    without a known label are one class more; a class without rows is none.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.

    Returns:
        Draws that add up to N, ``(N,)``.

    References:
        Shen et al. 2016, arXiv:1512.05830, section 4.
    """
    member_NG = membership(truth_NC)
    rows, groups = member_NG.shape
    draws_N: Floats = member_NG @ (rows / groups / member_NG.sum(axis=0))
    return draws_N


@SAMPLERS.register("class-aware")
def class_aware(truth_NC: Truth, task: Task, /) -> Sampler:
    """A class uniformly, then a row of it uniformly; a row's labels add up."""
    return steady(class_then_row(truth_NC))


@SAMPLERS.register("progressive")
def progressive(truth_NC: Truth, task: Task, /) -> Sampler:
    """From natural at the start of the run to class-aware at its end.

    ``(1 - share) * natural + share * class-aware``, so the first pass is natural.

    References:
        Kang et al. 2020, arXiv:1910.09217, section 3 (progressively-balanced sampling).
    """
    balanced_N = class_then_row(truth_NC)
    return lambda share: (1 - share) * np.ones(len(balanced_N)) + share * balanced_N
