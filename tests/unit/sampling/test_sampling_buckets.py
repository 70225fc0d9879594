"""Batches of texts of like length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.sampling.buckets import epoch_batches, padding_waste, sorted_batches

LENGTHS = np.random.default_rng(0).integers(3, 60, 1000)


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=120),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_every_row_comes_exactly_once(lengths, batch_size, pool, epoch):
    batches = epoch_batches(np.array(lengths), batch_size, seed=1, epoch=epoch, pool=pool)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert max(map(len, batches)) <= batch_size
    assert len(batches) == -(-len(lengths) // batch_size)


def test_the_order_of_a_seed_never_changes():
    lengths = np.array([5, 3, 8, 1, 9, 2, 7, 4])
    batches = epoch_batches(lengths, 3, seed=0, epoch=0, pool=2)
    assert [rows.tolist() for rows in batches] == [[3, 1, 7], [6, 2, 4], [5, 0]]


def as_lists(**arguments: int) -> list[list[int]]:
    return [rows.tolist() for rows in epoch_batches(LENGTHS, 32, **arguments)]


def test_the_same_arguments_give_the_same_batches():
    assert as_lists(seed=3, epoch=2) == as_lists(seed=3, epoch=2)


@pytest.mark.parametrize("other", [{"seed": 4, "epoch": 2}, {"seed": 3, "epoch": 1}])
def test_another_seed_or_epoch_gives_another_order(other):
    assert as_lists(seed=3, epoch=2) != as_lists(**other)


def test_the_short_batches_do_not_come_first():
    means = [LENGTHS[rows].mean() for rows in epoch_batches(LENGTHS, 32, seed=0, epoch=0)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.5


def test_padding_waste_by_hand():
    batches = [np.array([0, 1]), np.array([2])]
    assert padding_waste(np.array([2, 4, 5]), batches) == (2 * 4 + 5) / 11


def test_equal_lengths_waste_nothing():
    lengths = np.full(100, 7)
    assert padding_waste(lengths, epoch_batches(lengths, 8, seed=0, epoch=0)) == 1.0


def test_waste_on_lengths_like_short_comments_is_small():
    lengths = np.clip(np.random.default_rng(1).lognormal(2.75, 0.55, 43_410), 4, 64).astype(int)
    assert 14 < np.median(lengths) < 18
    buckets = padding_waste(lengths, epoch_batches(lengths, 32, seed=0, epoch=0))
    random = padding_waste(lengths, np.array_split(np.arange(len(lengths)), len(lengths) // 32))
    assert buckets < 1.06
    assert random > 1.6


def test_prediction_goes_from_long_to_short():
    batches = sorted_batches(np.array([3, 9, 1, 9, 4]), 2)
    assert [rows.tolist() for rows in batches] == [[1, 3], [4, 0], [2]]
