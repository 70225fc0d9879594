"""Votes: majority, ties by mean probability, at the plain cut of 0.5 or argmax."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.combine import COMBINATIONS, from_dict
from evenhand.types import Task
from voices_by_hand import rows, voices


def share(probs, *, given, task=Task.MULTILABEL):
    said = voices(probs, task, given=given)
    found = COMBINATIONS.build("vote", said, rows(np.zeros(said.probs_MNC.shape[1:])), settings={})
    return found.apply(said).values_NC


def test_two_of_three():
    found = share([[[0.9]], [[0.5]], [[0.1]]], given=[[[1]], [[1]], [[0]]])
    assert found[0, 0] == pytest.approx((2 + 0.5) / 4)


@pytest.mark.parametrize(("probability", "wins"), [(0.5, True), (0.49, False), (0.51, True)])
def test_half_of_the_votes_are_decided_by_the_mean_probability(probability, wins):
    found = share([[[probability]], [[probability]]], given=[[[1]], [[0]]])
    assert (found[0, 0] >= 0.5) == wins


def test_a_minority_that_is_certain_stays_a_minority():
    found = share([[[1.0]], [[1.0]], [[1.0]]], given=[[[1]], [[0]], [[0]]])
    assert found[0, 0] < 0.5


def test_of_classes_with_equal_votes_the_likelier_wins():
    probs = [[[0.5, 0.3, 0.2]], [[0.1, 0.6, 0.3]]]
    given_MNC = [[[1, 0, 0]], [[0, 1, 0]]]
    found = share(probs, given=given_MNC, task=Task.MULTICLASS)
    np.testing.assert_allclose(found, [[(1 + 0.3) / 3, (1 + 0.45) / 3, 0.25 / 3]])
    assert found.sum() == pytest.approx(1)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), members=st.integers(1, 6))
def test_at_half_it_is_the_majority_and_nothing_else(seed, members):
    random = np.random.default_rng(seed)
    probs_MNC = random.choice([0.0, 0.2, 0.4, 0.6, 1.0], size=(members, 8, 2))
    given_MNC = random.random(probs_MNC.shape) < 0.5
    votes_NC, mean_NC = given_MNC.sum(axis=0), probs_MNC.mean(axis=0)
    clear = ~np.isclose(mean_NC, 0.5)
    wanted_NC = (2 * votes_NC > members) | ((2 * votes_NC == members) & (mean_NC > 0.5))
    found_NC = share(probs_MNC, given=given_MNC) >= 0.5
    np.testing.assert_array_equal(found_NC[clear], wanted_NC[clear])


def test_it_comes_back_and_is_for_any_number():
    again = from_dict({"name": "vote"})
    assert again.to_dict() == {"name": "vote"}
    assert again.members is None
