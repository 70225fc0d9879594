"""Where there is little to go by: equal scores, labels of one kind, empty bins, nothing known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.calibrate import CALIBRATORS
from evenhand.calibrate.measures import (
    brier,
    calibration_error,
    calibration_figures,
    calibration_measures,
    classwise_error,
    reliability_curve,
)
from evenhand.calibrate.platt import smoothed
from evenhand.calibrate.prior import estimate_shares, shift_shares
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
SIX = ("temperature", "per-class-temperature", "platt", "vector", "beta", "isotonic")


def fit(name, scores, truth_NC, task=ML):
    return CALIBRATORS.build(name, scores, truth_NC, task, settings={})


def by_loop(p_K, y_K, bins):
    """Calibration error and the parts of the Brier score, one bin at a time."""
    share, whole, error = y_K.mean(), len(p_K), 0.0
    reliability = resolution = within = 0.0
    for b in range(bins):
        here = np.minimum(np.floor(p_K * bins), bins - 1) == b
        if not here.any():
            continue
        weight, forecast, observed = here.sum() / whole, p_K[here].mean(), y_K[here].mean()
        error += weight * abs(forecast - observed)
        reliability += weight * (forecast - observed) ** 2
        resolution += weight * (observed - share) ** 2
        spread, joint = p_K[here].var(), np.mean((p_K[here] - forecast) * (y_K[here] - observed))
        within += weight * (spread - 2 * joint)
    return error, reliability, resolution, share * (1 - share), within


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 60), st.integers(1, 25), st.sampled_from([4, 10, 0]))
def test_errors_and_parts_equal_a_plain_loop(seed, rows, bins, steps):
    rng = np.random.default_rng(seed)
    p_K = rng.integers(0, steps + 1, size=rows) / steps if steps else rng.random(rows)
    y_K = (rng.random(rows) < p_K).astype(float)
    parts = brier(p_K, y_K, bins=bins)
    found = (
        reliability_curve(p_K, y_K, bins=bins).error,
        *(parts.reliability, parts.resolution, parts.uncertainty, parts.within),
    )
    np.testing.assert_allclose(found, by_loop(p_K, y_K, bins), atol=1e-12)


def test_empty_bins_count_for_nothing():
    p_K, y_K = np.array([0.05, 0.05, 0.95, 0.95]), np.array([0.0, 0.0, 1.0, 0.0])
    few, many = (reliability_curve(p_K, y_K, bins=bins) for bins in (2, 1000))
    np.testing.assert_array_equal(few.count_B, [2, 2])
    np.testing.assert_array_equal(many.count_B, few.count_B)
    assert many.error == pytest.approx(few.error) == pytest.approx((0.05 + 0.45) / 2)


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_equal_forecasts_share_one_bin(p, adaptive):
    p_K, y_K = np.full(10, p), np.repeat([1.0, 0.0], [4, 6])
    curve = reliability_curve(p_K, y_K, adaptive=adaptive)
    assert curve.count_B.tolist() == [10]
    assert curve.error == pytest.approx(abs(p - 0.4))
    parts = brier(p_K, y_K)
    assert (parts.resolution, parts.within) == pytest.approx((0, 0), abs=1e-12)
    assert parts.reliability == pytest.approx((p - 0.4) ** 2)


def test_adaptive_bins_hold_equal_counts():
    p_K = np.random.default_rng(0).random(900) ** 4
    curve = reliability_curve(p_K, np.zeros(900), bins=15, adaptive=True)
    assert curve.count_B.tolist() == [60] * 15
    assert curve.error == pytest.approx(p_K.mean())


def test_one_number_for_all_labels_hides_what_classwise_shows():
    # The rare label is forecast at 0 and occurs in every tenth row; the other is honest.
    truth_NC = np.zeros((1000, 2), dtype=np.float32)
    truth_NC[:100, 1] = truth_NC[:500, 0] = 1
    probs = Probs(np.tile([0.5, 0.0], (1000, 1)))
    assert calibration_error(probs, truth_NC, ML) == pytest.approx(0.05)
    np.testing.assert_allclose(classwise_error(probs, truth_NC), [0.0, 0.1], atol=1e-12)


@pytest.mark.parametrize("task", [ML, MC])
def test_the_single_figures_are_those_of_all_measures(task):
    rng = np.random.default_rng(2)
    truth_NC = np.eye(3, dtype=np.float32)[rng.integers(0, 3, size=80)]
    truth_NC[:5] = np.nan
    probs = Logits(rng.normal(size=(80, 3))).probs(task)
    whole, single = (f(probs, truth_NC, task) for f in (calibration_measures, calibration_figures))
    assert single == {**{name: whole[name] for name in single}, "brier": whole["brier"]["score"]}
    unknown_NC = np.full_like(truth_NC, np.nan)
    assert set(calibration_figures(probs, unknown_NC, task).values()) == {None}


@pytest.mark.parametrize("name", SIX)
@pytest.mark.parametrize("task", [ML, MC])
def test_equal_scores_give_the_share_or_nothing_new(name, task):
    truth_NC = np.eye(2, dtype=np.float32)[np.repeat([0, 1], [70, 30])]
    scores = Logits(np.zeros((100, 2)))
    p_NC = fit(name, scores, truth_NC, task).apply(scores).values_NC
    np.testing.assert_array_equal(p_NC, np.repeat(p_NC[:1], 100, axis=0))
    if name == "temperature" or (name, task) == ("per-class-temperature", ML):
        expected_C = np.array([0.5, 0.5])
    elif name == "platt":
        expected_C = np.array([smoothed(column_N).mean() for column_N in truth_NC.T.astype(float)])
    else:
        expected_C = np.array([0.7, 0.3])
    if task is MC:
        expected_C = expected_C / expected_C.sum()
    np.testing.assert_allclose(p_NC[0], expected_C, atol=1e-6)


@pytest.mark.parametrize("name", [*SIX, "auto"])
@pytest.mark.parametrize("truth", [0.0, 1.0, np.nan])
def test_a_label_of_one_kind_leaves_probabilities_that_can_be(name, truth):
    rng = np.random.default_rng(4)
    z_NC = rng.normal(size=(200, 2))
    truth_NC = np.full((200, 2), truth, dtype=np.float32)
    alone_NC = fit(name, Logits(z_NC), truth_NC).apply(Logits(z_NC)).values_NC
    truth_NC[:, 0] = z_NC[:, 0] + rng.logistic(size=200) > 0
    beside_NC = fit(name, Logits(z_NC), truth_NC).apply(Logits(z_NC)).values_NC
    for p_NC in (alone_NC, beside_NC):
        assert ((p_NC > 0) & (p_NC < 1)).all()
        order_N = np.argsort(z_NC[:, 1])
        assert (np.diff(p_NC[order_N, 1]) >= 0).all()


def test_shifted_shares_are_those_of_bayes():
    # How likely one row is under each class, whatever the shares of the classes.
    density_C = np.array([0.7, 0.2, 0.4])

    def posterior(share_C):
        joint_C = density_C * share_C
        return joint_C / joint_C.sum()

    old_C, new_C = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.1, 0.8])
    moved = shift_shares(Probs(posterior(old_C)[None]), old_C, new_C, MC)
    np.testing.assert_allclose(moved.values_NC[0], posterior(new_C))
    against = np.array([0.7, 0.2])  # of rows with the label, and of rows without it
    before, after = (against[0] * s / (against[0] * s + against[1] * (1 - s)) for s in (0.2, 0.05))
    single = shift_shares(Probs(np.array([[before]])), np.array([0.2]), np.array([0.05]), ML)
    np.testing.assert_allclose(single.values_NC, [[after]])


@pytest.mark.parametrize("task", [ML, MC])
def test_the_likeliest_shares_cannot_be_bettered(task):
    rng = np.random.default_rng(6)
    probs = Logits(rng.normal(size=(300, 2)) * 2).probs(task)
    old_C = np.array([0.6, 0.4])
    found_C = estimate_shares(probs, old_C, task)

    def log_likelihood(share_C):
        p_NC = probs.values_NC
        with_NC = p_NC * share_C / old_C
        if task is MC:
            return np.log(with_NC.sum(axis=1)).sum()
        return np.log(with_NC + (1 - p_NC) * (1 - share_C) / (1 - old_C)).sum(axis=0)

    for move in (-0.01, 0.01):
        other_C = found_C + np.array([move, -move])
        assert (log_likelihood(other_C) <= log_likelihood(found_C) + 1e-9).all()
