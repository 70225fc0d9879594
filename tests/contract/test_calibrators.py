"""Every registered calibrator keeps the contract; a new one is picked up by its name."""

import json

import numpy as np
import pytest

from evenhand.calibrate import CALIBRATORS, from_dict, nll
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
ROWS = 300


def sample(task, kind, seed=0):
    """Over-confident scores of three labels, the last one rare."""
    rng = np.random.default_rng(seed)
    z_NC = rng.normal(size=(ROWS, 3)) * 2 + np.log([0.5, 0.4, 0.06])
    if task is ML:
        y_NC = z_NC + rng.logistic(size=z_NC.shape) > 0
    else:
        noisy_NC = z_NC + rng.gumbel(size=z_NC.shape)
        y_NC = noisy_NC == noisy_NC.max(axis=1, keepdims=True)
    scores = Logits(z_NC * 2.5)
    return (scores if kind is Logits else scores.probs(task)), y_NC.astype(np.float32)


@pytest.fixture(params=[ML, MC])
def task(request):
    return request.param


@pytest.fixture(params=[Logits, Probs])
def kind(request):
    return request.param


@pytest.fixture(params=CALIBRATORS.names())
def name(request):
    return request.param


def fit(name, scores, truth_NC, task):
    return CALIBRATORS.build(name, scores, truth_NC, task, settings={})


def test_it_gives_probabilities(name, task, kind):
    scores, truth_NC = sample(task, kind)
    p_NC = fit(name, scores, truth_NC, task).apply(scores).values_NC
    assert p_NC.shape == scores.values_NC.shape
    assert ((p_NC >= 0) & (p_NC <= 1)).all()
    if task is MC:
        np.testing.assert_allclose(p_NC.sum(axis=1), 1)


def test_it_survives_json(name, task, kind):
    scores, truth_NC = sample(task, kind)
    fitted = fit(name, scores, truth_NC, task)
    again = from_dict(json.loads(json.dumps(fitted.to_dict(), allow_nan=False)))
    assert again == fitted
    np.testing.assert_array_equal(again.apply(scores).values_NC, fitted.apply(scores).values_NC)


def test_it_does_no_harm_on_its_own_rows(name, task, kind):
    scores, truth_NC = sample(task, kind)
    plain = scores if kind is Probs else scores.probs(task)
    calibrated = fit(name, scores, truth_NC, task).apply(scores)
    assert nll(calibrated, truth_NC, task) <= nll(plain, truth_NC, task) + 1e-9


def test_it_keeps_the_order_of_the_rows(name, kind):
    scores, truth_NC = sample(ML, kind)
    p_NC = fit(name, scores, truth_NC, ML).apply(scores).values_NC
    for before_N, after_N in zip(scores.values_NC.T, p_NC.T, strict=True):
        assert (np.diff(after_N[np.argsort(before_N)]) >= 0).all()


def test_it_keeps_the_order_even_of_scores_that_point_the_wrong_way(name, kind):
    scores, truth_NC = sample(ML, kind)
    p_NC = fit(name, scores, 1 - truth_NC, ML).apply(scores).values_NC
    for before_N, after_N in zip(scores.values_NC.T, p_NC.T, strict=True):
        assert (np.diff(after_N[np.argsort(before_N)]) >= -1e-15).all()


@pytest.mark.parametrize("name", [name for name in CALIBRATORS.names() if name != "auto"])
def test_unknown_rows_change_nothing(name, task, kind):
    scores, truth_NC = sample(task, kind)
    more = kind(np.vstack([scores.values_NC, scores.values_NC[::-1]]))
    unknown_NC = np.vstack([truth_NC, np.full_like(truth_NC, np.nan)])
    one, other = (fit(name, s, t, task) for s, t in ((scores, truth_NC), (more, unknown_NC)))
    np.testing.assert_allclose(
        one.apply(scores).values_NC, other.apply(scores).values_NC, rtol=1e-9, atol=1e-15
    )


def test_the_order_of_the_labels_does_not_matter(name, task, kind):
    scores, truth_NC = sample(task, kind)
    turned = kind(np.ascontiguousarray(scores.values_NC[:, ::-1]))
    turned_truth_NC = np.ascontiguousarray(truth_NC[:, ::-1])
    one = fit(name, scores, truth_NC, task).apply(scores).values_NC
    other = fit(name, turned, turned_truth_NC, task).apply(turned).values_NC
    np.testing.assert_allclose(one, other[:, ::-1], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_handful_of_rows_is_enough(name, task, kind, rows):
    scores, truth_NC = sample(task, kind)
    few = kind(scores.values_NC[:rows])
    p_NC = fit(name, few, truth_NC[:rows], task).apply(few).values_NC
    assert np.isfinite(p_NC).all()


def test_nothing_known_leaves_probabilities_alone(name, task, kind):
    scores, truth_NC = sample(task, kind)
    fitted = fit(name, scores, np.full_like(truth_NC, np.nan), task)
    plain_NC = scores.values_NC if kind is Probs else scores.probs(task).values_NC
    np.testing.assert_allclose(fitted.apply(scores).values_NC, plain_NC, rtol=1e-6, atol=1e-9)


def test_separable_labels_stay_finite(name, task):
    winner_N = np.arange(ROWS) % 3
    truth_NC = np.eye(3, dtype=np.float32)[winner_N]
    scores = Logits(np.where(truth_NC == 1, 30.0, -30.0))
    p_NC = fit(name, scores, truth_NC, task).apply(scores).values_NC
    assert (p_NC[truth_NC == 1] > 0.95).all()


def test_saturated_probabilities_stay_finite(name, task):
    winner_N = np.arange(ROWS) % 3
    truth_NC = np.eye(3, dtype=np.float32)[winner_N]
    p_NC = fit(name, Probs(truth_NC.astype(float)), truth_NC[::-1].copy(), task)
    assert np.isfinite(p_NC.apply(Probs(truth_NC.astype(float))).values_NC).all()
