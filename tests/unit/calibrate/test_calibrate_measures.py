import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from evenhand.calibrate.measures import (
    brier,
    calibration_error,
    calibration_measures,
    classwise_error,
    reliability_curve,
)
from evenhand.calibrate.prior import estimate_shares, shift_shares
from evenhand.errors import DataError
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS


def forecasts(seed, rows):
    rng = np.random.default_rng(seed)
    p_K = rng.random(rows)
    return p_K, (rng.random(rows) < p_K**2).astype(float)


@pytest.mark.parametrize(("adaptive", "strategy"), [(False, "uniform"), (True, "quantile")])
def test_the_curve_is_that_of_scikit_learn(adaptive, strategy):
    p_K, y_K = forecasts(0, 500)
    curve = reliability_curve(p_K, y_K, bins=10, adaptive=adaptive)
    observed, forecast = calibration_curve(y_K, p_K, n_bins=10, strategy=strategy)
    np.testing.assert_allclose(curve.forecast_B, forecast)
    np.testing.assert_allclose(curve.observed_B, observed)
    assert curve.count_B.sum() == 500


def test_errors_by_hand():
    # Bins 0.2-0.4 and 0.8-1: gaps |0.3 - 1/2| and |0.9 - 1/2|, two forecasts each.
    probs = Probs(np.array([[0.3], [0.3], [0.9], [0.9]]))
    truth_NC = np.array([[0], [1], [1], [0]], dtype=np.float32)
    assert calibration_error(probs, truth_NC, ML, bins=5) == pytest.approx(0.3)
    assert calibration_error(probs, truth_NC, ML, bins=2, adaptive=True) == pytest.approx(0.3)
    np.testing.assert_allclose(classwise_error(probs, truth_NC, bins=5), [0.3])


def test_multiclass_judges_the_likeliest_class():
    probs = Probs(np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1]]))
    truth_NC = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
    # Forecasts 0.7 (right) and 0.6 (wrong), in bins of their own.
    assert calibration_error(probs, truth_NC, MC, bins=10) == pytest.approx((0.3 + 0.6) / 2)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 200), st.integers(1, 20))
def test_the_parts_of_the_brier_score_add_up(seed, rows, bins):
    p_K, y_K = forecasts(seed, rows)
    parts = brier(p_K, y_K, bins=bins)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert total == pytest.approx(parts.score, abs=1e-12)
    assert parts.score == pytest.approx(((p_K - y_K) ** 2).mean())


def test_one_forecast_a_bin_leaves_nothing_within():
    p_K = np.repeat([0.1, 0.5, 0.9], 20)
    y_K = np.concatenate([np.repeat([1.0, 0], [n, 20 - n]) for n in (2, 10, 18)])
    parts = brier(p_K, y_K, bins=10)
    assert (parts.within, parts.reliability) == pytest.approx((0, 0), abs=1e-12)
    assert parts.resolution == pytest.approx(0.16 * 2 / 3)
    assert parts.uncertainty == pytest.approx(0.25)
    assert parts.score == pytest.approx(brier_score_loss(y_K, p_K))


@pytest.mark.parametrize("task", [ML, MC])
def test_all_measures_are_plain_values(task):
    rng = np.random.default_rng(2)
    truth_NC = np.eye(3, dtype=np.float32)[rng.integers(0, 3, size=50)]
    truth_NC[:5] = np.nan
    measures = calibration_measures(Logits(rng.normal(size=(50, 3))).probs(task), truth_NC, task)
    assert json.loads(json.dumps(measures, allow_nan=False)) == measures
    assert len(measures["per_label"]) == 3
    assert sum(measures["curve"]["count"]) == (135 if task is ML else 45)


def test_nothing_known_is_none():
    unknown_NC = np.full((4, 2), np.nan, dtype=np.float32)
    measures = calibration_measures(Probs(np.full((4, 2), 0.5)), unknown_NC, ML)
    assert {measures[key] for key in ("nll", "ece", "adaptive_ece", "classwise_ece")} == {None}
    assert set(measures["brier"].values()) == {None}


@pytest.mark.parametrize("task", [ML, MC])
def test_equal_shares_change_nothing(task):
    probs = Logits(np.random.default_rng(0).normal(size=(20, 3))).probs(task)
    share_C = np.array([0.5, 0.3, 0.2])
    np.testing.assert_allclose(
        shift_shares(probs, share_C, share_C, task).values_NC, probs.values_NC
    )


def test_shares_by_hand():
    probs = Probs(np.array([[0.5, 0.5]]))
    old_C, new_C = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    np.testing.assert_allclose(shift_shares(probs, old_C, new_C, MC).values_NC, [[0.8, 0.2]])
    np.testing.assert_allclose(shift_shares(probs, old_C, new_C, ML).values_NC, [[0.8, 0.2]])
    # Odds 1 times (0.1 / 0.2) / (0.9 / 0.8): 4 / 9.
    moved = shift_shares(Probs(np.array([[0.5]])), np.array([0.2]), np.array([0.1]), ML)
    np.testing.assert_allclose(moved.values_NC, [[4 / 13]])


def test_a_label_that_never_occurs_gets_no_probability():
    probs = Probs(np.array([[0.5, 0.5], [0.0, 1.0]]))
    moved = shift_shares(probs, np.array([0.5, 0.5]), np.array([1.0, 0.0]), MC).values_NC
    np.testing.assert_allclose(moved, [[1, 0], [0, 1]])


@pytest.mark.parametrize("task", [ML, MC])
def test_new_shares_are_found_without_truth(task):
    rng = np.random.default_rng(5)
    old, new = np.array([0.5, 0.5]), np.array([0.85, 0.15])
    first_N = rng.random(20_000) < new[0]
    x_N = rng.normal(np.where(first_N, 1.0, -1.0))
    p_N = 1 / (1 + np.exp(-2 * x_N))  # the exact posterior at equal shares
    probs = Probs(np.stack([p_N, 1 - p_N], axis=1))
    np.testing.assert_allclose(estimate_shares(probs, old, task), new, atol=0.015)


@pytest.mark.parametrize(
    ("old", "new", "task"),
    [
        ([0.5, 0.5], [0.5, 0.6], MC),
        ([0.0, 1.0], [0.5, 0.5], MC),
        ([0.5, 0.5], [1.2, -0.2], ML),
        ([0.5, np.nan], [0.5, 0.5], ML),
    ],
)
def test_shares_that_cannot_be_are_refused(old, new, task):
    with pytest.raises(DataError, match=r"\[E210\] shares of labels"):
        shift_shares(Probs(np.full((1, 2), 0.5)), np.array(old), np.array(new), task)
