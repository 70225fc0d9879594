"""Baselines: shares by hand, and a TF-IDF model that learns what one word tells."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from evenhand.evaluate.baselines import (
    TfidfBaseline,
    all_positive,
    fit_tfidf,
    majority,
    prior,
    trivial_baselines,
)
from evenhand.evaluate.metrics import roc_auc
from evenhand.types import FitStatistics, LabelSpace, Role, Task

MULTILABEL = LabelSpace(("praise", "blame", "never"), Task.MULTILABEL)
TEXTS = ("a good day", "a bad day", "good food", "bad food", "plain day", "plain food")
TRUTH_NC = np.array(
    [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]], dtype=np.float32
)


def statistics(counts: list[float], known: float, task: Task) -> FitStatistics:
    positives_C = np.array(counts, dtype=float)
    return FitStatistics(task, int(known), positives_C, np.full(len(counts), float(known)))


def fitted(labels: LabelSpace = MULTILABEL, truth_NC: np.ndarray = TRUTH_NC) -> TfidfBaseline:
    return fit_tfidf(TEXTS, truth_NC, labels=labels)


def test_majority_gives_every_row_the_most_frequent_fit_label() -> None:
    decided_NC = majority(statistics([1, 5, 3], 9, Task.MULTICLASS), 2)
    assert decided_NC.tolist() == [[False, True, False]] * 2


def test_prior_draws_one_class_a_row_by_share() -> None:
    fit = statistics([0, 30, 70], 100, Task.MULTICLASS)
    decided_NC = prior(fit, 4000, seed=1)
    assert (decided_NC.sum(axis=1) == 1).all()
    assert decided_NC.mean(axis=0) == pytest.approx([0, 0.3, 0.7], abs=0.03)


def test_prior_draws_each_label_by_itself_and_by_known_rows() -> None:
    fit = FitStatistics(
        Task.MULTILABEL, 10, np.array([0.0, 10.0, 2.0, 0.0]), np.array([10.0, 10.0, 4.0, 0.0])
    )
    share_C = prior(fit, 4000, seed=1).mean(axis=0)
    assert share_C[[0, 1, 3]].tolist() == [0, 1, 0]
    assert share_C[2] == pytest.approx(0.5, abs=0.03)


def test_prior_is_the_same_for_the_same_seed_only() -> None:
    fit = statistics([5, 5], 10, Task.MULTILABEL)
    assert np.array_equal(prior(fit, 50, seed=1), prior(fit, 50, seed=1))
    assert not np.array_equal(prior(fit, 50, seed=1), prior(fit, 50, seed=2))


def test_all_positive_stands_beside_multilabel_results_only() -> None:
    fit = statistics([5, 1], 10, Task.MULTILABEL)
    assert all_positive(fit, 3).all()
    assert list(trivial_baselines(fit, 3, seed=0)) == ["majority", "prior", "all-positive"]
    single = statistics([5, 5], 10, Task.MULTICLASS)
    assert list(trivial_baselines(single, 3, seed=0)) == ["majority", "prior"]


def test_tfidf_ranks_unseen_texts_by_the_word_that_tells() -> None:
    texts = ("good thing", "bad thing", "thing")
    scored = fitted().predictions(
        texts, np.zeros((3, 3), dtype=np.float32), ids=("1", "2", "3"), role=Role.REPORT
    )
    assert scored.role is Role.REPORT
    assert scored.scores.values_NC[:, 0].argmax() == 0
    assert scored.scores.values_NC[:, 1].argmax() == 1


def test_tfidf_logits_are_those_of_scikit_learns_regression() -> None:
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    features_NV = vectorizer.fit_transform(TEXTS)
    model = LogisticRegression(solver="liblinear", tol=1e-2).fit(features_NV, TRUTH_NC[:, 0])
    scored = fitted().predictions(TEXTS, TRUTH_NC, ids=TEXTS, role=Role.TUNE)
    expected_N = model.decision_function(features_NV)
    np.testing.assert_allclose(scored.scores.values_NC[:, 0], expected_N, rtol=0, atol=1e-12)


def test_a_label_with_one_value_in_fit_gets_its_log_odds() -> None:
    scored = fitted().predictions(TEXTS, TRUTH_NC, ids=TEXTS, role=Role.TUNE)
    assert scored.scores.values_NC[:, 2] == pytest.approx(np.log(0.5 / 6.5))


def test_rows_of_unknown_truth_do_not_count() -> None:
    truth_NC = TRUTH_NC.copy()
    truth_NC[[0, 2], 0] = np.nan
    scored = fitted(truth_NC=truth_NC).predictions(TEXTS, TRUTH_NC, ids=TEXTS, role=Role.TUNE)
    assert scored.scores.values_NC[:, 0] == pytest.approx(np.log(0.5 / 4.5))


def test_multiclass_probabilities_are_those_of_the_regressions_normalised() -> None:
    labels = LabelSpace(("praise", "blame", "neither"), Task.MULTICLASS)
    truth_NC = np.repeat(np.eye(3, dtype=np.float32)[[0, 1]], 3, axis=0)
    truth_NC[[4, 5]] = [0, 0, 1]
    one = fitted(labels, truth_NC)
    scored = one.predictions(TEXTS, truth_NC, ids=TEXTS, role=Role.TUNE)
    separate_NC = 1 / (1 + np.exp(-(one.vectorizer.transform(TEXTS) @ one.weights_VC + one.bias_C)))
    expected_NC = separate_NC / separate_NC.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scored.probs(), expected_NC, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rows", [4, 600])
def test_texts_without_a_word_get_prior_scores(rows: int) -> None:
    truth_NC = np.zeros((rows, 3), dtype=np.float32)
    truth_NC[0] = 1
    one = fit_tfidf(["!"] * rows, truth_NC, labels=MULTILABEL)
    scored = one.predictions(["word"], truth_NC[:1], ids=("1",), role=Role.TUNE)
    assert scored.scores.values_NC[0] == pytest.approx(np.log(1.5 / (rows - 0.5)))


def test_many_rows_keep_terms_of_two_rows_and_fall_back_to_one() -> None:
    numbered = [f"word{i}" for i in range(600)]
    truth_NC = np.zeros((600, 3), dtype=np.float32)
    truth_NC[:300, 0] = 1
    alone = fit_tfidf(numbered, truth_NC, labels=MULTILABEL)
    assert len(alone.vectorizer.vocabulary_) == 600
    shared = fit_tfidf([f"{t} same" for t in numbered], truth_NC, labels=MULTILABEL)
    assert list(shared.vectorizer.vocabulary_) == ["same"]
    scored = alone.predictions(numbered, truth_NC, ids=numbered, role=Role.FIT)
    assert roc_auc(truth_NC[:, 0], scored.scores.values_NC[:, 0]) == 1.0
