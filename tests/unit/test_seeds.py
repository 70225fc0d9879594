"""One seed, many independent streams."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.seeds import copies, derive, generator


def test_a_stream_is_the_hash_of_its_arguments():
    digest = hashlib.sha256(b"7:order:3").digest()
    assert derive(7, "order", 3) == int.from_bytes(digest[:8], "little") >> 1


def test_the_number_is_the_same_on_every_machine():
    assert derive(0, "split") == 1456003616910624960


def test_every_argument_counts():
    streams = {
        derive(0, "order"),
        derive(1, "order"),
        derive(0, "init"),
        derive(0, "order", 0),
        derive(0, "order", 1),
        derive(0, "order", 1, 0),
        derive(0, "order", 10),
    }
    assert len(streams) == 7


def test_a_seed_fits_63_bits():
    assert all(0 <= derive(seed, "init") < 2**63 for seed in range(200))


def test_generators_of_one_stream_agree_and_leave_the_global_state_alone():
    np.random.seed(3)  # noqa: NPY002 - the global state is what is watched
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    first, second = generator(1, "order", 2), generator(1, "order", 2)
    np.testing.assert_array_equal(first.random(5), second.random(5))
    assert np.random.random() == expected  # noqa: NPY002


def test_streams_are_uncorrelated():
    draws = np.stack([generator(0, "order", epoch).standard_normal(4000) for epoch in range(4)])
    off_diagonal = np.corrcoef(draws) - np.eye(4)
    assert np.abs(off_diagonal).max() == pytest.approx(0, abs=0.06)


@given(st.lists(st.integers(0, 5)))
def test_a_draw_is_the_copy_that_counting_gives_it(rows):
    counted = [rows[:place].count(row) for place, row in enumerate(rows)]
    assert copies(np.array(rows, np.int64)).tolist() == counted
