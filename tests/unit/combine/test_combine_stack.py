"""Stacking beside scikit-learn's logistic regression."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from evenhand.calibrate.calibrator import nll
from evenhand.combine import COMBINATIONS, from_dict
from evenhand.combine.stack import STRENGTHS, fit_stack, member_logits
from evenhand.decide.folds import stratified_folds
from evenhand.errors import ConfigError
from evenhand.types import Probs, Task
from voices_by_hand import drawn, one_label, rows, voices


def reference(features, target, strength):
    model = LogisticRegression(C=1 / strength, tol=1e-10, max_iter=10_000)
    return model.fit(features, target)


def test_logits_by_hand():
    found = member_logits(voices([[[0.8, 0.5]]]))
    np.testing.assert_allclose(found, [[[np.log(4), 0]]])
    found = member_logits(voices([[[0.5, 0.25, 0.25]]], Task.MULTICLASS))
    np.testing.assert_allclose(found, np.array([[[2, -1, -1]]]) * np.log(2) / 3)


@pytest.mark.parametrize("strength", [10.0, 1.0, 0.01])
def test_each_label_is_scikit_learns_regression_on_the_members_logits(strength):
    said, tune = drawn(Task.MULTILABEL, seed=5)
    found = fit_stack(said, tune.truth_NC, strength)
    logits_MNC = member_logits(said)
    for c in range(3):
        model = reference(logits_MNC[:, :, c].T, tune.truth_NC[:, c], strength)
        np.testing.assert_allclose(found.weights_CF[c], model.coef_[0], atol=1e-4)
        assert found.bias_C[c] == pytest.approx(model.intercept_[0], abs=1e-4)
        probs_N = model.predict_proba(logits_MNC[:, :, c].T)[:, 1]
        np.testing.assert_allclose(found.apply(said).values_NC[:, c], probs_N, atol=1e-5)


@pytest.mark.parametrize("strength", [10.0, 1.0, 0.1])
def test_classes_are_scikit_learns_multinomial_regression(strength):
    said, tune = drawn(Task.MULTICLASS, seed=5)
    found = fit_stack(said, tune.truth_NC, strength)
    features_NF = np.concatenate(list(member_logits(said)), axis=1)
    model = reference(features_NF, tune.truth_NC.argmax(axis=1), strength)
    np.testing.assert_allclose(found.weights_CF, model.coef_, atol=1e-4)
    np.testing.assert_allclose(
        found.apply(said).values_NC, model.predict_proba(features_NF), atol=1e-5
    )


@pytest.mark.parametrize("task", list(Task))
def test_the_strength_is_that_of_the_least_held_out_loss(task):
    said, tune = drawn(task, count=40, seed=9)
    fold_N = stratified_folds(tune.truth_NC, 5, 0)
    losses = []
    for strength in STRENGTHS:
        held_NC = np.empty(tune.truth_NC.shape)
        for fold in range(5):
            kept, held = np.flatnonzero(fold_N != fold), np.flatnonzero(fold_N == fold)
            fitted = fit_stack(said.take(kept), tune.truth_NC[kept], strength)
            held_NC[held] = fitted.apply(said.take(held)).values_NC
        losses.append(nll(Probs(held_NC), tune.truth_NC, task))
    found = COMBINATIONS.build("stack", said, tune, settings={})
    assert found.strength == STRENGTHS[int(np.argmin(losses))]


def test_a_label_with_one_outcome_gets_the_mean_logit():
    said = one_label([0.8, 0.5], [0.5, 0.5])
    found = COMBINATIONS.build("stack", said, rows([[0], [np.nan]]), settings={})
    assert found.weights_CF.tolist() == [[0.5, 0.5]]
    assert found.apply(said).values_NC[0, 0] == pytest.approx(2 / 3)  # odds of sqrt(4 x 1)


def test_unknown_truth_is_left_out():
    said, tune = drawn(Task.MULTILABEL, seed=2)
    truth_NC = tune.truth_NC.copy()
    truth_NC[:10] = np.nan
    whole = fit_stack(said, truth_NC, 1.0)
    part = fit_stack(said.take(np.arange(10, 60)), truth_NC[10:], 1.0)
    np.testing.assert_allclose(whole.weights_CF, part.weights_CF)


@pytest.mark.parametrize("task", list(Task))
def test_what_was_stored_is_what_comes_back(task):
    said, tune = drawn(task)
    found = fit_stack(said, tune.truth_NC, 0.1)
    again = from_dict(found.to_dict())
    assert again.members == found.members == 3
    np.testing.assert_array_equal(again.apply(said).values_NC, found.apply(said).values_NC)


@pytest.mark.parametrize("change", [{"bias": [0.0]}, {"weights": [[1.0, 0.0], [1.0], [0.0]]}])
def test_weights_that_do_not_fit_each_other_are_refused(change):
    said, tune = drawn(Task.MULTILABEL)
    stored = fit_stack(said, tune.truth_NC, 1.0).to_dict() | change
    with pytest.raises(ConfigError, match=r"\[E102\] the weights of a stack do not fit"):
        from_dict(stored)
