"""Greedy selection, on paths that can be followed by hand."""

import numpy as np
import pytest

from evenhand.combine import COMBINATIONS
from evenhand.errors import ConfigError
from evenhand.evaluate.metrics import average_precision
from evenhand.types import Task
from voices_by_hand import drawn, one_label, rows

TRUTH = rows([[1], [1], [0], [0]])
ONE, OTHER = [0.9, 0.1, 0.5, 0.2], [0.1, 0.9, 0.2, 0.5]
"""Each finds one of the two positives first, and has AP 0.75; together they have 1."""


def fit(said, tune, **settings):
    return COMBINATIONS.build("greedy", said, tune, settings=settings)


def test_two_that_complete_each_other_are_taken_once_each():
    found = fit(one_label(ONE, OTHER, [0.0, 0.0, 0.9, 0.9]), TRUTH)
    assert found.weights == (0.5, 0.5, 0.0)


def test_of_equals_the_first_is_taken_and_of_selections_the_smallest():
    assert fit(one_label(ONE, ONE), TRUTH).weights == (1.0, 0.0)


def test_one_step_takes_the_best_single_member():
    said, tune = drawn(Task.MULTILABEL, members=4, seed=3)
    macro = [
        np.mean([average_precision(t, s) for t, s in zip(tune.truth_NC.T, p.T, strict=True)])
        for p in said.probs_MNC
    ]
    assert fit(said, tune, steps=1).weights == tuple(np.eye(4)[int(np.argmax(macro))])


def test_a_member_can_be_taken_more_than_once():
    # Alone 5/6; with the other once 3/4; two parts of it to one of the other give 1.
    strong, weak = [0.6, 0.55, 0.58, 0.0], [0.1, 0.5, 0.1, 0.9]
    found = fit(one_label(strong, weak), TRUTH)
    values = [
        average_precision(TRUTH.truth_NC[:, 0], (a * np.array(strong) + b * np.array(weak)))
        for a, b in ((1, 0), (1, 1), (2, 1))
    ]
    np.testing.assert_allclose(values, [5 / 6, 5 / 6, 1.0])
    assert found.weights == pytest.approx((2 / 3, 1 / 3))


def test_nll_may_be_what_counts():
    found = fit(one_label([0.9, 0.7], [0.3, 0.3]), rows([[1], [0]]), metric="neg_nll", steps=50)
    assert found.weights[0] == pytest.approx(0.625, abs=0.02)


def test_labels_without_positives_leave_the_first_member():
    assert fit(one_label([0.2, 0.1], [0.9, 0.8]), rows([[0], [0]])).weights == (1.0, 0.0)


def test_a_metric_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"\[E101\] there is no metric of that name"):
        fit(one_label(ONE, OTHER), TRUTH, metric="macro_ab")
