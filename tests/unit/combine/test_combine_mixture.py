"""Mixtures: means by weights; the weights that make tune rows likeliest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from evenhand.calibrate import nll
from evenhand.combine import COMBINATIONS, from_dict
from evenhand.combine.mixture import Mixture
from evenhand.combine.weighted import best_weights, likelihoods, mixture_nll
from evenhand.errors import ConfigError
from evenhand.types import Task
from voices_by_hand import drawn, one_label, rows, voices


def fit(name, *supplied):
    return COMBINATIONS.build(name, *supplied, settings={})


def test_the_average_is_the_mean_of_probabilities():
    said = one_label([0.2, 1.0], [0.6, 0.0])
    found = fit("average", said, rows([[1], [0]]))
    np.testing.assert_allclose(found.apply(said).values_NC[:, 0], [0.4, 0.5])
    assert found.to_dict() == {"name": "average", "weights": [0.5, 0.5]}


def test_the_average_of_classes_adds_up_to_one():
    said = voices([[[0.7, 0.3]], [[0.1, 0.9]]], Task.MULTICLASS)
    found = fit("average", said, rows([[1, 0]], Task.MULTICLASS))
    np.testing.assert_allclose(found.apply(said).values_NC, [[0.4, 0.6]])


def test_weights_worked_by_hand():
    # log(0.3 + 0.6 w) + log(0.7 - 0.4 w) is highest at w = 0.625
    said = one_label([0.9, 0.7], [0.3, 0.3])
    found = fit("weighted", said, rows([[1], [0]]))
    np.testing.assert_allclose(found.weights, [0.625, 0.375], atol=1e-9)


def test_a_member_that_is_always_better_gets_everything():
    said = one_label([0.9, 0.2], [0.6, 0.4])
    assert fit("weighted", said, rows([[1], [0]])).weights == (1.0, 0.0)


def test_equal_members_count_the_same():
    said = one_label([0.9, 0.2], [0.9, 0.2], [0.9, 0.2])
    np.testing.assert_allclose(fit("weighted", said, rows([[1], [0]])).weights, [1 / 3] * 3)


def test_rows_of_which_nothing_is_known_choose_nothing():
    said = one_label([0.9], [0.2])
    assert fit("weighted", said, rows([[np.nan]])).weights == (0.5, 0.5)


def test_a_row_counts_what_members_gave_to_the_true_class():
    said = voices([[[0.7, 0.3], [0.2, 0.8]], [[0.6, 0.4], [0.5, 0.5]]], Task.MULTICLASS)
    found_KM = likelihoods(said, np.array([[1, 0], [0, 1]], np.float32))
    np.testing.assert_allclose(found_KM, [[0.7, 0.6], [0.8, 0.5]])


def test_a_cell_counts_what_members_gave_to_what_is_known():
    said = voices([[[0.7, 0.3]], [[0.6, 0.4]]])
    found_KM = likelihoods(said, np.array([[0, np.nan]], np.float32))
    np.testing.assert_allclose(found_KM, [[0.3, 0.4]])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("task", list(Task))
def test_the_weights_are_those_that_another_optimiser_finds(task, seed):
    said, tune = drawn(task, members=4, seed=seed)
    likelihood_KM = likelihoods(said, tune.truth_NC)
    reference = minimize(
        lambda w: mixture_nll(likelihood_KM, w),
        np.full(4, 0.25),
        jac=lambda w: -(likelihood_KM / (likelihood_KM @ w)[:, None]).mean(axis=0),
        method="SLSQP",
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    found_M = best_weights(likelihood_KM)
    assert found_M.sum() == pytest.approx(1)
    assert mixture_nll(likelihood_KM, found_M) <= reference.fun + 1e-10
    np.testing.assert_allclose(found_M, reference.x, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    members=st.integers(1, 5),
    count=st.integers(1, 25),
    task=st.sampled_from(list(Task)),
)
def test_the_mixture_is_never_less_likely_than_a_member_or_the_average(seed, members, count, task):
    said, tune = drawn(task, members=members, count=count, seed=seed)
    found = nll(fit("weighted", said, tune).apply(said), tune.truth_NC, task)
    others = [fit("average", said, tune)]
    others += [Mixture(name="weighted", weights=tuple(w)) for w in np.eye(members)]
    for other in others:
        assert found <= nll(other.apply(said), tune.truth_NC, task) + 1e-10


@pytest.mark.parametrize("name", ["average", "weighted", "greedy"])
def test_what_was_stored_is_what_comes_back(name):
    said, tune = drawn(Task.MULTILABEL)
    found = fit(name, said, tune)
    again = from_dict(found.to_dict())
    assert again == found
    assert again.members == 3


@pytest.mark.parametrize("weights", [[], [0.5, 0.4], [1.5, -0.5]])
def test_weights_that_are_no_shares_are_refused(weights):
    with pytest.raises(ConfigError, match=r"\[E102\] the weights of an ensemble are no shares"):
        from_dict({"name": "weighted", "weights": weights})


def test_a_combination_of_another_name_is_refused():
    with pytest.raises(ConfigError, match=r"\[E101\] there is no stored combination of that name"):
        from_dict({"name": "avrage"})
