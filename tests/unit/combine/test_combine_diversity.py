"""Diversity of errors, counted by hand."""

import math

import numpy as np
import pytest

from evenhand.combine.diversity import means, pairs
from evenhand.types import Task


def column(*values):
    return np.array(values, np.float32)[:, None]


def given(*values):
    return column(*values) == 1


TRUTH = column(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
ONE = given(1, 1, 1, 1, 1, 1, 0, 0, 0, 0)
OTHER = given(1, 1, 1, 1, 0, 0, 1, 0, 0, 0)
"""Both right 4 times, the first alone 2, the second alone 1, neither 3."""


def test_a_table_worked_by_hand():
    (found,) = pairs(["x", "y"], [ONE, OTHER], TRUTH, Task.MULTILABEL)
    assert found.disagreement == pytest.approx(3 / 10)
    assert found.q == pytest.approx((12 - 2) / (12 + 2))
    assert found.correlation == pytest.approx((12 - 2) / math.sqrt(6 * 4 * 5 * 5))
    assert found.to_dict()["members"] == ["x", "y"]


def test_a_member_beside_itself():
    (found,) = pairs(["x", "x2"], [ONE, ONE], TRUTH, Task.MULTILABEL)
    assert (found.disagreement, found.q, found.correlation) == (0.0, 1.0, pytest.approx(1.0))


def test_one_that_is_right_where_the_other_is_wrong():
    (found,) = pairs(["x", "y"], [ONE, ~ONE], TRUTH, Task.MULTILABEL)
    assert (found.disagreement, found.q, found.correlation) == (1.0, -1.0, pytest.approx(-1.0))


def test_members_that_are_never_wrong_have_no_correlation():
    (found,) = pairs(["x", "y"], [TRUTH == 1, TRUTH == 1], TRUTH, Task.MULTILABEL)
    assert math.isnan(found.q)
    assert found.to_dict() == {
        "members": ["x", "y"],
        "disagreement": 0.0,
        "q": None,
        "correlation": None,
    }


def test_unknown_cells_are_left_out():
    truth = TRUTH.copy()
    truth[6:] = np.nan
    (found,) = pairs(["x", "y"], [ONE, OTHER], truth, Task.MULTILABEL)
    assert found.disagreement == pytest.approx(2 / 6)


def test_classes_are_judged_row_by_row():
    one, other = np.eye(3)[[0, 1, 2, 2]] == 1, np.eye(3)[[0, 2, 2, 1]] == 1
    truth_NC = np.eye(3, dtype=np.float32)[[0, 1, 1, 1]]
    (found,) = pairs(["x", "y"], [one, other], truth_NC, Task.MULTICLASS)
    assert found.disagreement == pytest.approx(2 / 4)  # rows, not cells
    assert found.q == pytest.approx((1 * 1 - 1 * 1) / (1 + 1))


def test_means_are_over_the_pairs_that_have_a_figure():
    found = pairs(["x", "y", "z"], [ONE, OTHER, TRUTH == 1], TRUTH, Task.MULTILABEL)
    assert [(p.one, p.other) for p in found] == [("x", "y"), ("x", "z"), ("y", "z")]
    mean = means(found)
    assert mean["disagreement"] == pytest.approx((0.3 + 0.4 + 0.5) / 3)
    assert mean["q"] == pytest.approx(10 / 14)  # the two others are undefined
    assert means([]) == {"disagreement": None, "q": None, "correlation": None}
