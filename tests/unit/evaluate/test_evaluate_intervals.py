"""Intervals: the same resamples for all, one formula for value and draws, known spread."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from evenhand.evaluate import intervals
from evenhand.evaluate.intervals import (
    Interval,
    bootstrap,
    decided_statistic,
    numbered,
    paired_difference,
    percentile_interval,
    ranking_statistic,
    resample_weights,
)
from evenhand.seeds import generator

nan = math.nan


def sample(
    rows: int = 60, classes: int = 3, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth_NC = (random.random((rows, classes)) < 0.3).astype(np.float32)
    scores_NC = np.round(truth_NC + random.normal(size=truth_NC.shape), 1)
    return truth_NC, scores_NC, scores_NC > 0.5


def test_an_undefined_interval_becomes_none_in_json() -> None:
    stored = Interval(0.5, nan, nan).to_dict()
    assert json.dumps(stored, allow_nan=False) == '{"value": 0.5, "low": null, "high": null}'


def test_percentiles_are_those_of_the_defined_draws() -> None:
    draws_R = np.append(np.arange(101.0), nan)
    found = percentile_interval(50.0, draws_R, level=0.9)
    assert (found.value, found.low, found.high) == pytest.approx((50.0, 5.0, 95.0))


def test_an_undefined_value_has_no_bounds() -> None:
    found = percentile_interval(nan, np.arange(10.0), level=0.9)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_every_resample_draws_as_many_rows_as_there_are() -> None:
    weights_NR = np.concatenate(list(resample_weights(17, 5, seed=3)), axis=1)
    assert weights_NR.shape == (17, 5)
    assert weights_NR.sum(axis=0).tolist() == [17] * 5


def test_rows_alone_are_drawn_as_ever_and_groups_of_one_row_are_rows_alone() -> None:
    random = generator(3, "bootstrap")
    counts = [np.bincount(random.integers(17, size=17), minlength=17) for _ in range(5)]
    alone = np.concatenate(list(resample_weights(17, 5, seed=3)), axis=1)
    np.testing.assert_array_equal(alone, np.stack(counts, axis=1))
    groups_N = np.arange(17)[::-1] * 7
    grouped = np.concatenate(list(resample_weights(17, 5, seed=3, groups_N=groups_N)), axis=1)
    np.testing.assert_array_equal(grouped, alone)


def test_rows_of_a_group_are_drawn_together_and_as_often_as_there_are_groups() -> None:
    groups_N = np.array([5, 5, 2, 9, 2, 5])
    weights_NR = np.concatenate(list(resample_weights(6, 40, seed=0, groups_N=groups_N)), axis=1)
    np.testing.assert_array_equal(weights_NR[[0, 1, 2]], weights_NR[[5, 5, 4]])
    assert weights_NR[[0, 2, 3]].sum(axis=0).tolist() == [3] * 40
    assert set(weights_NR.sum(axis=0)) > {6.0}


def test_groups_are_numbered_as_they_are_met() -> None:
    assert numbered(np.array([5, 5, 2, 9, 2])).tolist() == [0, 0, 1, 2, 1]
    assert numbered(np.array([], dtype=np.int64)).tolist() == []


def test_copies_of_each_row_widen_no_interval_and_narrow_none() -> None:
    """Four copies a row, drawn together, are the rows themselves: figures are shares."""
    truth_NC, _, decided_NC = sample()
    four_N = np.repeat(np.arange(len(truth_NC)), 4)
    once, four, apart = (
        bootstrap(
            [decided_statistic(truth_NC[rows], decided_NC[rows])],
            len(rows),
            resamples=100,
            seed=0,
            groups_N=groups_N,
        )[0].interval("macro_f1", level=0.95)
        for rows, groups_N in (
            (np.arange(len(truth_NC)), None),
            (four_N, four_N),
            (four_N, None),
        )
    )
    assert (four.value, four.low, four.high) == pytest.approx((once.value, once.low, once.high))
    assert apart.high - apart.low < 0.7 * (four.high - four.low)


def test_a_paired_difference_draws_groups_too() -> None:
    truth_NC, scores_NC, decided_NC = sample()
    other_NC, one_N = scores_NC > 1.0, np.zeros(len(truth_NC), np.int64)
    found = paired_difference(
        truth_NC, decided_NC, decided_b_NC=other_NC, resamples=20, groups_N=one_N
    )
    assert found.low == found.high == found.value


def test_draws_do_not_depend_on_the_size_of_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.concatenate(list(resample_weights(17, 5, seed=3)), axis=1)
    monkeypatch.setattr(intervals, "CHUNK_BYTES", 8 * 17 * 2)
    pieces = list(resample_weights(17, 5, seed=3))
    assert [piece.shape[1] for piece in pieces] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole)


def test_rows_taken_in_blocks_give_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    truth_NC, _, decided_NC = sample()
    statistic = decided_statistic(truth_NC, decided_NC)
    (weights_NR,) = resample_weights(len(truth_NC), 4, seed=1)
    whole = statistic(weights_NR)
    monkeypatch.setattr(intervals, "CHUNK_BYTES", 1000)
    for name, values in statistic(weights_NR).items():
        np.testing.assert_array_equal(values, whole[name])


def test_a_weight_is_worth_as_many_copies_of_the_row() -> None:
    truth_NC, scores_NC, decided_NC = sample()
    (weights_NR,) = resample_weights(len(truth_NC), 20, seed=1)
    decided = decided_statistic(truth_NC, decided_NC)(weights_NR)
    ranked = ranking_statistic(truth_NC, scores_NC)(weights_NR)
    for r, weights_N in enumerate(weights_NR.T):
        rows = np.repeat(np.arange(len(truth_NC)), weights_N.astype(int))
        for average in ("macro", "micro", "weighted"):
            theirs = f1_score(truth_NC[rows], decided_NC[rows], average=average, zero_division=nan)
            assert decided[f"{average}_f1"][r] == pytest.approx(theirs, abs=1e-12)
        same_N = (truth_NC[rows] == decided_NC[rows]).all(axis=1)
        assert decided["accuracy"][r] == pytest.approx(same_N.mean())
        theirs_C = average_precision_score(truth_NC[rows], scores_NC[rows], average=None)
        np.testing.assert_allclose(ranked["ap"][:, r], theirs_C, rtol=0, atol=1e-12)
        assert ranked["macro_ap"][r] == pytest.approx(theirs_C.mean())


def test_unknown_truth_changes_nothing_for_the_known() -> None:
    truth_NC, scores_NC, decided_NC = sample()
    more_NC = np.concatenate([truth_NC, np.full((5, 3), nan)])
    ones_N1 = np.ones((len(more_NC), 1))
    padded = decided_statistic(more_NC, np.concatenate([decided_NC, decided_NC[:5]]))(ones_N1)
    plain = decided_statistic(truth_NC, decided_NC)(ones_N1[:-5])
    for name, values in plain.items():
        np.testing.assert_array_equal(padded[name], values)
    ap = ranking_statistic(more_NC, np.concatenate([scores_NC, scores_NC[:5]]))(ones_N1)
    np.testing.assert_array_equal(
        ap["ap"], ranking_statistic(truth_NC, scores_NC)(ones_N1[:-5])["ap"]
    )


def test_perfect_decisions_have_an_interval_of_no_width() -> None:
    truth_NC, _, _ = sample()
    (found,) = bootstrap(
        [decided_statistic(truth_NC, truth_NC == 1)], len(truth_NC), resamples=100, seed=0
    )
    assert found.interval("macro_f1", level=0.95) == Interval(1.0, 1.0, 1.0)
    assert found.intervals("recall", level=0.95) == [Interval(1.0, 1.0, 1.0)] * 3


def test_a_class_nobody_saw_has_no_interval() -> None:
    truth_NC, scores_NC, decided_NC = sample()
    truth_NC[:, 1], decided_NC[:, 1] = 0, False
    found, ranked = bootstrap(
        [decided_statistic(truth_NC, decided_NC), ranking_statistic(truth_NC, scores_NC)],
        len(truth_NC),
        resamples=50,
        seed=0,
    )
    assert found.intervals("f1", level=0.95)[1].to_dict() == dict.fromkeys(("value", "low", "high"))
    assert math.isnan(ranked.intervals("ap", level=0.95)[1].value)
    assert not math.isnan(ranked.interval("macro_ap", level=0.95).low)


def test_the_interval_of_a_share_has_the_width_that_the_binomial_gives() -> None:
    rows, share = 400, 0.3
    right_N = np.arange(rows) < share * rows
    truth_NC = np.eye(2)[np.zeros(rows, dtype=int)]
    decided_NC = np.eye(2)[(~right_N).astype(int)].astype(bool)
    (found,) = bootstrap([decided_statistic(truth_NC, decided_NC)], rows, resamples=4000, seed=0)
    accuracy = found.interval("accuracy", level=0.95)
    half = 1.96 * math.sqrt(share * (1 - share) / rows)
    assert accuracy.value == pytest.approx(share)
    assert accuracy.low == pytest.approx(share - half, abs=0.005)
    assert accuracy.high == pytest.approx(share + half, abs=0.005)


def test_a_system_less_itself_is_exactly_nothing() -> None:
    truth_NC, _, decided_NC = sample()
    found = paired_difference(truth_NC, decided_NC, decided_b_NC=decided_NC, resamples=50)
    assert found == Interval(0.0, 0.0, 0.0)


def test_pairing_narrows_the_difference_of_near_twins() -> None:
    truth_NC, _, decided_NC = sample(rows=300)
    twin_NC = decided_NC.copy()
    twin_NC[:3] = ~twin_NC[:3]
    paired = paired_difference(truth_NC, decided_NC, decided_b_NC=twin_NC, resamples=300)
    (alone,) = bootstrap([decided_statistic(truth_NC, decided_NC)], 300, resamples=300, seed=0)
    single = alone.interval("macro_f1", level=0.95)
    assert paired.high - paired.low < (single.high - single.low) / 2


def test_swapping_the_systems_turns_the_difference_round() -> None:
    truth_NC, scores_NC, decided_NC = sample()
    other_NC = scores_NC > 1.0
    there = paired_difference(truth_NC, decided_NC, decided_b_NC=other_NC, resamples=101)
    back = paired_difference(truth_NC, other_NC, decided_b_NC=decided_NC, resamples=101)
    assert (back.value, back.low, back.high) == pytest.approx(
        (-there.value, -there.high, -there.low)
    )
