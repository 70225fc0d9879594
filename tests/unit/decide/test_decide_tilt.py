"""The tilt: by hand, against brute force over all tilts, and its limiting cases."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.decide import fit_decision
from evenhand.decide.aim import Aim
from evenhand.decide.biases import argmax_decision, best_biases, log_probs
from evenhand.decide.tilt import best_tilt, rarity
from evenhand.types import LabelSpace, Predictions, Probs, Role, Task


def table(seed, rows, classes, steps):
    rng = np.random.default_rng(seed)
    raw_NC = rng.integers(1, steps + 1, size=(rows, classes)).astype(float)
    share_C = rng.dirichlet(np.full(classes, 0.5))
    truth_NC = np.eye(classes, dtype=np.float32)[rng.choice(classes, size=rows, p=share_C)]
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), truth_NC


def worth(probs_NC, truth_NC, tilt, aim):
    return aim.score(truth_NC, argmax_decision(probs_NC, tilt * rarity(truth_NC)))


def every_tilt(probs_NC, truth_NC):
    """A tilt between any two at which a pair of classes changes places in some row."""
    slope_C, log_NC = rarity(truth_NC), log_probs(probs_NC)
    pairs = [(i, j) for i, a in enumerate(slope_C) for j, b in enumerate(slope_C) if b > a]
    critical = [(log_NC[:, i] - log_NC[:, j]) / (slope_C[j] - slope_C[i]) for i, j in pairs]
    known = np.unique(np.concatenate([[0.0], *critical]))
    return [known[0] - 1, *((a + b) / 2 for a, b in pairwise(known) if b - a > 1e-9), known[-1] + 1]


@settings(deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(2, 30),
    st.integers(2, 5),
    st.integers(1, 20),
    st.sampled_from([Aim(), Aim(beta=2), Aim(micro=0.4), Aim(micro=1)]),
)
def test_it_equals_brute_force(seed, rows, classes, steps, aim):
    probs_NC, truth_NC = table(seed, rows, classes, steps)
    reached = worth(probs_NC, truth_NC, best_tilt(probs_NC, truth_NC, aim), aim)
    tried = max(worth(probs_NC, truth_NC, tilt, aim) for tilt in every_tilt(probs_NC, truth_NC))
    assert reached == pytest.approx(tried, abs=1e-12)


def test_a_tilt_by_hand():
    probs_NC = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]])
    truth_NC = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    # The third row is won from a bias of log(0.6/0.4) on, the second from log(0.8/0.2) on.
    expected = (np.log(1.5) + np.log(4)) / 2 / np.log(2)
    assert best_tilt(probs_NC, truth_NC) == pytest.approx(expected, abs=1e-5)


def test_with_two_unequal_classes_it_reaches_what_biases_reach():
    aim = Aim()
    for seed in range(50):
        probs_NC, truth_NC = table(seed, 31, 2, 12)
        biases_C = best_biases(probs_NC, truth_NC)
        reached = worth(probs_NC, truth_NC, best_tilt(probs_NC, truth_NC), aim)
        other = aim.score(truth_NC, argmax_decision(probs_NC, biases_C))
        assert reached >= other - 1e-12


def test_rarity_by_hand():
    truth_NC = np.eye(4, dtype=np.float32)[[0] * 8 + [1] * 4 + [2]]
    np.testing.assert_allclose(rarity(truth_NC), [0, np.log(2), np.log(8), np.log(8)], atol=1e-6)


def test_nothing_to_gain_tilts_nothing():
    truth_NC = np.eye(3, dtype=np.float32)[[0, 0, 0, 1, 1, 2]]
    assert best_tilt(truth_NC * 0.8 + 0.1, truth_NC) == 0
    even_NC = np.eye(2, dtype=np.float32)[[0, 1]]
    assert best_tilt(np.array([[0.9, 0.1], [0.8, 0.2]]), even_NC) == 0


def test_unknown_rows_change_nothing():
    probs_NC, truth_NC = table(9, 60, 3, 30)
    more_truth = np.vstack([truth_NC, np.full_like(truth_NC, np.nan)])
    more_probs = np.vstack([probs_NC, probs_NC[::-1]])
    assert best_tilt(more_probs, more_truth) == best_tilt(probs_NC, truth_NC)
    assert best_tilt(probs_NC, np.full_like(truth_NC, np.nan)) == 0


def test_a_model_that_favours_rare_classes_is_tilted_back():
    rng = np.random.default_rng(0)
    y_N = (rng.random(2000) < 0.1).astype(int)
    z_N = rng.normal(2 * y_N) + 2
    p_N = 1 / (1 + np.exp(-z_N))
    truth_NC = np.eye(2, dtype=np.float32)[y_N]
    assert best_tilt(np.stack([1 - p_N, p_N], axis=1), truth_NC) < 0


def test_one_global_decision_of_several_classes_is_the_tilt():
    probs_NC, truth_NC = table(4, 200, 4, 30)
    labels = LabelSpace(("a", "b", "c", "d"), Task.MULTICLASS)
    tune = Predictions(tuple(map(str, range(200))), Probs(probs_NC), truth_NC, labels, Role.TUNE)
    decision = fit_decision(tune, calibrate="none", cuts="global")
    expected_C = best_tilt(probs_NC, truth_NC) * rarity(truth_NC)
    np.testing.assert_array_equal(decision.values_C, expected_C)
    assert {cut.source for cut in decision.cuts} == {"global"}
