"""McNemar and Holm: by hand, and against scipy's exact binomial test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from evenhand.evaluate.mcnemar import FourWay, exact_p, holm


def test_four_ways_count_judged_rows_only() -> None:
    a_N = np.array([1, 1, 0, 0, 1], dtype=bool)
    b_N = np.array([1, 0, 1, 0, 0], dtype=bool)
    judged_N = np.array([1, 1, 1, 1, 0], dtype=bool)
    found = FourWay.of(a_N, b_N, judged_N=judged_N)
    assert found == FourWay(both_right=1, a_only=1, b_only=1, both_wrong=1)
    assert found.test() == {"p": 1.0, "a_only": 1, "b_only": 1}


def test_by_hand() -> None:
    assert exact_p(0, 0) == 1.0
    assert exact_p(0, 5) == pytest.approx(2 / 2**5)
    assert exact_p(1, 5) == pytest.approx(2 * (1 + 6) / 2**6)
    assert exact_p(4, 4) == 1.0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_agrees_with_the_binomial_test_and_knows_no_sides(a: int, b: int) -> None:
    expected = binomtest(min(a, b), a + b, 0.5).pvalue if a + b else 1.0
    assert float(exact_p(a, b)) == pytest.approx(expected, rel=1e-9, abs=1e-280)
    assert exact_p(a, b) == exact_p(b, a)


def test_many_tests_at_once() -> None:
    found_K = exact_p(np.array([0, 1, 7]), np.array([3, 1, 0]))
    assert found_K.tolist() == pytest.approx([0.25, 1.0, 2 / 2**7])


def test_holm_by_hand() -> None:
    adjusted_K = holm(np.array([0.04, 0.01, 0.03, 0.5]))
    assert adjusted_K.tolist() == pytest.approx([0.09, 0.04, 0.09, 0.5])


def test_holm_leaves_one_test_alone_and_stops_at_one() -> None:
    assert holm(np.array([0.03])).tolist() == [0.03]
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([])).tolist() == []
