"""What DecisionClassifier refuses, and with which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from evenhand import DecisionClassifier
from evenhand.decide import Costs
from evenhand.errors import ConfigError, DataError

X = np.random.default_rng(0).normal(size=(60, 2))
Y = np.where(X[:, 0] > 0.5, "b", "a")


class Raw(ClassifierMixin, BaseEstimator):
    """A classifier that calls raw scores probabilities."""

    def fit(self, X: Any, y: Any) -> Raw:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.column_stack([-X[:, 0], X[:, 0]])


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"response_method": "predict_prob"}, r"\[E102\].*\n.*\n.*'predict_proba'"),
        ({"cv": 1}, r"\[E102\] cross-fitting needs at least two folds"),
        ({"cv": ShuffleSplit(3, test_size=0.5)}, r"\[E105\] cv holds out a row more than once"),
        (
            {"cv": [(np.arange(40), np.arange(30, 60))]},
            r"\[E105\] cv scores rows.*\n  got: row 30, and 10 ",
        ),
        ({"cv": iter([(np.arange(40), np.arange(40, 60))])}, r"\[E105\] cv is used up"),
        ({"cuts": "fixed", "beta": 4}, r"\[E105\] beta steers a search"),
        ({"costs": Costs(sides={"a": (1, 2)}), "micro": 0.5}, r"\[E105\] micro weighs an F"),
        ({"calibrate": "plat"}, r"\[E101\].*\n.*\n.*'platt'"),
        ({"cuts": "per-class"}, r"\[E102\] cuts has a value that cannot be"),
        ({"exclusive": "a"}, r"\[E105\] exclusive is for multi-label data"),
        ({"recall": [("a", 0.9)]}, r"\[E102\] recall is of another kind"),
        ({"beta": "2"}, r"\[E102\] beta is of another kind"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        DecisionClassifier(LogisticRegression(), **settings).fit(X, Y)


def test_logits_are_declared_and_never_guessed() -> None:
    with pytest.raises(
        ConfigError, match=r"no predict_proba\n.*\n.*'decision_function', its values"
    ):
        DecisionClassifier(LinearSVC()).fit(X, Y)
    with pytest.raises(ConfigError, match=r"no decision_function\n.*\n.*'predict_proba'"):
        DecisionClassifier(KNeighborsClassifier(), response_method="decision_function").fit(X, Y)
    with pytest.raises(DataError, match=r"\[E210\] a probability lies outside"):
        DecisionClassifier(Raw()).fit(X, Y)


def test_weights_that_the_estimator_does_not_take() -> None:
    with pytest.raises(ConfigError, match=r"\[E105\] the estimator takes no sample_weight"):
        DecisionClassifier(KNeighborsClassifier()).fit(X, Y, sample_weight=np.ones(60))


def test_a_fitted_estimator_takes_nothing_for_fitting() -> None:
    fitted = LogisticRegression().fit(X, Y)
    with pytest.raises(ConfigError, match="sample_weight with cv='prefit'"):
        DecisionClassifier(fitted, cv="prefit").fit(X, Y, sample_weight=np.ones(60))
    with pytest.raises(NotFittedError, match="not fitted yet"):
        DecisionClassifier(LogisticRegression(), cv="prefit").fit(X, Y)


def test_classes_that_cannot_be() -> None:
    with pytest.raises(DataError, match=r"\[E213\].*at least two classes\n  got: 1 class: 'a'"):
        DecisionClassifier(LogisticRegression()).fit(X, ["a"] * 60)
    with pytest.raises(DataError, match=r"\[E206\] y is neither one class a row nor a 0/1 matrix"):
        DecisionClassifier(KNeighborsClassifier()).fit(X, np.arange(120).reshape(60, 2) % 3)
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        DecisionClassifier(LogisticRegression()).fit(X, X[:, 0])
    fitted = LogisticRegression().fit(X, Y)
    with pytest.raises(DataError, match=r"\[E201\] y has a class .* never saw\n  got: 'c'"):
        DecisionClassifier(fitted, cv="prefit").fit(X, ["a", "b", "c"] * 20)


def test_a_class_without_a_logit() -> None:
    y = np.array(["a", "b"] * 29 + ["c", "c"])
    splits = [(np.arange(40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]
    model = DecisionClassifier(LinearSVC(), cv=splits, response_method="decision_function")
    with pytest.raises(DataError, match=r"\[E207\] a class has no rows.*\n  got: 'c'"):
        model.fit(X, y)


@pytest.mark.parametrize("classes", ["abc", "abcd"])
@pytest.mark.parametrize(
    "wrap", [lambda svc: svc, lambda svc: make_pipeline(StandardScaler(), svc)]
)
def test_one_against_one_scores_are_no_logits(classes: str, wrap: Callable[[SVC], Any]) -> None:
    y = np.array(list(classes) * (60 // len(classes)))
    pairs = DecisionClassifier(
        wrap(SVC(decision_function_shape="ovo")), response_method="decision_function"
    )
    with pytest.raises(ConfigError, match=r"\[E105\] margins between pairs.*\n.*SVC.*\n.*'ovr'"):
        pairs.fit(X, y)
    pairs.fit(X, Y)
    assert pairs.labels_.names == ("a", "b")


def test_a_demand_that_cannot_be_met() -> None:
    chance_N = np.where(np.random.default_rng(1).random(60) < 0.2, "b", "a")
    model = DecisionClassifier(LogisticRegression(), recall={"b": 1.0}, precision={"b": 1.0})
    with pytest.raises(DataError, match=r"\[E214\] a demand on 'b' cannot be met"):
        model.fit(X, chance_N)


@pytest.mark.parametrize(("no", "yes", "shown"), [(0, 2, "2"), (-1, 1, "-1")])
def test_a_matrix_of_labels_is_0_and_1(no: int, yes: int, shown: str) -> None:
    y_NC = np.where(X > 0, yes, no)
    with pytest.raises(DataError, match=rf"\[E206\] a matrix of labels(.|\n)*got: {shown}"):
        DecisionClassifier(KNeighborsClassifier()).fit(X, y_NC)
