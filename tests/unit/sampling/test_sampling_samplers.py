"""The samplers, worked by hand on a dozen rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.errors import ConfigError
from evenhand.sampling import SAMPLERS, effective_prior
from evenhand.sampling.weighted import spread
from evenhand.types import Task

NAN = np.nan
ONE = np.array([[1, 0, 0]] * 6 + [[0, 1, 0]] * 4 + [[0, 0, 1]] * 2, np.float32)
ONCE = np.ones(12)
TRUTH = arrays(
    np.float32,
    st.tuples(st.integers(1, 30), st.integers(1, 5)),
    elements=st.sampled_from([0.0, 0.0, 1.0, NAN]),
)


def expected(name, truth, done=0.0, /, task=Task.MULTILABEL, **settings):
    sampler = SAMPLERS.build(name, np.array(truth, np.float32), task, settings=settings)
    return sampler(done)


def by_class(draws_N):
    return draws_N[[0, 6, 10]].tolist()


def test_natural_is_once_each():
    assert expected("natural", ONE).tolist() == [1.0] * 12


def test_weighted_balances_classes():
    assert by_class(expected("weighted", ONE)) == pytest.approx([4 / 6, 4 / 4, 4 / 2])


def test_square_root_draws_a_class_by_the_root_of_its_rows():
    roots = np.sqrt([6, 4, 2])
    wanted = 12 * roots / roots.sum() / [6, 4, 2]
    assert by_class(expected("square-root", ONE)) == pytest.approx(wanted.tolist())
    assert by_class(expected("weighted", ONE, power=0.5)) == pytest.approx(wanted.tolist())


def test_power_0_is_natural():
    assert expected("weighted", ONE, power=0) == pytest.approx(ONCE)


@pytest.mark.parametrize("name", ["weighted", "square-root"])
def test_cap_1_is_natural(name):
    assert expected(name, ONE, cap=1) == pytest.approx(ONCE)


def test_what_the_cap_takes_goes_to_the_others_in_proportion():
    draws = by_class(expected("weighted", ONE, cap=1.4))
    assert draws == pytest.approx([4 / 6 * 1.15, 1.15, 1.4])


def test_cap_that_a_second_group_reaches_after_the_first():
    weights_N = np.array([1.0, 1, 1, 1, 1, 5.9, 20])
    assert spread(weights_N, cap=2.0) == pytest.approx([0.6] * 5 + [2, 2])


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40).map(np.array), st.floats(1.0, 100.0))
def test_capped_draws_add_up_and_keep_their_order(weights_N, cap):
    draws_N = spread(weights_N, cap=cap)
    assert draws_N.sum() == pytest.approx(len(weights_N))
    assert draws_N.max() <= cap
    assert (np.diff(draws_N[np.argsort(weights_N)]) >= 0).all()


SEVERAL = [[1, 0, 0]] * 6 + [[0, 1, 0]] * 2 + [[1, 0, 1]] + [[0, 0, 0]] * 3


def test_rarest_label_speaks_for_its_row():
    weights = np.array([1 / 7] * 6 + [1 / 2] * 2 + [1] + [1 / 3] * 3)
    assert expected("weighted", SEVERAL) == pytest.approx(12 * weights / weights.sum())


def test_mean_over_the_labels_of_a_row():
    weights = np.array([1 / 7] * 6 + [1 / 2] * 2 + [(1 + 1 / 7) / 2] + [1 / 3] * 3)
    found = expected("weighted", SEVERAL, rule="mean")
    assert found == pytest.approx(12 * weights / weights.sum())


@pytest.mark.parametrize("name", ["weighted", "square-root"])
def test_rule_counts_for_several_labels_and_not_for_one(name):
    assert expected(name, ONE, rule="mean") == pytest.approx(expected(name, ONE))
    assert expected(name, SEVERAL, rule="mean") != pytest.approx(expected(name, SEVERAL))


def test_square_root_cap_counts():
    assert expected("square-root", SEVERAL, cap=1.5).max() == pytest.approx(1.5)
    assert expected("square-root", SEVERAL).max() > 1.6


def test_class_aware_adds_the_labels_of_a_row():
    draws = expected("class-aware", SEVERAL)[[0, 6, 8, 9]]
    assert draws == pytest.approx([3 / 7, 3 / 2, 3 * (1 + 1 / 7), 3 / 3])


def test_class_aware_is_weighted_where_rows_have_one_label():
    assert expected("class-aware", ONE) == pytest.approx(expected("weighted", ONE))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.9])
def test_progressive_goes_from_natural_to_class_aware(share):
    wanted = (1 - share) + share * expected("class-aware", SEVERAL)
    assert expected("progressive", SEVERAL, share) == pytest.approx(wanted)


@pytest.mark.parametrize("name", [n for n in SAMPLERS.names() if n != "progressive"])
def test_only_progressive_changes_with_time(name):
    assert expected(name, SEVERAL, 0.0).tolist() == expected(name, SEVERAL, 0.9).tolist()


def test_oversample_brings_each_class_to_its_share_of_the_commonest():
    assert by_class(expected("oversample", ONE, share=1)) == [1, 6 / 4, 3]
    assert by_class(expected("oversample", ONE, share=0.5)) == [1, 1, 1.5]


def test_oversample_repeats_no_row_more_than_most():
    assert by_class(expected("oversample", ONE, share=1, most=2)) == [1, 1.5, 2]
    assert expected("oversample", ONE, share=1, most=1).tolist() == [1.0] * 12


def test_oversample_takes_the_rarest_label_and_leaves_rows_without():
    draws = expected("oversample", SEVERAL, share=0.5)[[0, 6, 8, 9]]
    assert draws == pytest.approx([1, 7 / 4, 7 / 2, 1])


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_an_unknown_label_is_read_as_neither(name):
    unknown = [[1, NAN], [1, NAN], [1, 0], [0, 1], [NAN, 0]]
    known = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 0]]
    assert expected(name, unknown, 0.5) == pytest.approx(expected(name, known, 0.5))


@pytest.mark.parametrize("name", ["weighted", "class-aware"])
def test_a_second_label_counts_as_much_as_a_first(name):
    truth = [[1, 0]] * 8 + [[1, 1]] * 2
    draws = expected(name, truth)
    assert draws[9] > 3 * draws[0]


@given(TRUTH)
def test_balanced_draws_add_up_to_the_rows(truth_NC):
    for name in SAMPLERS.names():
        draws_N = expected(name, truth_NC, 0.5)
        assert np.isfinite(draws_N).all()
        if name == "oversample":
            assert draws_N.min() >= 1
        else:
            assert draws_N.sum() == pytest.approx(len(truth_NC))
            assert draws_N.min() > 0


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6))
def test_class_aware_equals_drawing_a_class_first(counts):
    truth_NC = np.repeat(np.eye(len(counts), dtype=np.float32), counts, axis=0)
    prior_C = effective_prior(truth_NC, expected("class-aware", truth_NC, task=Task.MULTICLASS))
    assert prior_C == pytest.approx(np.full(len(counts), 1 / len(counts)))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("weighted", {"power": 1.1}),
        ("weighted", {"cap": 0.5}),
        ("weighted", {"rule": "first"}),
        ("oversample", {"share": 0}),
        ("oversample", {"most": 0}),
        ("natural", {"power": 1}),
    ],
)
def test_settings_out_of_range_are_refused(name, settings):
    with pytest.raises(ConfigError, match="E102"):
        expected(name, ONE, **settings)
