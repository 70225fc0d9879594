from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.decide.biases import GAP, argmax_decision, best_biases, log_probs
from evenhand.decide.f1 import macro_f1


def table(seed, rows, classes, steps):
    rng = np.random.default_rng(seed)
    raw_NC = rng.integers(1, steps + 1, size=(rows, classes)).astype(float)
    share_C = rng.dirichlet(np.full(classes, 0.5))
    truth_NC = np.eye(classes, dtype=np.float32)[rng.choice(classes, size=rows, p=share_C)]
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), truth_NC


def sweep(probs_NC, truth_NC, biases_C, c):
    """Macro-F1 for every setting of one bias, by trying each."""
    adjusted_NC = log_probs(probs_NC) + biases_C
    rival_N = np.delete(adjusted_NC, c, axis=1).max(axis=1)
    critical = np.unique(rival_N - log_probs(probs_NC)[:, c])
    middles = [a + (b - a) / 2 for a, b in pairwise(critical) if b - a > GAP]
    scores = []
    for value in [critical[0] - 1, *middles, critical[-1] + 1]:
        moved_C = biases_C.copy()
        moved_C[c] = value
        scores.append(macro_f1(truth_NC, argmax_decision(probs_NC, moved_C)))
    return max(scores)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 20))
def test_two_classes_equal_brute_force(seed, rows, steps):
    probs_NC, truth_NC = table(seed, rows, 2, steps)
    reached = macro_f1(truth_NC, argmax_decision(probs_NC, best_biases(probs_NC, truth_NC)))
    plain_C = np.zeros(2)
    plain = macro_f1(truth_NC, argmax_decision(probs_NC, plain_C))
    if truth_NC.any(axis=0).all():
        plain = max(plain, sweep(probs_NC, truth_NC, plain_C, 0))
    assert reached == pytest.approx(plain, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 40), st.integers(3, 5), st.integers(1, 20))
def test_no_single_bias_can_be_bettered(seed, rows, classes, steps):
    probs_NC, truth_NC = table(seed, rows, classes, steps)
    biases_C = best_biases(probs_NC, truth_NC)
    reached = macro_f1(truth_NC, argmax_decision(probs_NC, biases_C))
    assert reached >= macro_f1(truth_NC, argmax_decision(probs_NC, np.zeros(classes))) - 1e-12
    support_C = truth_NC.sum(axis=0)
    for c in np.flatnonzero(support_C):
        if c != support_C.argmax():
            assert sweep(probs_NC, truth_NC, biases_C, c) <= reached + 1e-9


def test_nothing_to_gain_moves_nothing():
    probs_NC = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    truth_NC = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    np.testing.assert_array_equal(best_biases(probs_NC, truth_NC), [0, 0])


def test_a_bias_by_hand():
    probs_NC = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]])
    truth_NC = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    # The third row is won from log(0.6/0.4) on, the second from log(0.8/0.2) on.
    expected = (np.log(1.5) + np.log(4)) / 2
    np.testing.assert_allclose(best_biases(probs_NC, truth_NC), [0, expected])


def test_weak_classes_and_the_commonest_stay():
    probs_NC, truth_NC = table(4, 200, 4, 30)
    support_C = truth_NC.sum(axis=0)
    biases_C = best_biases(probs_NC, truth_NC, min_support=int(np.sort(support_C)[1]) + 1)
    assert biases_C[support_C.argmax()] == 0
    assert not biases_C[support_C <= np.sort(support_C)[1]].any()
    assert not best_biases(probs_NC, truth_NC, min_support=1000).any()


def test_unknown_rows_change_nothing():
    probs_NC, truth_NC = table(9, 60, 3, 30)
    more_truth = np.vstack([truth_NC, np.full_like(truth_NC, np.nan)])
    more_probs = np.vstack([probs_NC, probs_NC[::-1]])
    np.testing.assert_array_equal(
        best_biases(more_probs, more_truth), best_biases(probs_NC, truth_NC)
    )


def test_argmax_gives_one_label_a_row():
    probs_NC = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_array_equal(
        argmax_decision(probs_NC, np.zeros(3)), [[True, False, False], [False, False, True]]
    )
