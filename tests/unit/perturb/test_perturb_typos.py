"""Typos: two kinds of error, at their rate."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.perturb.typos import mistyped


def outcomes(text, rate, rounds=300):
    return {mistyped(text, np.random.default_rng(seed), rate=rate) for seed in range(rounds)}


def test_all_that_can_become_of_two_letters():
    assert outcomes("ab", 0.5) == {"ab", "ba", "a", "b"}
    assert outcomes("ab", 1) == {"ba", "b"}


def test_a_letter_without_one_after_it_is_dropped_and_other_signs_stay():
    assert outcomes("a-b", 1) == {"-b"}
    assert outcomes("か、な", 1) == {"、な"}
    assert outcomes("42 !", 1) == {"42 !"}


def test_the_last_letter_of_a_text_is_never_dropped():
    assert outcomes("a", 1) == {"a"}
    assert outcomes("1 a 2", 1) == {"1 a 2"}


def test_both_errors_are_equally_likely():
    found = Counter(mistyped("ab!", np.random.default_rng(s), rate=1) for s in range(2000))
    assert found["ba!"] == pytest.approx(1000, abs=100)


def test_the_rate_is_that_of_letters():
    text = "a." * 1000
    lost = [text.count("a") - mistyped(text, np.random.default_rng(s), rate=0.1).count("a")
            for s in range(20)]  # fmt: skip
    assert np.mean(lost) == pytest.approx(100, abs=10)


@given(st.text("abあ漢 .1"), st.floats(0, 1), st.integers(0, 99))
def test_signs_that_are_no_letters_stay_in_order_and_no_letter_is_added(text, rate, seed):
    typed = mistyped(text, np.random.default_rng(seed), rate=rate)
    assert [s for s in typed if not s.isalpha()] == [s for s in text if not s.isalpha()]
    assert not Counter(typed) - Counter(text)
    assert any(s.isalpha() for s in typed) == any(s.isalpha() for s in text)
