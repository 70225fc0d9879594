"""How answers of estimators become scores: columns, missing classes, logits, folds of groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from evenhand.estimator import DecisionClassifier
from evenhand.estimator.heldout import splits_of
from evenhand.estimator.target import Classes, Target
from evenhand.types import Logits, Probs, Task

X, Y = make_multilabel_classification(120, n_features=4, n_classes=3, random_state=1)
X = (X - X.mean(axis=0)) / X.std(axis=0)
BINARY = Classes.of(np.array(["a", "b"]), Task.MULTICLASS)


def test_a_list_of_arrays_is_one_column_a_label() -> None:
    fitted = MultiOutputClassifier(GaussianNB()).fit(X, Y)
    scores = Target.of(Y).classes.scores(fitted, X, "predict_proba")
    one_by_one = OneVsRestClassifier(GaussianNB()).fit(X, Y).predict_proba(X)
    assert isinstance(scores, Probs)
    np.testing.assert_allclose(scores.values_NC, one_by_one, atol=1e-9)


def test_a_label_that_never_or_always_stands_has_a_column_too() -> None:
    constant = np.column_stack([Y[:, 0], np.zeros(120, int), np.ones(120, int)])
    fitted = KNeighborsClassifier().fit(X, constant)
    values_NC = Target.of(constant).classes.scores(fitted, X, "predict_proba").values_NC
    assert values_NC[:, 1].tolist() == [0.0] * 120
    assert values_NC[:, 2].tolist() == [1.0] * 120


def test_a_binary_decision_function_is_the_difference_of_two_logits() -> None:
    y = np.where(X[:, 0] > 0.5, "b", "a")
    fitted = LogisticRegression().fit(X, y)
    scores = BINARY.scores(fitted, X, "decision_function")
    assert isinstance(scores, Logits)
    probs_NC = scores.probs(Task.MULTICLASS).values_NC
    np.testing.assert_allclose(probs_NC, fitted.predict_proba(X), atol=1e-12)


def test_logits_of_several_labels() -> None:
    margins = OneVsRestClassifier(LinearSVC())
    model = DecisionClassifier(margins, response_method="decision_function", calibrate="platt")
    model.fit(X, Y)
    assert isinstance(model.predictions_.scores, Logits)
    np.testing.assert_array_equal(
        model.predict(X), model.decision_.decide(Logits(model.estimator_.decision_function(X)))
    )


def test_a_class_that_a_fold_never_saw_has_the_probability_zero() -> None:
    y = np.array(["a", "b"] * 59 + ["c", "c"])
    splits = [(np.arange(60), np.arange(60, 120)), (np.arange(60, 120), np.arange(60))]
    model = DecisionClassifier(GaussianNB(), cv=splits).fit(X, y)
    assert model.predictions_.scores.values_NC[60:, 2].tolist() == [0.0] * 60


def test_a_sparse_matrix_of_labels_is_as_good_as_a_dense_one() -> None:
    np.testing.assert_array_equal(Target.of(csr_matrix(Y)).y, Y)


@pytest.mark.parametrize("y", [Y, Y[:, 0]])
def test_rows_of_a_group_are_held_out_together(y: np.ndarray) -> None:
    group_N = np.arange(120) // 4
    splits = splits_of(X, Target.of(y), cv=3, groups=group_N, seed=0)
    assert sorted(np.concatenate([held for _, held in splits])) == list(range(120))
    for fit, held in splits:
        assert not set(group_N[fit]) & set(group_N[held])


def test_folds_of_a_number_spread_the_rarest_label() -> None:
    y = np.array(["a"] * 114 + ["rare"] * 6)
    splits = splits_of(X, Target.of(y), cv=3, groups=None, seed=0)
    assert [int((y[held] == "rare").sum()) for _, held in splits] == [2, 2, 2]
