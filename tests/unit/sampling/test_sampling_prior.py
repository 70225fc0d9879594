"""What sampling does to the shares of labels, and how it is undone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.sampling import effective_prior, prior_shift
from evenhand.types import Logits, Task

NAN = np.nan


def test_effective_prior_by_hand():
    truth_NC = np.array([[1, 0], [0, 1], [0, 0]], np.float32)
    assert effective_prior(truth_NC, np.array([2.0, 1, 1])).tolist() == [0.5, 0.25]


def test_unknown_labels_are_left_out_on_both_sides():
    truth_NC = np.array([[1, NAN], [0, NAN], [NAN, NAN]], np.float32)
    assert effective_prior(truth_NC, np.array([3.0, 1, 5])).tolist() == [0.75, 0]


def test_multilabel_shift_is_a_difference_of_log_odds():
    truth_NC = np.array([[1, 0]] * 2 + [[0, 1]] * 6, np.float32)
    draws_N = np.array([2.0] * 2 + [4 / 6] * 6)
    odds = np.log(1.0) - np.log(2 / 6)
    assert prior_shift(truth_NC, draws_N, Task.MULTILABEL) == pytest.approx([odds, -odds])


def test_multiclass_shift_is_a_difference_of_log_shares():
    truth_NC = np.array([[1, 0]] * 2 + [[0, 1]] * 6, np.float32)
    draws_N = np.array([2.0] * 2 + [4 / 6] * 6)
    shift_C = prior_shift(truth_NC, draws_N, Task.MULTICLASS)
    assert shift_C == pytest.approx([np.log(0.5 / 0.25), np.log(0.5 / 0.75)])


@pytest.mark.parametrize("task", Task)
@given(st.lists(st.sampled_from([0, 1, NAN]), min_size=1, max_size=20))
def test_natural_draws_shift_nothing(task, column):
    truth_NC = np.array(column, np.float32)[:, None].repeat(2, axis=1)
    assert (prior_shift(truth_NC, np.ones(len(column)), task) == 0).all()


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("column", [[0, 0, 0], [NAN, NAN, NAN], [1, NAN, NAN]])
def test_a_label_without_rows_or_known_only_where_present_shifts_nothing(task, column):
    truth_NC = np.array(column, np.float32)[:, None]
    assert prior_shift(truth_NC, np.array([3.0, 1, 0.5]), task).tolist() == [0.0]


@pytest.mark.parametrize("task", Task)
def test_a_label_that_is_never_drawn_shifts_nothing(task):
    truth_NC = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    assert prior_shift(truth_NC, np.array([0.0, 1, 1]), task)[0] == 0


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(0, 1000))
def test_subtracting_it_turns_drawn_frequencies_into_natural_ones(counts, seed):
    """A model that knows nothing but the drawn prior, corrected, knows the natural one."""
    truth_NC = np.repeat(np.eye(len(counts), dtype=np.float32), counts, axis=0)
    weights_C = np.random.default_rng(seed).uniform(0.2, 5, len(counts))
    draws_N = truth_NC @ weights_C
    learnt = np.log(effective_prior(truth_NC, draws_N))
    corrected = Logits((learnt - prior_shift(truth_NC, draws_N, Task.MULTICLASS))[None])
    assert corrected.probs(Task.MULTICLASS).values_NC[0] == pytest.approx(truth_NC.mean(axis=0))
