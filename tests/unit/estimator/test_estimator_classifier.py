"""DecisionClassifier: the decision of held-out scores, and how it fits in with scikit-learn."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from evenhand import DecisionClassifier, Probs, fit_decision
from evenhand.decide import Settings
from evenhand.decide.folds import stratified_folds

Rows = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def uneven() -> Rows:
    """Three classes by name, the rarest with about 24 of 400 rows."""
    X, number = make_classification(
        400, n_informative=4, n_classes=3, weights=[0.8, 0.14], class_sep=0.6, random_state=3
    )
    return X, np.array(["usual", "odd", "rare"])[number]


def test_the_decision_is_that_of_scores_of_unseen_rows(uneven: Rows) -> None:
    X, y = uneven
    model = DecisionClassifier(GaussianNB()).fit(X, y)
    truth_NC = (y[:, None] == ["odd", "rare", "usual"]).astype(np.float32)
    fold_N = stratified_folds(truth_NC, 5, 0)
    splits = [(np.flatnonzero(fold_N != f), np.flatnonzero(fold_N == f)) for f in range(5)]
    theirs_NC = cross_val_predict(GaussianNB(), X, y, cv=splits, method="predict_proba")
    np.testing.assert_allclose(model.predictions_.scores.values_NC, theirs_NC, atol=1e-12)
    np.testing.assert_array_equal(model.predictions_.truth_NC, truth_NC)
    assert model.decision_ == fit_decision(model.predictions_)
    whole = Probs(GaussianNB().fit(X, y).predict_proba(X))
    winners_N = model.decision_.decide(whole).argmax(axis=1)
    np.testing.assert_array_equal(model.predict(X), model.classes_[winners_N])


def test_without_cuts_and_calibration_it_answers_as_the_estimator(uneven: Rows) -> None:
    X, y = uneven
    plain = GaussianNB().fit(X, y)
    model = DecisionClassifier(GaussianNB(), cuts="fixed", calibrate="none").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-12)
    assert model.score(X, y) == plain.score(X, y)


def test_a_demand_holds_on_the_rows_that_chose_it(uneven: Rows) -> None:
    X, y = uneven
    model = DecisionClassifier(GaussianNB(), recall={"rare": 0.95}).fit(X, y)
    decided_NC = model.decision_.decide(model.predictions_.scores)
    assert decided_NC[y == "rare", 1].mean() >= 0.95
    assert model.decision_.asked == {"recall": {"rare": 0.95}}


def test_classes_are_named_by_value(uneven: Rows) -> None:
    X, y = uneven
    number = np.unique(y, return_inverse=True)[1]
    model = DecisionClassifier(GaussianNB(), recall={1: 0.95}).fit(X, number)
    assert model.decision_.asked == {"recall": {"1": 0.95}}
    assert model.predict(X).dtype == number.dtype


def test_the_estimator_sees_the_classes_as_they_are(uneven: Rows) -> None:
    X, y = uneven
    weighted = LogisticRegression(class_weight={"usual": 1, "odd": 2, "rare": 9})
    assert set(DecisionClassifier(weighted).fit(X, y).predict(X)) <= {"usual", "odd", "rare"}


def test_texts_and_sparse_matrices_pass_through(uneven: Rows) -> None:
    X, y = uneven
    words = np.array(["alpha", "beta", "gamma"])[np.unique(y, return_inverse=True)[1]]
    texts = [f"{word} text {row % 7}" for row, word in enumerate(words)]
    read = make_pipeline(TfidfVectorizer(), LogisticRegression())
    assert DecisionClassifier(read).fit(texts, y).score(texts, y) == 1.0
    dense, sparse = (
        DecisionClassifier(LogisticRegression(max_iter=500)).fit(cells, y)
        for cells in (X, csr_matrix(X))
    )
    np.testing.assert_allclose(dense.predict_proba(X), sparse.predict_proba(X), atol=1e-4)


def test_names_of_columns_are_kept() -> None:
    X, Y = make_multilabel_classification(200, n_features=3, n_classes=2, random_state=0)
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    known = pd.DataFrame(Y, columns=["spam", "fraud"])
    model = DecisionClassifier(KNeighborsClassifier(), recall={"fraud": 0.9}).fit(table, known)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.n_features_in_ == 3
    assert model.classes_.tolist() == ["spam", "fraud"]
    decided_NC = model.decision_.decide(model.predictions_.scores)
    assert decided_NC[Y[:, 1] == 1, 1].mean() >= 0.9
    assert set(np.unique(model.predict(table))) <= {0, 1}


def test_a_fitted_estimator_is_used_as_it_is(uneven: Rows) -> None:
    X, y = uneven
    fitted = GaussianNB().fit(X[:200], y[:200])
    model = DecisionClassifier(fitted, cv="prefit").fit(X[200:], y[200:])
    assert model.estimator_ is fitted
    frozen = DecisionClassifier(FrozenEstimator(fitted)).fit(X[200:], y[200:])
    assert frozen.decision_ == model.decision_


def test_rows_that_are_never_held_out_choose_nothing(uneven: Rows) -> None:
    X, y = uneven
    splits = [(np.arange(200), np.arange(200, 300)), (np.arange(300), np.arange(300, 400))]
    model = DecisionClassifier(GaussianNB(), cv=splits).fit(X, y)
    assert model.predictions_.ids == tuple(str(row) for row in range(200, 400))


def test_weights_go_with_their_rows_to_the_estimator(uneven: Rows) -> None:
    X, y = uneven
    weight_N = np.where(y == "rare", 5.0, 1.0)
    model = DecisionClassifier(GaussianNB()).fit(X, y, sample_weight=weight_N)
    prior_C = [weight_N[y == name].sum() / weight_N.sum() for name in model.classes_]
    np.testing.assert_allclose(model.estimator_.class_prior_, prior_C)
    by_step = DecisionClassifier(make_pipeline(GaussianNB()))
    by_step.fit(X, y, gaussiannb__sample_weight=weight_N)
    assert by_step.decision_ == model.decision_


def test_it_can_be_searched_cloned_and_stored(uneven: Rows) -> None:
    X, y = uneven
    search = GridSearchCV(
        DecisionClassifier(GaussianNB(), cv=2, shrink="none"),
        {"cuts": ["fixed", "per-label"], "estimator__var_smoothing": [1e-9]},
        scoring="f1_macro",
        cv=2,
    ).fit(X, y)
    best = search.best_estimator_
    assert search.best_params_["cuts"] in {"fixed", "per-label"}
    copy = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(copy.predict(X), best.predict(X))
    assert not hasattr(clone(best), "decision_")
    assert clone(best).get_params()["cuts"] == best.cuts
    with pytest.raises(NotFittedError, match="not fitted yet"):
        clone(best).predict(X)


def test_every_setting_of_a_decision_is_a_parameter() -> None:
    parameters = inspect.signature(DecisionClassifier).parameters
    assert set(Settings.__annotations__) <= set(parameters)


def test_the_seed_may_be_a_number_a_generator_or_none(uneven: Rows) -> None:
    X, y = uneven
    seeds: list[Any] = [7, np.random.RandomState(7), None]
    for seed in seeds:
        model = DecisionClassifier(GaussianNB(), random_state=seed).fit(X, y)
        assert len(model.predictions_) == len(y)


def test_it_needs_no_torch() -> None:
    code = (
        "import sys; from evenhand import DecisionClassifier;"
        "assert not {'torch', 'transformers', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cv", [3, "prefit"])
def test_groups_are_kept_together_in_the_folds_of_the_cuts(uneven: Rows, cv: Any) -> None:
    X, y = uneven
    author_N = np.array([f"author {n // 4}" for n in range(len(y))])
    estimator = GaussianNB().fit(X[::2], y[::2])
    model = DecisionClassifier(estimator, cv=cv).fit(X, y, groups=author_N)
    fold_N = model.crossfit_.fold_N.reshape(-1, 4)
    assert len(np.unique(fold_N)) == 5
    np.testing.assert_array_equal(fold_N, np.repeat(fold_N[:, :1], 4, axis=1))
    assert len(np.unique(model.predictions_.groups_N)) == 100


def test_the_exclusive_label_is_named_by_position_as_in_demands() -> None:
    X, Y = make_multilabel_classification(300, n_features=6, n_classes=3, random_state=0)
    free = DecisionClassifier(KNeighborsClassifier(), cv=3)
    asked = clone(free).set_params(exclusive=1)
    given_NC, kept_NC = (model.fit(X, Y).predict(X) for model in (free, asked))
    both_N = (given_NC[:, 1] == 1) & (given_NC.sum(axis=1) > 1)
    assert both_N.any()
    assert not ((kept_NC[:, 1] == 1) & (kept_NC.sum(axis=1) > 1)).any()
