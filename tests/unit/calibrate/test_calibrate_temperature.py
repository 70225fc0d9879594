import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.calibrate import CALIBRATORS, nll
from evenhand.calibrate.temperature import HIGHEST, LOWEST, Temperature
from evenhand.types import Logits, Probs, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS


def fit(scores, truth_NC, task=ML):
    return CALIBRATORS.build("temperature", scores, truth_NC, task, settings={})


def calibrated_multilabel():
    """Log-odds of 3 to 1 with 3 hits in 4, and 1 to 4 with 1 in 5: exactly calibrated."""
    z_NC = np.log(np.array([3.0] * 4 + [0.25] * 5))[:, None].repeat(2, axis=1)
    y_N = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0], dtype=np.float32)
    return z_NC, np.stack([y_N, y_N], axis=1)


def calibrated_multiclass():
    z_NC = np.log(np.array([[0.6, 0.2, 0.2]] * 5 + [[0.1, 0.8, 0.1]] * 10))
    winners = [0, 0, 0, 1, 2] + [0] + [1] * 8 + [2]
    return z_NC, np.eye(3, dtype=np.float32)[winners]


@pytest.mark.parametrize(
    ("task", "case"), [(ML, calibrated_multilabel()), (MC, calibrated_multiclass())]
)
@pytest.mark.parametrize("k", [0.1, 1.0, 3.0, 20.0])
def test_logits_times_k_give_temperature_k(task, case, k):
    z_NC, y_NC = case
    assert fit(Logits(z_NC * k), y_NC, task).temperature == pytest.approx(k, rel=1e-7)


@pytest.mark.parametrize(
    ("task", "case"), [(ML, calibrated_multilabel()), (MC, calibrated_multiclass())]
)
def test_probabilities_are_taken_back_to_logits(task, case):
    z_NC, y_NC = case
    probs = Logits(z_NC * 2).probs(task)
    fitted = fit(probs, y_NC, task)
    assert fitted.temperature == pytest.approx(2, rel=1e-7)
    np.testing.assert_allclose(
        fitted.apply(probs).values_NC, Logits(z_NC).probs(task).values_NC, rtol=1e-7
    )


@pytest.mark.parametrize("task", [ML, MC])
def test_no_other_temperature_has_a_lower_loss(task):
    rng = np.random.default_rng(3)
    z_NC = rng.normal(size=(300, 4)) * 3
    noise_NC = z_NC / 2 + rng.gumbel(size=z_NC.shape)
    y_NC = (noise_NC > 0) if task is ML else noise_NC == noise_NC.max(axis=1, keepdims=True)
    truth_NC = y_NC.astype(np.float32)
    best = fit(Logits(z_NC), truth_NC, task)
    loss = nll(best.apply(Logits(z_NC)), truth_NC, task)
    for t in np.geomspace(0.05, 40, 400):
        other = Temperature(temperature=float(t), task=task)
        assert loss <= nll(other.apply(Logits(z_NC)), truth_NC, task) + 1e-12


def test_unknown_cells_and_rows_change_nothing():
    z_NC, y_NC = calibrated_multilabel()
    more_z, more_y = np.vstack([z_NC, z_NC + 5]), np.vstack([y_NC, np.full_like(y_NC, np.nan)])
    assert fit(Logits(more_z), more_y).temperature == fit(Logits(z_NC), y_NC).temperature
    z_NC, y_NC = calibrated_multiclass()
    more_z, more_y = np.vstack([z_NC, z_NC[:, ::-1]]), np.vstack([y_NC, np.full_like(y_NC, np.nan)])
    assert fit(Logits(more_z), more_y, MC).temperature == fit(Logits(z_NC), y_NC, MC).temperature


@pytest.mark.parametrize("task", [ML, MC])
def test_limits(task):
    z_NC = np.array([[2.0, -2.0], [-1.0, 1.0]])
    right_NC = (z_NC > 0).astype(np.float32)
    unknown_NC = np.full_like(right_NC, np.nan)
    assert fit(Logits(z_NC), right_NC, task).temperature == pytest.approx(LOWEST)
    assert fit(Logits(z_NC), 1 - right_NC, task).temperature == pytest.approx(HIGHEST)
    assert fit(Logits(z_NC), unknown_NC, task).temperature == 1.0


SCORES = arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(2, 4)),
    elements=st.floats(-30, 30).map(lambda x: round(x, 3)),
)


@settings(deadline=None)
@given(SCORES, st.floats(LOWEST, HIGHEST))
def test_labels_at_one_half_and_winners_do_not_move(z_NC, t):
    before_NC = Logits(z_NC).probs(ML).values_NC
    after_NC = Temperature(temperature=t, task=ML).apply(Logits(z_NC)).values_NC
    np.testing.assert_array_equal(before_NC >= 0.5, after_NC >= 0.5)
    after_NC = Temperature(temperature=t, task=MC).apply(Logits(z_NC)).values_NC
    np.testing.assert_array_equal(z_NC.argmax(axis=1), after_NC.argmax(axis=1))


def test_certain_probabilities_stay_finite():
    probs = Probs(np.array([[0.0, 1.0], [1.0, 0.0]]))
    out_NC = Temperature(temperature=0.5, task=ML).apply(probs).values_NC
    np.testing.assert_allclose(out_NC, probs.values_NC, atol=1e-20 + 1e-12)
