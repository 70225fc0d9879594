import numpy as np
import pytest

from evenhand.decide.aim import Aim
from evenhand.decide.folds import stratified_folds
from evenhand.decide.shrink import (
    STRENGTHS,
    Line,
    Plan,
    choose_strengths,
    fixed_values,
    shared_values,
)
from evenhand.decide.tilt import best_tilt, rarity
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


def test_biases_are_pulled_to_those_of_one_tilt():
    line = Line(np.array([0.0, 2.0]), np.array([0.0, 0.5]), np.array([100.0, 5.0]), MC)
    np.testing.assert_allclose(line.at(5.0), [0.0, 1.25])


def test_what_classes_share_is_one_tilt():
    rng = np.random.default_rng(3)
    truth_NC = np.eye(3, dtype=np.float32)[rng.choice(3, size=300, p=[0.7, 0.25, 0.05])]
    probs_NC = rng.dirichlet([3, 1, 0.3], size=300) * 0.7 + truth_NC * 0.3
    tilted_C = best_tilt(probs_NC, truth_NC) * rarity(truth_NC)
    np.testing.assert_array_equal(shared_values(probs_NC, truth_NC, MC, Plan()), tilted_C)
    assert tilted_C.any()


def test_a_label_without_support_has_the_shared_cut():
    rng = np.random.default_rng(0)
    truth_NC = (rng.random((200, 3)) < [0.4, 0.4, 0.01]).astype(np.float32)
    probs_NC = rng.random((200, 3)) * 0.5 + truth_NC * 0.3
    line = Line.fit(probs_NC, truth_NC, ML, Plan(min_support=5))
    assert line.own_C[2] == line.shared_C[2]
    assert (line.at(20.0)[2], line.at(0.0)[2]) == (line.shared_C[2], line.shared_C[2])


@pytest.mark.parametrize("task", [ML, MC])
def test_of_equal_strengths_the_strongest_is_taken(task):
    # No label is given at 0.5 or by argmax, and one number for all separates them perfectly.
    rare_N = np.arange(100) % 3 == 0
    truth_NC = np.stack([~rare_N, rare_N], axis=1).astype(np.float32)
    probs_NC = np.stack([np.where(rare_N, 0.6, 0.9), np.where(rare_N, 0.4, 0.1)], axis=1)
    if task is ML:
        truth_NC, probs_NC = truth_NC[:, 1:], probs_NC[:, 1:]
    assert (choose_strengths(probs_NC, truth_NC, task, Plan(), seed=0) == float("inf")).all()


def test_labels_that_need_their_own_cut_are_left_alone():
    rng = np.random.default_rng(1)
    truth_NC = (rng.random((2000, 2)) < 0.3).astype(np.float32)
    base_NC = np.where(truth_NC == 1, 0.7, 0.5) + rng.random((2000, 2)) * 0.1
    probs_NC = base_NC * np.array([1.0, 0.01])
    assert (choose_strengths(probs_NC, truth_NC, ML, Plan(), seed=0) <= STRENGTHS[1]).all()


@pytest.mark.parametrize("task", [ML, MC])
def test_fewer_rows_than_folds_prove_nothing(task):
    truth_NC = np.eye(2, dtype=np.float32)
    assert np.isnan(choose_strengths(truth_NC * 0.4, truth_NC, task, Plan(), seed=0)).all()


@pytest.mark.parametrize("task", [ML, MC])
def test_nothing_to_gain_leaves_values_fixed(task):
    truth_NC = np.eye(2, dtype=np.float32)[(np.arange(100) % 3 == 0).astype(int)]
    assert np.isnan(choose_strengths(truth_NC * 0.9, truth_NC, task, Plan(), seed=0)).all()


@pytest.mark.parametrize(("missed", "taken"), [(2, False), (3, True)])
def test_a_gain_within_chance_is_not_taken(missed, taken):
    # At 0.5 some of 40 positives are missed; a lower cut catches them and nothing else. By
    # hand, two: gain 0.0256, 1.5 standard errors 0.0271; three: 0.0390 and 0.0337.
    truth_NC = (np.arange(200) < 40).astype(np.float32)[:, None]
    probs_NC = np.where(truth_NC == 1, 0.9, 0.1)
    probs_NC[:missed] = 0.45
    strength_C = choose_strengths(probs_NC, truth_NC, ML, Plan(), seed=0)
    assert (not np.isnan(strength_C).any()) == taken


def test_what_is_fixed_costs_nothing_to_choose():
    truth_NC = np.eye(2, dtype=np.float32)
    np.testing.assert_array_equal(fixed_values(truth_NC, ML, Plan()), [0.5, 0.5])
    np.testing.assert_array_equal(fixed_values(truth_NC, MC, Plan()), [0, 0])
    costly = Plan(aim=Aim(costs_2C=np.array([[1.0, np.nan], [4.0, np.nan]])))
    np.testing.assert_allclose(fixed_values(truth_NC, ML, costly), [0.2, 0.5])


@pytest.mark.parametrize("aim", [Aim(), Aim(beta=2), Aim(micro=0.3), Aim(beta=0.5, micro=1)])
def test_the_influence_of_a_row_is_what_more_of_it_would_change(aim):
    rng = np.random.default_rng(0)
    truth_NC = (rng.random((20, 3)) < 0.4).astype(np.float32)
    truth_NC[3, 1] = np.nan
    decided_NC = rng.random((20, 3)) < 0.5
    influence_N = aim.influence(truth_NC, decided_NC)
    assert influence_N.sum() == pytest.approx(0, abs=1e-12)
    times = 2000
    many = np.repeat(truth_NC, times, axis=0), np.repeat(decided_NC, times, axis=0)
    for n in range(20):
        more = (np.vstack([part, part[n * times]]) for part in many)
        change = aim.score(*more) - aim.score(*many)
        assert change * times == pytest.approx(influence_N[n], abs=1e-4)


def test_the_standard_error_is_that_of_the_bootstrap():
    rng = np.random.default_rng(1)
    truth_NC = (rng.random((500, 3)) < [0.5, 0.3, 0.15]).astype(np.float32)
    one_NC = (truth_NC == 1) ^ (rng.random((500, 3)) < 0.2)
    two_NC = one_NC ^ (rng.random((500, 3)) < 0.1)
    aim = Aim()
    apart_N = aim.influence(truth_NC, one_NC) - aim.influence(truth_NC, two_NC)
    drawn = [rng.integers(0, 500, size=500) for _ in range(1000)]
    gains = [aim.score(truth_NC[r], one_NC[r]) - aim.score(truth_NC[r], two_NC[r]) for r in drawn]
    assert np.sqrt((apart_N**2).sum()) == pytest.approx(np.std(gains), rel=0.1)


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


def test_labels_are_pulled_each_by_its_own_strength():
    line = Line(np.array([0.9, 0.9, 0.9]), np.full(3, 0.5), np.array([20.0, 0.0, 20.0]), ML)
    np.testing.assert_allclose(line.at(np.array([20.0, 0.0, np.inf])), [0.75, 0.9, 0.5])


@pytest.mark.parametrize("priced", [False, True])
def test_costs_on_one_label_do_not_decide_for_the_others(priced):
    # The first label has nothing to gain; the second is caught by a cut below 0.5 alone.
    truth_NC = np.stack([np.arange(200) % 4 == 0, np.arange(200) % 5 == 0], axis=1)
    truth_NC = truth_NC.astype(np.float32)
    probs_NC = np.where(truth_NC == 1, [0.9, 0.4], [0.1, 0.1])
    costs_2C = np.array([[np.nan, 1.0], [np.nan, 1.0]]) if priced else None
    aim = Aim(costs_2C=costs_2C)
    strength_C = choose_strengths(probs_NC, truth_NC, ML, Plan(aim=aim), seed=0)
    assert np.isnan(strength_C[0]) == priced
    assert not np.isnan(strength_C[1])
    flipped = Aim(costs_2C=None if costs_2C is None else costs_2C[:, ::-1])
    swapped_C = choose_strengths(probs_NC, truth_NC, ML, Plan(aim=flipped), seed=0)
    assert not np.isnan(swapped_C).any()
