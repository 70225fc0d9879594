import numpy as np
import pytest

from evenhand.decide.folds import stratified_folds
from evenhand.decide.shrink import STRENGTHS, Line, Plan, choose_strength
from evenhand.types import Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS


def test_strength_zero_is_own_and_infinity_is_shared():
    own_C = np.array([0.123456789, 0.7, 1.0])
    line = Line(own_C, np.full(3, 0.4), np.array([10.0, 0.0, 3.0]), ML)
    np.testing.assert_array_equal(line.at(0.0), own_C)
    np.testing.assert_array_equal(line.at(float("inf")), [0.4, 0.4, 0.4])


def test_cuts_are_mixed_as_logits():
    line = Line(np.array([0.9, 0.3]), np.full(2, 0.5), np.array([20.0, 60.0]), ML)
    # Weights 20/40 and 60/80 of logits log 9 and log(3/7): odds 9 ** 0.5 and (3/7) ** 0.75.
    odds_C = np.array([3.0, (3 / 7) ** 0.75])
    np.testing.assert_allclose(line.at(20.0), odds_C / (1 + odds_C))


def test_biases_are_pulled_to_zero():
    line = Line(np.array([0.0, 2.0]), np.zeros(2), np.array([100.0, 5.0]), MC)
    np.testing.assert_allclose(line.at(5.0), [0.0, 1.0])


def test_a_label_without_support_has_the_shared_cut():
    rng = np.random.default_rng(0)
    truth_NC = (rng.random((200, 3)) < [0.4, 0.4, 0.01]).astype(np.float32)
    probs_NC = rng.random((200, 3)) * 0.5 + truth_NC * 0.3
    line = Line.fit(probs_NC, truth_NC, ML, Plan(min_support=5))
    assert line.own_C[2] == line.shared_C[2]
    assert (line.at(20.0)[2], line.at(0.0)[2]) == (line.shared_C[2], line.shared_C[2])


@pytest.mark.parametrize("task", [ML, MC])
def test_of_equal_strengths_the_strongest_is_taken(task):
    winner = np.arange(100) % 2
    truth_NC = np.eye(2, dtype=np.float32)[winner]
    probs_NC = np.where(truth_NC == 1, 0.99, 0.01)
    assert choose_strength(probs_NC, truth_NC, task, Plan(), seed=0) == float("inf")


def test_labels_that_need_their_own_cut_are_left_alone():
    rng = np.random.default_rng(1)
    truth_NC = (rng.random((2000, 2)) < 0.3).astype(np.float32)
    base_NC = np.where(truth_NC == 1, 0.7, 0.5) + rng.random((2000, 2)) * 0.1
    probs_NC = base_NC * np.array([1.0, 0.01])
    assert choose_strength(probs_NC, truth_NC, ML, Plan(), seed=0) <= STRENGTHS[1]


def test_fewer_rows_than_folds_share_one_cut():
    truth_NC = np.eye(2, dtype=np.float32)
    assert choose_strength(truth_NC * 0.9, truth_NC, ML, Plan(), seed=0) == float("inf")


def test_folds_spread_every_label():
    rng = np.random.default_rng(2)
    truth_NC = (rng.random((503, 4)) < [0.02, 0.1, 0.3, 0.0]).astype(np.float32)
    fold_N = stratified_folds(truth_NC, 5, 7)
    sizes = np.bincount(fold_N)
    assert sizes.max() - sizes.min() <= 1
    rare = np.bincount(fold_N[truth_NC[:, 0] == 1], minlength=5)
    assert rare.max() - rare.min() <= 1
    np.testing.assert_array_equal(fold_N, stratified_folds(truth_NC, 5, 7))
    assert (fold_N != stratified_folds(truth_NC, 5, 8)).any()
