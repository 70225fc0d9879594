"""Metrics: values by hand, limiting cases, and agreement with scikit-learn."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.evaluate import metrics as m
from evenhand.types import Task

nan = math.nan
AGREE = {"rtol": 0, "atol": 1e-10}


def quietly(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments, **named)


def one_hot(classes_N: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[classes_N]


@pytest.fixture
def by_hand() -> m.Counts:
    """A: 1 hit, 1 alarm, 1 miss; B: missed once; C: neither there nor predicted."""
    truth_NC = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, nan, 0]], dtype=np.float32)
    decided_NC = np.array([[1, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)
    return m.confusion_counts(truth_NC, decided_NC)


def test_counts_leave_out_cells_of_unknown_truth(by_hand: m.Counts) -> None:
    assert by_hand.tp_C.tolist() == [1, 0, 0]
    assert by_hand.fp_C.tolist() == [1, 0, 0]
    assert by_hand.fn_C.tolist() == [1, 1, 0]
    assert by_hand.tn_C.tolist() == [1, 2, 4]
    assert by_hand.support_C.tolist() == [2, 1, 0]


def test_zero_by_zero_is_undefined_and_a_miss_is_zero(by_hand: m.Counts) -> None:
    np.testing.assert_equal(m.precision(by_hand), [0.5, nan, nan])
    np.testing.assert_equal(m.recall(by_hand), [0.5, 0.0, nan])
    np.testing.assert_equal(m.f1(by_hand), [0.5, 0.0, nan])
    assert m.undefined(m.f1(by_hand)) == 1


def test_averages_leave_out_what_is_undefined(by_hand: m.Counts) -> None:
    f1_C = m.f1(by_hand)
    assert m.macro(f1_C) == 0.25
    assert m.weighted(f1_C, by_hand.support_C) == pytest.approx(1 / 3)
    assert m.f1(m.pooled(by_hand)) == pytest.approx(2 / 5)


def test_nothing_defined_gives_nan_without_a_warning() -> None:
    nothing_C = np.full(3, nan)
    assert math.isnan(m.macro(nothing_C))
    assert math.isnan(m.weighted(nothing_C, np.ones(3)))
    assert math.isnan(m.accuracy(np.full((2, 3), nan), np.zeros((2, 3), dtype=bool)))


def test_matthews_is_undefined_for_a_constant_decision_and_one_for_a_perfect_one() -> None:
    truth_NC = np.array([[1, 1], [0, 0], [0, 0]])
    decided_NC = np.array([[1, 0], [0, 0], [0, 0]], dtype=bool)
    correlation_C = m.matthews(m.confusion_counts(truth_NC, decided_NC))
    assert correlation_C[0] == pytest.approx(1.0)
    assert math.isnan(correlation_C[1])


def test_accuracy_compares_a_row_in_its_known_labels() -> None:
    truth_NC = np.array([[1, nan], [1, 0], [nan, nan]])
    decided_NC = np.array([[1, 1], [1, 1], [0, 0]], dtype=bool)
    assert m.accuracy(truth_NC, decided_NC) == 0.5
    assert m.hamming(truth_NC, decided_NC, Task.MULTILABEL) == pytest.approx(1 / 3)


def test_constant_decisions_have_chance_level_balanced_accuracy_and_kappa() -> None:
    truth_NC = one_hot(np.array([0, 0, 0, 1, 2]), 3)
    constant_NC = one_hot(np.zeros(5, dtype=int), 3).astype(bool)
    counts = m.confusion_counts(truth_NC, constant_NC)
    assert m.balanced_accuracy(counts, Task.MULTICLASS) == pytest.approx(1 / 3)
    assert m.balanced_accuracy(counts, Task.MULTILABEL) == pytest.approx(0.5)
    assert m.kappa(m.confusion_matrix(truth_NC, constant_NC)) == pytest.approx(0.0)


def test_kappa_is_undefined_where_there_is_one_class_only() -> None:
    assert math.isnan(m.kappa(np.array([[7, 0], [0, 0]])))


def test_confusion_matrix_has_truth_on_the_first_axis() -> None:
    truth_NC = one_hot(np.array([0, 0, 1]), 2)
    decided_NC = one_hot(np.array([0, 1, 1]), 2).astype(bool)
    assert m.confusion_matrix(truth_NC, decided_NC).tolist() == [[1, 1], [0, 1]]


def test_a_confusion_matrix_counted_in_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    truth_NC, decided_NC = (one_hot(random.integers(0, 3, 50), 3) for _ in range(2))
    at_once = m.confusion_matrix(truth_NC, decided_NC.astype(bool))
    monkeypatch.setattr(m, "EXACT_ROWS", 7)
    assert m.confusion_matrix(truth_NC, decided_NC.astype(bool)).tolist() == at_once.tolist()
    assert at_once.sum() == 50


def test_auc_counts_a_tie_as_one_half() -> None:
    truth_N = np.array([1, 0, 1, 0, nan])
    assert m.roc_auc(truth_N, np.array([0.5, 0.5, 0.9, 0.1, 1.0])) == pytest.approx(3.5 / 4)
    assert m.roc_auc(truth_N, np.zeros(5)) == 0.5


def test_average_precision_takes_a_tie_as_one_step() -> None:
    truth_N = np.array([1, 0, 0, 1, nan])
    step_by_step = 0.5 * 1 + 0.5 * (2 / 4)
    assert m.average_precision(truth_N, np.array([9.0, 1, 1, 1, 99])) == pytest.approx(step_by_step)
    assert m.average_precision(truth_N, np.zeros(5)) == 0.5


def test_ranking_figures_are_undefined_without_both_kinds_of_rows() -> None:
    assert math.isnan(m.average_precision(np.zeros(3), np.arange(3.0)))
    assert math.isnan(m.roc_auc(np.zeros(3), np.arange(3.0)))
    assert math.isnan(m.roc_auc(np.ones(3), np.arange(3.0)))
    assert m.average_precision(np.ones(3), np.arange(3.0)) == 1.0


@settings(max_examples=110, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(2, 6))
def test_multilabel_figures_agree_with_scikit_learn(seed: int, rows: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    share_C = random.choice([0, 0.1, 0.5, 1], size=classes)
    truth_NC = (random.random((rows, classes)) < share_C).astype(np.float32)
    scores_NC = random.integers(0, 5, (rows, classes)) / 4
    decided_NC = scores_NC >= random.choice([0.25, 0.75, 2.0], size=classes)
    counts = m.confusion_counts(truth_NC, decided_NC)
    expected = quietly(
        sk.precision_recall_fscore_support, truth_NC, decided_NC, zero_division=np.nan
    )
    for ours_C, theirs_C in zip((m.precision, m.recall, m.f1), expected, strict=False):
        np.testing.assert_allclose(ours_C(counts), theirs_C, **AGREE)
    np.testing.assert_array_equal(counts.support_C, expected[3])
    for average, ours in (
        ("macro", m.macro(m.f1(counts))),
        ("micro", m.f1(m.pooled(counts))),
        ("weighted", m.weighted(m.f1(counts), counts.support_C)),
    ):
        if average == "weighted" and not truth_NC.any():
            continue
        theirs = quietly(sk.f1_score, truth_NC, decided_NC, average=average, zero_division=np.nan)
        np.testing.assert_allclose(ours, theirs, **AGREE)
    np.testing.assert_allclose(
        m.accuracy(truth_NC, decided_NC), sk.accuracy_score(truth_NC, decided_NC), **AGREE
    )
    np.testing.assert_allclose(
        m.hamming(truth_NC, decided_NC, Task.MULTILABEL),
        sk.hamming_loss(truth_NC, decided_NC),
        **AGREE,
    )
    if not math.isnan(correlation := m.matthews(counts)[-1]):
        theirs = sk.matthews_corrcoef(truth_NC[:, -1], decided_NC[:, -1])
        np.testing.assert_allclose(correlation, theirs, **AGREE)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(1, 8))
def test_ranking_figures_agree_with_scikit_learn(seed: int, rows: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    truth_N = (random.random(rows) < random.choice([0.1, 0.5])).astype(np.float32)
    scores_N = random.integers(0, levels, rows).astype(float) - 2
    if truth_N.any():
        expected = sk.average_precision_score(truth_N, scores_N)
        np.testing.assert_allclose(m.average_precision(truth_N, scores_N), expected, **AGREE)
    if 0 < truth_N.sum() < rows:
        expected = sk.roc_auc_score(truth_N, scores_N)
        np.testing.assert_allclose(m.roc_auc(truth_N, scores_N), expected, **AGREE)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 40), st.integers(2, 6))
def test_multiclass_figures_agree_with_scikit_learn(seed: int, rows: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    true_N, decided_N = random.integers(0, classes, (2, rows))
    truth_NC, decided_NC = one_hot(true_N, classes), one_hot(decided_N, classes).astype(bool)
    counts = m.confusion_counts(truth_NC, decided_NC)
    matrix_CC = m.confusion_matrix(truth_NC, decided_NC)
    names = range(classes)
    expected_CC = sk.confusion_matrix(true_N, decided_N, labels=names)
    np.testing.assert_array_equal(matrix_CC, expected_CC)
    pairs = [
        (m.accuracy(truth_NC, decided_NC), sk.accuracy_score(true_N, decided_N)),
        (m.f1(m.pooled(counts)), sk.accuracy_score(true_N, decided_N)),
        (m.hamming(truth_NC, decided_NC, Task.MULTICLASS), sk.hamming_loss(true_N, decided_N)),
        (
            m.balanced_accuracy(counts, Task.MULTICLASS),
            quietly(sk.balanced_accuracy_score, true_N, decided_N),
        ),
        (
            m.macro(m.f1(counts)),
            quietly(
                sk.f1_score, true_N, decided_N, labels=names, average="macro", zero_division=np.nan
            ),
        ),
    ]
    if not math.isnan(ours := m.kappa(matrix_CC)):
        pairs.append((ours, sk.cohen_kappa_score(true_N, decided_N)))
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, **AGREE)
