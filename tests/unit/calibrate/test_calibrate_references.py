"""Fitted values against independent libraries, brute force and limiting cases."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_softmax
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from evenhand.calibrate import CALIBRATORS, from_dict, nll
from evenhand.calibrate.newton import logistic, minimise, softmax
from evenhand.calibrate.perlabel import log_odds
from evenhand.calibrate.platt import Platt, smoothed
from evenhand.decide.f1 import macro_f1
from evenhand.errors import ConfigError
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
SIX = ("temperature", "per-class-temperature", "platt", "vector", "beta", "isotonic")


def fit(name, scores, truth_NC, task=ML, **settings):
    return CALIBRATORS.build(name, scores, truth_NC, task, settings=settings)


def multilabel(rows=600):
    rng = np.random.default_rng(7)
    z_NC = rng.normal(size=(rows, 2)) * 2
    y_NC = 0.4 * z_NC + [0.5, -1.0] + rng.logistic(size=z_NC.shape) > 0
    return z_NC, y_NC.astype(np.float32)


def multiclass(rows=600):
    rng = np.random.default_rng(8)
    z_NC = rng.normal(size=(rows, 3)) * 2
    noisy_NC = z_NC * [0.3, 0.8, 0.5] + [0.4, 0.0, -0.5] + rng.gumbel(size=z_NC.shape)
    return z_NC, np.eye(3, dtype=np.float32)[noisy_NC.argmax(axis=1)]


def test_vector_is_logistic_regression_on_logits():
    z_NC, y_NC = multilabel()
    fitted = fit("vector", Logits(z_NC), y_NC)
    for c in range(2):
        other = LogisticRegression(C=1e12, tol=1e-12, max_iter=1000).fit(z_NC[:, [c]], y_NC[:, c])
        assert fitted.slopes[c] == pytest.approx(other.coef_[0, 0], abs=1e-5)
        assert fitted.biases[c] == pytest.approx(other.intercept_[0], abs=1e-5)


def test_platt_is_that_of_scikit_learn():
    z_NC, y_NC = multilabel()
    p_NC = fit("platt", Logits(z_NC), y_NC).apply(Logits(z_NC)).values_NC
    for c in range(2):
        other = _SigmoidCalibration().fit(z_NC[:, c], y_NC[:, c])
        np.testing.assert_allclose(p_NC[:, c], other.predict(z_NC[:, c]), atol=1e-4)


def test_platt_is_logistic_regression_on_smoothed_targets():
    z_NC, y_NC = multilabel()
    fitted = fit("platt", Logits(z_NC), y_NC)
    target_N = smoothed(y_NC[:, 0])
    twice, weights = np.tile(z_NC[:, :1], (2, 1)), np.concatenate([target_N, 1 - target_N])
    other = LogisticRegression(C=1e12, tol=1e-12, max_iter=1000).fit(
        twice, np.repeat([1, 0], len(z_NC)), sample_weight=weights
    )
    assert fitted.slopes[0] == pytest.approx(other.coef_[0, 0], abs=1e-5)
    assert fitted.biases[0] == pytest.approx(other.intercept_[0], abs=1e-5)


def test_platts_targets_by_hand():
    np.testing.assert_allclose(smoothed(np.array([1.0, 1, 1, 0])), [0.8, 0.8, 0.8, 1 / 3])


def test_beta_is_logistic_regression_on_both_logarithms():
    z_NC, y_NC = multilabel()
    probs = Logits(z_NC).probs(ML)
    fitted = fit("beta", probs, y_NC)
    for c in range(2):
        p_N = probs.values_NC[:, c]
        features = np.stack([np.log(p_N), -np.log1p(-p_N)], axis=1)
        other = LogisticRegression(C=1e12, tol=1e-14, max_iter=5000).fit(features, y_NC[:, c])
        found = [fitted.a[c], fitted.b[c], fitted.c[c]]
        np.testing.assert_allclose(found, [*other.coef_[0], other.intercept_[0]], atol=2e-3)


def test_beta_keeps_its_weights_above_zero_where_the_minimum_does_not():
    rng = np.random.default_rng(1)
    p_NC = rng.random((2000, 1)) * 0.98 + 0.01
    y_NC = (rng.random((2000, 1)) < np.clip(1.6 * p_NC * (1.2 - p_NC), 0, 1)).astype(np.float32)
    fitted = fit("beta", Probs(p_NC), y_NC)
    features = np.stack([np.log(p_NC[:, 0]), -np.log1p(-p_NC[:, 0]), np.ones(2000)], axis=1)
    loss = logistic(features, y_NC[:, 0].astype(float))
    other = minimize(
        lambda x: loss(x)[:2],
        [1.0, 1.0, 0.0],
        jac=True,
        bounds=[(1e-3, 50), (1e-3, 50), (-100, 100)],
        method="L-BFGS-B",
        options={"ftol": 1e-15, "gtol": 1e-10},
    )
    found = np.array([fitted.a[0], fitted.b[0], fitted.c[0]])
    assert found[:2].min() == pytest.approx(1e-3)
    assert loss(found)[0] <= other.fun + 1e-10


def test_isotonic_is_that_of_scikit_learn():
    z_NC, y_NC = multilabel()
    fresh_NC = np.random.default_rng(9).normal(size=(300, 2)) * 3
    p_NC = fit("isotonic", Logits(z_NC), y_NC).apply(Logits(fresh_NC)).values_NC
    edge = 1 / (len(z_NC) + 2)
    for c in range(2):
        other = IsotonicRegression(out_of_bounds="clip").fit(z_NC[:, c], y_NC[:, c])
        expected = np.clip(other.predict(fresh_NC[:, c]), edge, 1 - edge)
        np.testing.assert_allclose(p_NC[:, c], expected, atol=2 * edge)
        np.testing.assert_allclose(
            p_NC[:, c],
            IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
            .fit(z_NC[:, c], y_NC[:, c])
            .predict(fresh_NC[:, c]),
        )


@pytest.mark.parametrize("with_bias", [True, False])
def test_softmax_scaling_is_the_minimum(with_bias):
    z_NC, y_NC = multiclass()
    name = "vector" if with_bias else "per-class-temperature"
    fitted = fit(name, Logits(z_NC), y_NC, MC)
    log_NC = log_softmax(z_NC, axis=1)

    def loss(x):
        biases_C = np.append(x[3:], 0.0) if with_bias else 0.0
        return -(y_NC * log_softmax(log_NC * x[:3] + biases_C, axis=1)).sum() / len(y_NC)

    other = minimize(loss, np.ones(5 if with_bias else 3), method="BFGS", options={"gtol": 1e-8})
    assert nll(fitted.apply(Logits(z_NC)), y_NC, MC) <= other.fun + 1e-9
    slopes = fitted.slopes if with_bias else 1 / np.array(fitted.temperatures)
    np.testing.assert_allclose(slopes, other.x[:3], atol=1e-3)


def test_the_same_scores_said_otherwise_are_calibrated_the_same():
    z_NC, y_NC = multiclass()
    moved = Logits(z_NC + np.arange(len(z_NC))[:, None] % 7)
    probs = Logits(z_NC).probs(MC)
    for name in SIX:
        plain_NC, *others = (
            fit(name, s, y_NC, MC).apply(s).values_NC for s in (Logits(z_NC), moved, probs)
        )
        for other_NC in others:
            np.testing.assert_allclose(plain_NC, other_NC, atol=1e-6)


@pytest.mark.parametrize("name", ["vector", "platt", "beta"])
def test_no_neighbour_of_a_fit_has_a_lower_loss(name):
    z_NC, y_NC = multilabel()
    fitted = fit(name, Logits(z_NC), y_NC)
    keys = ("a", "b", "c") if name == "beta" else ("slopes", "biases")
    target_N = smoothed(y_NC[:, 0]) if name == "platt" else y_NC[:, 0].astype(float)

    def loss(values):
        columns = {k: (v, *getattr(fitted, k)[1:]) for k, v in zip(keys, values, strict=True)}
        p_N = type(fitted)(**columns, task=ML).apply(Logits(z_NC)).values_NC[:, 0]
        return -(target_N * np.log(p_N) + (1 - target_N) * np.log1p(-p_N)).mean()

    best = [getattr(fitted, key)[0] for key in keys]
    for moves in np.random.default_rng(0).normal(size=(200, len(keys))) * 0.1:
        assert loss(best) <= loss([*np.abs(best[:-1] + moves[:-1]), best[-1] + moves[-1]])


@pytest.mark.parametrize("name", SIX)
def test_a_label_with_few_positives_shares_one_temperature(name):
    z_NC, y_NC = multilabel()
    y_NC[:, 1] = 0
    y_NC[:19, 1] = 1
    rare_NC = fit(name, Logits(z_NC), y_NC, ML).apply(Logits(z_NC)).values_NC
    shared_NC = fit("temperature", Logits(z_NC), y_NC).apply(Logits(z_NC)).values_NC
    np.testing.assert_allclose(rare_NC[:, 1], shared_NC[:, 1])
    if name != "temperature":
        assert not np.allclose(rare_NC[:, 0], shared_NC[:, 0], atol=1e-3)
        own_NC = fit(name, Logits(z_NC), y_NC, min_positives=19).apply(Logits(z_NC)).values_NC
        assert not np.allclose(own_NC[:, 1], shared_NC[:, 1], atol=1e-3)


@pytest.mark.parametrize("task", [ML, MC])
@pytest.mark.parametrize("k", [0.3, 1.0, 4.0])
def test_f1_at_one_half_does_not_move_under_temperature(task, k):
    z_NC, y_NC = multilabel() if task is ML else multiclass()
    scores = Logits(z_NC * k)
    fitted = fit("temperature", scores, y_NC, task)
    assert abs(fitted.temperature - 1) > 0.01
    plain_NC, warm_NC = scores.probs(task).values_NC, fitted.apply(scores).values_NC
    if task is ML:
        before_NC, after_NC = plain_NC >= 0.5, warm_NC >= 0.5
    else:
        before_NC, after_NC = (p == p.max(axis=1, keepdims=True) for p in (plain_NC, warm_NC))
    np.testing.assert_array_equal(before_NC, after_NC)
    assert macro_f1(y_NC, before_NC) == macro_f1(y_NC, after_NC)


def test_log_odds_of_a_class_that_is_certain_are_exact():
    z_NC = np.array([[100.0, 0.0, 0.0], [3.0, 1.0, 1.0]])
    expected = [[100 - np.log(2), -100.0, -100.0], [3 - np.log(2 * np.e), None, None]]
    found_NC = log_odds(Logits(z_NC), MC)
    np.testing.assert_allclose(found_NC[0], expected[0])
    assert found_NC[1, 0] == pytest.approx(expected[1][0])
    np.testing.assert_array_equal(log_odds(Logits(z_NC), ML), z_NC)


def test_auto_takes_what_a_shift_needs():
    rng = np.random.default_rng(3)
    z_NC = rng.normal(size=(1500, 2)) * 2
    y_NC = (z_NC + rng.logistic(size=z_NC.shape) > 0).astype(np.float32)
    assert fit("auto", Logits(z_NC + 2), y_NC).name in ("platt", "vector")
    assert fit("auto", Logits(z_NC), y_NC).name == "none"
    assert fit("auto", Logits(z_NC * [1.0, 4.0]), y_NC).name == "per-class-temperature"


def test_newton_stops_at_the_bounds():
    def bowl(x_K):
        return float(((x_K - [3.0, -2.0]) ** 2).sum()), 2 * (x_K - [3.0, -2.0]), 2 * np.eye(2)

    low_K, high_K = np.array([0.0, -1.0]), np.array([2.0, 5.0])
    np.testing.assert_array_equal(
        minimise(bowl, np.array([1.0, 1.0]), low_K=low_K, high_K=high_K), [2.0, -1.0]
    )


def test_derivatives_are_those_of_the_values():
    rng = np.random.default_rng(6)
    y_NC = np.eye(3)[rng.integers(0, 3, size=20)]
    losses = [
        (logistic(rng.normal(size=(20, 3)), rng.random(20)), rng.normal(size=3)),
        (softmax(rng.normal(size=(20, 3)), y_NC), rng.normal(size=6)),
    ]
    for loss, x_K in losses:
        _, slope_K, curve_KK = loss(x_K)
        for k in range(len(x_K)):
            step_K = np.eye(len(x_K))[k] * 1e-5
            up, down = loss(x_K + step_K), loss(x_K - step_K)
            assert slope_K[k] == pytest.approx((up[0] - down[0]) / 2e-5, abs=1e-6)
            np.testing.assert_allclose(curve_KK[k], (up[1] - down[1]) / 2e-5, atol=1e-6)


@pytest.mark.parametrize(
    "stored",
    [
        {"name": "platt", "slopes": [1.0], "biases": []},
        {"name": "vector", "slopes": [1.0], "biases": [0.0, 0.0]},
        {"name": "beta", "a": [1.0], "b": [1.0], "c": []},
        {"name": "isotonic", "slope": 1.0, "knots": [[0.0]], "values": [[]]},
        {"name": "platt", "slopes": [-1.0], "biases": [0.0]},
        {"name": "isotonic", "slope": 1.0, "knots": [[0.0]], "values": [[2.0]]},
    ],
)
def test_stored_values_that_cannot_be_are_refused(stored):
    with pytest.raises(ConfigError, match=r"\[E102\]"):
        from_dict({**stored, "task": "multilabel"})


def test_expit_of_platt_by_hand():
    fitted = Platt(slopes=(2.0,), biases=(-1.0,), task=ML)
    np.testing.assert_allclose(fitted.apply(Logits(np.array([[3.0]]))).values_NC, expit(5.0))
