import numpy as np
import pytest
from sklearn.metrics import log_loss

from evenhand.calibrate import CALIBRATORS, from_dict, nll
from evenhand.errors import ConfigError
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS


def sample(task, *, stretch, rows=1000):
    rng = np.random.default_rng(5)
    z_NC = rng.normal(size=(rows, 3)) * 2
    if task is ML:
        y_NC = z_NC + rng.logistic(size=z_NC.shape) > 0
    else:
        noisy_NC = z_NC + rng.gumbel(size=z_NC.shape)
        y_NC = noisy_NC == noisy_NC.max(axis=1, keepdims=True)
    return Logits(z_NC * stretch), y_NC.astype(np.float32)


@pytest.mark.parametrize("task", [ML, MC])
def test_none_leaves_probabilities_alone(task):
    probs = Probs(np.array([[0.25, 0.75]]))
    truth_NC = np.array([[0, 1]], dtype=np.float32)
    fitted = CALIBRATORS.build("none", probs, truth_NC, task, settings={})
    assert fitted.apply(probs) is probs


@pytest.mark.parametrize("task", [ML, MC])
def test_auto_takes_temperature_where_it_helps(task):
    scores, truth_NC = sample(task, stretch=3.0)
    fitted = CALIBRATORS.build("auto", scores, truth_NC, task, settings={})
    assert fitted.name == "temperature"
    assert fitted.temperature == pytest.approx(3, rel=0.15)


def test_auto_takes_none_on_a_tie():
    truth_NC = np.array([[0, 1], [1, 0]] * 10, dtype=np.float32)
    fitted = CALIBRATORS.build("auto", Logits(np.zeros((20, 2))), truth_NC, ML, settings={})
    assert fitted.name == "none"


@pytest.mark.parametrize("task", [ML, MC])
def test_auto_works_on_one_row(task):
    truth_NC = np.array([[0, 1]], dtype=np.float32)
    fitted = CALIBRATORS.build("auto", Logits(np.zeros((1, 2))), truth_NC, task, settings={})
    assert fitted.name == "none"


def test_nll_equals_scikit_learn():
    scores, truth_NC = sample(ML, stretch=1.0)
    probs = scores.probs(ML)
    expected = log_loss(truth_NC.ravel().astype(int), probs.values_NC.ravel())
    assert nll(probs, truth_NC, ML) == pytest.approx(expected, rel=1e-12)
    scores, truth_NC = sample(MC, stretch=1.0)
    probs = scores.probs(MC)
    expected = log_loss(truth_NC.argmax(axis=1), probs.values_NC)
    assert nll(probs, truth_NC, MC) == pytest.approx(expected, rel=1e-12)


def test_nll_by_hand():
    probs = Probs(np.array([[0.5, 0.25], [1.0, 0.9]]))
    truth_NC = np.array([[1, 0], [1, np.nan]], dtype=np.float32)
    expected = -(np.log(0.5) + np.log(0.75)) / 3
    assert nll(probs, truth_NC, ML) == pytest.approx(expected)
    assert nll(probs, np.full_like(truth_NC, np.nan), ML) == 0.0
    assert nll(probs, np.full_like(truth_NC, np.nan), MC) == 0.0


def test_a_stored_calibrator_is_checked():
    with pytest.raises(ConfigError, match=r"\[E101\] there is no stored calibrator"):
        from_dict({"name": "temprature", "task": "multilabel"})
    with pytest.raises(ConfigError, match=r"\[E102\].*\n  got: .*temperature = -1"):
        from_dict({"name": "temperature", "task": "multilabel", "temperature": -1})
    with pytest.raises(ConfigError, match=r"\[E102\].*\n  got: .*temperature = None"):
        from_dict({"name": "temperature", "task": "multilabel", "temperature": None})
