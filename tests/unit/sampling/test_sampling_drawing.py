"""From expected draws to rows: as many as said, and none further off than it must be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConfigError
from evenhand.sampling import SAMPLERS, draw, refuse_small
from evenhand.sampling.buckets import epoch_batches
from evenhand.types import Task

EXPECTED = st.lists(st.floats(0, 9), min_size=1, max_size=60).map(np.array)
SEEDS = st.integers(0, 2**32)


@given(EXPECTED, SEEDS, st.integers(0, 5))
def test_each_row_comes_as_often_as_expected_rounded_up_or_down(expected_N, seed, epoch):
    rows_E = draw(expected_N, seed=seed, epoch=epoch)
    times_N = np.bincount(rows_E, minlength=len(expected_N))
    assert len(rows_E) == round(expected_N.sum())
    assert (times_N >= np.floor(expected_N)).all()
    assert (times_N <= np.ceil(expected_N)).all()
    assert (np.diff(rows_E) >= 0).all()


@given(st.integers(1, 500), SEEDS)
def test_one_expected_is_one_drawn(rows, seed):
    assert draw(np.ones(rows), seed=seed, epoch=0).tolist() == list(range(rows))


@given(SEEDS)
def test_whole_numbers_are_drawn_exactly(seed):
    assert draw(np.array([0.0, 3, 1, 0, 2]), seed=seed, epoch=1).tolist() == [1, 1, 1, 2, 4, 4]


def test_nothing_expected_is_nothing_drawn():
    assert draw(np.zeros(4), seed=0, epoch=0).tolist() == []


@pytest.mark.parametrize("third", [[1 / 3] * 9, [2 / 3, 1 / 3, 1, 0.1, 0.9]])
def test_sums_that_rounding_spoils_are_mended(third):
    assert all(len(draw(np.array(third), seed=s, epoch=0)) == 3 for s in range(200))


def test_on_average_it_is_what_was_expected():
    expected_N = np.array([0.25, 0.5, 1.75, 0.05, 3.45, 1.0])
    times_N = np.bincount(np.concatenate([draw(expected_N, seed=1, epoch=e) for e in range(2000)]))
    assert times_N / 2000 == pytest.approx(expected_N, abs=0.04)


def test_pairs_meet_whatever_their_places():
    halves_N = np.full(4, 0.5)
    drawn = {tuple(draw(halves_N, seed=0, epoch=e)) for e in range(100)}
    assert len(drawn) == 6


def test_seed_and_epoch_decide():
    halves_N = np.full(200, 0.5)
    first = draw(halves_N, seed=3, epoch=2).tolist()
    assert first == draw(halves_N, seed=3, epoch=2).tolist()
    assert first != draw(halves_N, seed=4, epoch=2).tolist()
    assert first != draw(halves_N, seed=3, epoch=1).tolist()


def drawn_batches(expected_N, lengths_N, batch_size):
    rows_E = draw(expected_N, seed=7, epoch=3)
    batches = epoch_batches(lengths_N[rows_E], batch_size, seed=7, epoch=3)
    return [rows_E[entries].tolist() for entries in batches]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=120).map(np.array), st.integers(1, 9))
def test_natural_draws_give_the_batches_that_rows_alone_give(lengths_N, batch_size):
    truth_NC = np.zeros((len(lengths_N), 2), np.float32)
    natural = SAMPLERS.build("natural", truth_NC, Task.MULTILABEL, settings={})
    plain = epoch_batches(lengths_N, batch_size, seed=7, epoch=3)
    assert drawn_batches(natural(0.5), lengths_N, batch_size) == [b.tolist() for b in plain]


def test_draws_are_batched_by_length_and_each_comes_once():
    random = np.random.default_rng(0)
    lengths_N, expected_N = random.integers(1, 100, 400), random.gamma(0.5, 2, 400)
    batches = drawn_batches(expected_N, lengths_N, 16)
    assert sorted(np.concatenate(batches)) == draw(expected_N, seed=7, epoch=3).tolist()
    spans = [np.ptp(lengths_N[rows]) for rows in batches]
    assert np.median(spans) < 15


def test_draws_of_one_row_may_share_a_batch():
    assert drawn_batches(np.array([3.0, 1]), np.array([5, 9]), 4) == [[0, 0, 0, 1]]


def test_fewer_rows_than_a_batch_are_refused():
    refuse_small(32, 32)
    with pytest.raises(ConfigError, match=r"(?s)E105.*31 fit rows.*train\.batch_size=7"):
        refuse_small(31, 32)
