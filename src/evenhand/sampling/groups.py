"""Who belongs together: a group for each label, and one for the rows without any."""
# Shapes: N fit rows, C classes, G groups that have rows.

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.types import Floats, Truth

if TYPE_CHECKING:
    from evenhand.sampling import Sampler


def membership(truth_NC: Truth) -> NDArray[np.bool_]:
    """Return which groups each row is in; every row is in at least one, no group is empty.

    The groups are the labels that occur, in their order, then, where there are such rows, the
    rows without a known label. An unknown label (NaN) makes a row no member.

    Args:
        truth_NC: 0, 1 and NaN (unknown), ``(N, C)``.

    Returns:
        Boolean, ``(N, G)``.
    """
    labels_NC = truth_NC == 1
    member_NG = np.column_stack([labels_NC, ~labels_NC.any(axis=1)])
    return member_NG[:, member_NG.any(axis=0)]


def steady(expected_N: Floats) -> Sampler:
    """Return the sampler that expects the same in every pass."""
    expected_N.setflags(write=False)
    return lambda share: expected_N
