import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from evenhand.decide import best_cut, best_global_cut
from evenhand.decide.f1 import count, f1_of, macro_f1

NAN = np.nan


def fbeta(truth_N, decided_N, beta):
    hits = np.sum((truth_N == 1) & decided_N)
    alarms = np.sum((truth_N == 0) & decided_N)
    missed = np.sum((truth_N == 1) & ~decided_N)
    return (1 + beta**2) * hits / ((1 + beta**2) * hits + beta**2 * missed + alarms)


@st.composite
def tables(draw, most=4):
    """Scores with many ties, truth with unknown cells and absent classes."""
    shape = (draw(st.integers(1, 25)), draw(st.integers(1, most)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores_NC = rng.integers(0, draw(st.integers(1, 30)), size=shape) / 30
    truth_NC = (rng.random(shape) < rng.choice([0.0, 0.1, 0.5, 1.0], size=shape[1])).astype("f4")
    truth_NC[rng.random(shape) < draw(st.sampled_from([0, 0.2]))] = NAN
    return scores_NC, truth_NC


@settings(deadline=None)
@given(tables(most=1), st.sampled_from([0.5, 1.0, 2.0]))
def test_best_cut_equals_brute_force(table, beta):
    scores_N, truth_N = table[0][:, 0], table[1][:, 0]
    cut, reached = best_cut(scores_N, truth_N, beta=beta)
    if not (truth_N == 1).any():
        known_N = ~np.isnan(truth_N)
        assert reached == 0.0
        assert not (scores_N[known_N] >= cut).any()
        return
    brute = max(fbeta(truth_N, scores_N >= s, beta) for s in np.unique(scores_N))
    assert reached == pytest.approx(brute, abs=1e-12)
    assert fbeta(truth_N, scores_N >= cut, beta) == pytest.approx(brute, abs=1e-12)


@settings(deadline=None)
@given(tables())
def test_best_global_cut_equals_brute_force(table):
    scores_NC, truth_NC = table
    cut, reached = best_global_cut(scores_NC, truth_NC)
    if not (truth_NC == 1).any():
        assert reached == 0.0
        assert not (scores_NC[~np.isnan(truth_NC)] >= cut).any()
        return
    brute = max(macro_f1(truth_NC, scores_NC >= s) for s in np.unique(scores_NC))
    assert reached == pytest.approx(brute, abs=1e-12)
    assert macro_f1(truth_NC, scores_NC >= cut) == pytest.approx(brute, abs=1e-12)


@settings(deadline=None)
@given(tables(most=1))
def test_one_class_has_one_global_cut(table):
    scores_NC, truth_NC = table
    _, own = best_cut(scores_NC[:, 0], truth_NC[:, 0])
    _, shared = best_global_cut(scores_NC, truth_NC)
    assert own == pytest.approx(shared, abs=1e-12)


@settings(deadline=None)
@given(tables())
def test_unknown_cells_change_nothing(table):
    scores_NC, truth_NC = table
    more_scores = np.vstack([scores_NC, scores_NC + 0.01])
    more_truth = np.vstack([truth_NC, np.full_like(truth_NC, NAN)])
    assert best_cut(more_scores[:, 0], more_truth[:, 0]) == best_cut(
        scores_NC[:, 0], truth_NC[:, 0]
    )
    cut, reached = best_global_cut(scores_NC, truth_NC)
    assert best_global_cut(more_scores, more_truth) == (cut, pytest.approx(reached, abs=1e-12))


def test_the_value_lies_midway():
    scores_N, truth_N = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0.0, 0.0, 1.0, 1.0])
    assert best_cut(scores_N, truth_N) == (0.5, 1.0)
    assert best_global_cut(scores_N[:, None], truth_N[:, None]) == (0.5, 1.0)


def test_everything_predicted_gives_the_lowest_score():
    assert best_cut(np.array([0.2, 0.7]), np.array([1.0, 1.0])) == (0.2, 1.0)


def test_a_gap_without_a_float_inside_gives_the_upper_score():
    upper = np.nextafter(0.5, 1)
    cut, reached = best_cut(np.array([0.5, upper]), np.array([0.0, 1.0]))
    assert (cut, reached) == (upper, 1.0)


def test_equal_scores_are_never_parted():
    cut, reached = best_cut(np.array([0.5, 0.5, 0.5, 0.2]), np.array([1.0, 0, 0, 0]))
    assert cut == pytest.approx(0.35)
    assert reached == 0.5


def test_of_equal_cuts_the_highest_is_taken():
    # Predicting one of two positives, or both with two false alarms, is F1 = 2/3 each.
    cut, reached = best_cut(np.array([0.9, 0.7, 0.6, 0.5]), np.array([1.0, 0, 0, 1]))
    assert (cut, reached) == (0.8, pytest.approx(2 / 3))


def test_no_rows_give_one_half():
    assert best_cut(np.array([]), np.array([])) == (0.5, 0.0)


def test_an_absent_class_counts_once_it_is_predicted():
    scores_NC = np.array([[0.9, 0.1], [0.5, 0.6]])
    truth_NC = np.array([[1, 0], [1, 0]], dtype=np.float32)
    # At 0.9: (2/3) / 1. From 0.6 on the absent class joins: (2/3) / 2, then 1 / 2.
    cut, reached = best_global_cut(scores_NC, truth_NC)
    assert (cut, reached) == (0.75, pytest.approx(2 / 3))


@settings(deadline=None)
@given(tables())
def test_f1_equals_scikit_learn(table):
    scores_NC, truth_NC = table
    decided_NC = scores_NC >= 0.5
    f1_C = f1_of(count(truth_NC, decided_NC))
    for c, f1 in enumerate(f1_C):
        known_N = ~np.isnan(truth_NC[:, c])
        expected = (
            f1_score(truth_NC[known_N, c], decided_NC[known_N, c], zero_division=NAN)
            if known_N.any()
            else NAN
        )
        np.testing.assert_allclose(f1, expected, atol=1e-12)
    macro = macro_f1(truth_NC, decided_NC)
    np.testing.assert_allclose(
        macro, f1_C[~np.isnan(f1_C)].mean() if not np.isnan(f1_C).all() else NAN
    )
