"""Scorecard: agreement with scikit-learn on random cases, and streaming equal to one-shot."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.evaluate.metrics import class_kappa, confusion_counts, correlation, spread
from evenhand.evaluate.scorecard import Scorecard, Tally, scorecard
from evenhand.evaluate.streaming import Histogram, Stream, joined
from evenhand.types import LabelSpace, Task

nan = math.nan
AGREE = {"rtol": 0, "atol": 1e-10}
SEEDS = st.integers(0, 2**32)


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **named)


def space(classes: int, task: Task) -> LabelSpace:
    return LabelSpace(tuple(f"label {c}" for c in range(classes)), task)


def multilabel_case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Absent, universal and never predicted classes; scores full of ties."""
    random = np.random.default_rng(seed)
    rows, classes = int(random.integers(1, 40)), int(random.integers(2, 6))
    share_C = random.choice([0, 0.1, 0.5, 1], size=classes)
    truth_NC = (random.random((rows, classes)) < share_C).astype(np.float32)
    scores_NC = random.integers(0, 5, (rows, classes)) / 4
    return truth_NC, scores_NC >= random.choice([0.25, 0.75, 2.0], size=classes), scores_NC


def multiclass_case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    rows, classes = int(random.integers(1, 40)), int(random.integers(2, 6))
    scores_NC = random.integers(0, 5, (rows, classes)) / 4
    true_N = random.integers(0, int(random.integers(1, classes + 1)), rows)
    decided_NC = scores_NC.argmax(axis=1)[:, None] == np.arange(classes)
    return np.eye(classes, dtype=np.float32)[true_N], decided_NC, scores_NC


def check_averages(card: Scorecard, truth_NC: np.ndarray, decided_NC: np.ndarray) -> None:
    measure = sk.precision_recall_fscore_support
    theirs = quietly(measure, truth_NC, decided_NC, zero_division=nan)
    for name, values_C in zip(("precision", "recall", "f1", "support"), theirs, strict=True):
        np.testing.assert_allclose(card.per_class[name], values_C, **AGREE)
    for average in ("macro", "micro", "weighted"):
        averaged = quietly(measure, truth_NC, decided_NC, average=average, zero_division=nan)
        for name, value in zip(("precision", "recall", "f1"), averaged, strict=False):
            ours = card.averages[name][average]
            if average != "weighted" or not math.isnan(ours):
                np.testing.assert_allclose(ours, value, **AGREE)


def check_ranking(card: Scorecard, truth_NC: np.ndarray, scores_NC: np.ndarray) -> None:
    for c, truth_N in enumerate(truth_NC.T):
        auc, ap = card.per_class["auc"][c], card.per_class["ap"][c]
        assert math.isnan(auc) == (truth_N.min() == truth_N.max())
        assert math.isnan(ap) == (not truth_N.any())
        if not math.isnan(auc):
            np.testing.assert_allclose(auc, sk.roc_auc_score(truth_N, scores_NC[:, c]), **AGREE)
        if not math.isnan(ap):
            theirs = sk.average_precision_score(truth_N, scores_NC[:, c])
            np.testing.assert_allclose(ap, theirs, **AGREE)
    if 0 < truth_NC.sum() < truth_NC.size:
        for name, measure in (("auc", sk.roc_auc_score), ("ap", sk.average_precision_score)):
            theirs = measure(truth_NC.ravel(), scores_NC.ravel())
            np.testing.assert_allclose(card.averages[name]["micro"], theirs, **AGREE)


def check_correlations(card: Scorecard, truth_NC: np.ndarray, decided_NC: np.ndarray) -> None:
    for c, (truth_N, decided_N) in enumerate(zip(truth_NC.T, decided_NC.T, strict=True)):
        for name, measure in (("mcc", sk.matthews_corrcoef), ("kappa", sk.cohen_kappa_score)):
            if not math.isnan(ours := card.per_class[name][c]):
                theirs = quietly(measure, truth_N == 1, decided_N)
                np.testing.assert_allclose(ours, theirs, **AGREE)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_multilabel_figures_agree_with_scikit_learn(seed: int) -> None:
    truth_NC, decided_NC, scores_NC = multilabel_case(seed)
    labels = space(truth_NC.shape[1], Task.MULTILABEL)
    card = scorecard(labels, truth_NC, decided_NC, scores_NC=scores_NC)
    check_averages(card, truth_NC, decided_NC)
    check_ranking(card, truth_NC, scores_NC)
    check_correlations(card, truth_NC, decided_NC)
    np.testing.assert_array_equal(
        card.confusion, sk.multilabel_confusion_matrix(truth_NC, decided_NC)
    )
    assert card.overall["accuracy"] == pytest.approx(sk.accuracy_score(truth_NC, decided_NC))
    assert card.overall["hamming"] == pytest.approx(sk.hamming_loss(truth_NC, decided_NC))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_multiclass_figures_agree_with_scikit_learn(seed: int) -> None:
    truth_NC, decided_NC, scores_NC = multiclass_case(seed)
    classes = truth_NC.shape[1]
    labels = space(classes, Task.MULTICLASS)
    card = scorecard(labels, truth_NC, decided_NC, scores_NC=scores_NC)
    check_averages(card, truth_NC, decided_NC)
    check_ranking(card, truth_NC, scores_NC)
    true_N, decided_N = truth_NC.argmax(axis=1), decided_NC.argmax(axis=1)
    theirs = sk.confusion_matrix(true_N, decided_N, labels=range(classes))
    np.testing.assert_array_equal(card.confusion, theirs)
    assert card.overall["accuracy"] == pytest.approx(sk.accuracy_score(true_N, decided_N))
    for name, measure in (("kappa", sk.cohen_kappa_score), ("mcc", sk.matthews_corrcoef)):
        if not math.isnan(ours := card.overall[name]):
            theirs = quietly(measure, true_N, decided_N)
            np.testing.assert_allclose(ours, theirs, **AGREE)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 7))
def test_parts_give_what_all_rows_give(seed: int, parts: int) -> None:
    truth_NC, decided_NC, scores_NC = multilabel_case(seed)
    random = np.random.default_rng(seed)
    truth_NC[random.random(truth_NC.shape) < 0.2] = nan
    labels = space(truth_NC.shape[1], Task.MULTILABEL)
    once = scorecard(labels, truth_NC, decided_NC, scores_NC=scores_NC)
    stream = Stream(labels)
    for rows in np.array_split(random.permutation(len(truth_NC)), parts):
        stream.add(truth_NC[rows], decided_NC[rows], scores_NC=scores_NC[rows])
    streamed = stream.scorecard()
    assert streamed.to_dict() == once.to_dict()


def test_a_stream_may_be_asked_midway() -> None:
    truth_NC, decided_NC, scores_NC = multiclass_case(3)
    labels = space(truth_NC.shape[1], Task.MULTICLASS)
    stream = Stream(labels)
    for stop in (1, len(truth_NC)):
        rows = slice(0, 1) if stop == 1 else slice(1, stop)
        stream.add(truth_NC[rows], decided_NC[rows], scores_NC=scores_NC[rows])
        so_far = scorecard(labels, truth_NC[:stop], decided_NC[:stop], scores_NC=scores_NC[:stop])
        assert stream.scorecard().to_dict() == so_far.to_dict()


def test_a_stream_of_decisions_alone_has_no_ranking_figures() -> None:
    truth_NC, decided_NC, scores_NC = multilabel_case(3)
    stream = Stream(space(truth_NC.shape[1], Task.MULTILABEL))
    stream.add(truth_NC, decided_NC)
    assert "auc" not in stream.scorecard().per_class
    with pytest.raises(ValueError, match="with every part or with none"):
        stream.add(truth_NC, decided_NC, scores_NC=scores_NC)


def test_an_empty_stream_is_undefined_throughout() -> None:
    card = Stream(space(2, Task.MULTILABEL)).scorecard()
    assert card.averages["f1"]["undefined"] == 2
    assert card.to_dict()["overall"]["accuracy"] is None


def test_equal_scores_of_different_parts_are_one_step() -> None:
    one = Histogram.of(np.array([1.0, 0.0]), np.array([0.5, 0.5]))
    two = Histogram.of(np.array([1.0, nan]), np.array([0.5, 0.9]))
    both = one + two
    assert both.scores_D.tolist() == [0.5]
    assert (both.positives_D.tolist(), both.rows_D.tolist()) == ([2.0], [3.0])
    assert both.auc == 0.5
    assert both.ap == pytest.approx(2 / 3)
    assert joined([two, one]).ap == both.ap


def test_tallies_add_up() -> None:
    truth_NC, decided_NC, _ = multiclass_case(5)
    whole = Tally.of(truth_NC, decided_NC)
    parts = Tally.of(truth_NC[:2], decided_NC[:2]) + Tally.of(truth_NC[2:], decided_NC[2:])
    assert (parts.matched, parts.known) == (whole.matched, whole.known)
    np.testing.assert_array_equal(parts.matrix_CC, whole.matrix_CC)
    np.testing.assert_array_equal(parts.counts.tn_C, whole.counts.tn_C)


def test_undefined_figures_are_counted_and_null_in_json() -> None:
    truth_NC = np.array([[1, 0], [0, 0]], dtype=np.float32)
    card = scorecard(space(2, Task.MULTILABEL), truth_NC, truth_NC == 1, scores_NC=np.zeros((2, 2)))
    stored = json.loads(json.dumps(card.to_dict(), allow_nan=False))
    assert stored["per_class"]["f1"] == [1.0, None]
    assert stored["per_class"]["auc"] == [0.5, None]
    assert stored["averages"]["f1"] == {
        "macro": 1.0,
        "micro": 1.0,
        "weighted": 1.0,
        "undefined": 1,
    }
    assert card.frame().to_pylist()[1]["recall"] is None


def test_spread_is_the_standard_deviation_of_what_is_defined() -> None:
    assert spread(np.array([0.2, 0.6, nan])) == pytest.approx(0.2)
    assert spread(np.full(3, 0.5)) == 0.0
    assert math.isnan(spread(np.full(2, nan)))


def test_kappa_and_correlation_by_hand() -> None:
    matrix_CC = np.array([[2, 0], [1, 1]])
    assert correlation(matrix_CC) == pytest.approx(2 / math.sqrt(12))
    assert math.isnan(correlation(np.array([[3, 0], [0, 0]])))
    truth_NC = np.array([[1, 1], [1, 1], [0, 1], [0, 1]], dtype=np.float32)
    decided_NC = np.array([[1, 1], [1, 1], [1, 1], [0, 1]], dtype=bool)
    kappa_C = class_kappa(confusion_counts(truth_NC, decided_NC))
    assert kappa_C[0] == pytest.approx(0.5)
    assert math.isnan(kappa_C[1])
