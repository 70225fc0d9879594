"""Metrics of decided labels and of scores, exact, with "undefined" kept apart from zero.

A ratio 0/0 is NaN: it is left out of means and counted, never turned into 0.
Shapes: N rows, C classes, R resamples. Counts are ``(C,)`` or, resampled, ``(C, R)``; every
formula below works on either, so that a point value and its interval share one definition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.types import Floats, Task, Truth

Decided = NDArray[np.bool_]
EXACT_ROWS = 2**16
"""Rows whose counts are added up in float32 at a time, far below where it stops being exact."""


@dataclass(frozen=True)
class Counts:
    """Outcomes per class over the rows whose truth is known, float64, ``(C,)`` or ``(C, R)``."""

    tp_C: Floats
    fp_C: Floats
    fn_C: Floats
    tn_C: Floats
    support_C: Floats


def confusion_counts(truth_NC: Truth, decided_NC: Decided) -> Counts:
    """Count hits, false alarms, misses and rejections per class.

    A cell whose truth is NaN counts nowhere; ``tp + fp + fn + tn`` is the number of known rows.

    Args:
        truth_NC: 0, 1 or NaN (unknown), float, ``(N, C)``.
        decided_NC: bool, ``(N, C)``.
    """
    positive_NC, negative_NC = truth_NC == 1, truth_NC == 0
    tp_C = (positive_NC & decided_NC).sum(axis=0).astype(np.float64)
    fp_C = (negative_NC & decided_NC).sum(axis=0).astype(np.float64)
    support_C = positive_NC.sum(axis=0).astype(np.float64)
    return Counts(
        tp_C=tp_C,
        fp_C=fp_C,
        fn_C=support_C - tp_C,
        tn_C=negative_NC.sum(axis=0) - fp_C,
        support_C=support_C,
    )


def divide(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Return the quotient, element by element; NaN where the denominator is 0."""
    above, below = np.broadcast_arrays(numerator, denominator)
    quotient = np.full(above.shape, np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def precision(counts: Counts) -> Floats:
    """Return ``tp / (tp + fp)``; undefined for a class that is never predicted."""
    return divide(counts.tp_C, counts.tp_C + counts.fp_C)


def recall(counts: Counts) -> Floats:
    """Return ``tp / (tp + fn)``; undefined for a class without positives."""
    return divide(counts.tp_C, counts.support_C)


def f1(counts: Counts) -> Floats:
    """Return ``2 tp / (2 tp + fp + fn)``.

    0 when nothing is hit but something is missed or falsely raised; undefined when the class
    has no positives and is never predicted.
    """
    return divide(2 * counts.tp_C, 2 * counts.tp_C + counts.fp_C + counts.fn_C)


def specificity(counts: Counts) -> Floats:
    """Return ``tn / (tn + fp)``; undefined for a class without negatives."""
    return divide(counts.tn_C, counts.tn_C + counts.fp_C)


def matthews(counts: Counts) -> Floats:
    """Return the correlation of truth and decision per class; undefined if either is constant."""
    tp, fp, fn, tn = counts.tp_C, counts.fp_C, counts.fn_C, counts.tn_C
    margins = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    return divide(tp * tn - fp * fn, margins)


def class_kappa(counts: Counts) -> Floats:
    """Return Cohen's kappa of truth and decision per class, each class against the rest.

    0 for a constant decision beside both kinds of rows; undefined where truth and decision are
    the same one value throughout.
    """
    tp, fp, fn, tn = counts.tp_C, counts.fp_C, counts.fn_C, counts.tn_C
    chance = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    return divide(2 * (tp * tn - fp * fn), chance)


def outcomes(counts: Counts) -> NDArray[np.int64]:
    """Return one 2 x 2 table a class, ``(C, 2, 2)``: truth on the middle axis, rest first."""
    cells_4C = np.stack([counts.tn_C, counts.fp_C, counts.fn_C, counts.tp_C])
    return cells_4C.T.reshape(-1, 2, 2).astype(np.int64)


def spread(values_C: Floats) -> float:
    """Return the standard deviation over the classes for which the value is defined.

    0 where all classes are worth the same, at most 0.5 for values in [0, 1].
    """
    return float(np.sqrt(macro((values_C - macro(values_C)) ** 2)))


def macro(values_C: Floats) -> Floats:
    """Return the mean over the classes for which the value is defined (axis 0)."""
    defined = ~np.isnan(values_C)
    return divide(np.where(defined, values_C, 0.0).sum(axis=0), defined.sum(axis=0))


def weighted(values_C: Floats, support_C: Floats) -> Floats:
    """Return the mean weighted by support over the classes for which the value is defined."""
    defined = ~np.isnan(values_C)
    weights = np.where(defined, support_C, 0.0)
    return divide((weights * np.where(defined, values_C, 0.0)).sum(axis=0), weights.sum(axis=0))


def pooled(counts: Counts) -> Counts:
    """Return the counts of all classes added up; ``f1(pooled(counts))`` is micro-F1."""
    return Counts(*(np.asarray(v.sum(axis=0)) for v in vars(counts).values()))


def undefined(values_C: Floats) -> int:
    """Return for how many classes the value is undefined."""
    return int(np.isnan(values_C).sum())


def matched_rows(truth_NC: Truth, decided_NC: Decided) -> tuple[Decided, Decided]:
    """Say which rows are right in every known label, and which have a known label at all.

    The share of the first among the second is accuracy (one label a row) or subset accuracy.
    """
    known_NC = ~np.isnan(truth_NC)
    known_N = np.asarray(known_NC.any(axis=1))
    right_N = (((truth_NC == 1) == decided_NC) | ~known_NC).all(axis=1)
    return np.asarray(right_N & known_N), known_N


def accuracy(truth_NC: Truth, decided_NC: Decided) -> float:
    """Return the share of rows that are right in every known label."""
    matched_N, known_N = matched_rows(truth_NC, decided_NC)
    return float(divide(matched_N.sum(), known_N.sum()))


def hamming(truth_NC: Truth, decided_NC: Decided, task: Task) -> float:
    """Return the share of wrong labels: of rows if multi-class, of known cells if multi-label."""
    if task is Task.MULTICLASS:
        return 1.0 - accuracy(truth_NC, decided_NC)
    known_NC = ~np.isnan(truth_NC)
    wrong_NC = ((truth_NC == 1) != decided_NC) & known_NC
    return float(divide(wrong_NC.sum(), known_NC.sum()))


def balanced_accuracy(counts: Counts, task: Task) -> float:
    """Return what is right when every class counts the same.

    Multi-class: mean recall over the classes that occur. Multi-label: mean over the labels of
    ``(recall + specificity) / 2``, where both are defined. Constant decisions give ``1 / C``
    and 0.5.
    """
    if task is Task.MULTICLASS:
        return float(macro(recall(counts)))
    return float(macro((recall(counts) + specificity(counts)) / 2))


def confusion_matrix(truth_NC: Truth, decided_NC: Decided) -> NDArray[np.int64]:
    """Count rows by true class (first axis) and decided class, multi-class, ``(C, C)``."""
    matrix_CC = np.zeros((truth_NC.shape[1],) * 2, dtype=np.int64)
    for start in range(0, len(truth_NC), EXACT_ROWS):
        rows = slice(start, start + EXACT_ROWS)
        positive_KC = (truth_NC[rows] == 1).astype(np.float32)
        matrix_CC += (positive_KC.T @ decided_NC[rows].astype(np.float32)).astype(np.int64)
    return matrix_CC


def kappa(matrix_CC: NDArray[np.int64]) -> float:
    """Return Cohen's kappa of a confusion matrix: agreement beyond what the margins give.

    ``1 - observed / expected`` disagreement; 0 for constant decisions, undefined when truth
    and decision are the same one class throughout.
    """
    total = matrix_CC.sum()
    expected = total - float(divide(matrix_CC.sum(axis=0) @ matrix_CC.sum(axis=1), total))
    return float(1.0 - divide(total - np.trace(matrix_CC), expected))


def correlation(matrix_CC: NDArray[np.int64]) -> float:
    """Return the correlation of truth and decision over all classes of a confusion matrix.

    Matthews' coefficient for two classes; undefined if truth or decision is constant.

    References:
        Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    matrix = matrix_CC.astype(np.float64)
    total, true_C, decided_C = matrix.sum(), matrix.sum(axis=1), matrix.sum(axis=0)
    shared = np.trace(matrix) * total - true_C @ decided_C
    margins = np.sqrt(total**2 - true_C @ true_C) * np.sqrt(total**2 - decided_C @ decided_C)
    return float(divide(shared, margins))


@dataclass(frozen=True)
class Standing:
    """Where the positives of one class stand among its rows: AUC and AP from one sort.

    Args:
        rows_K: scores of all rows whose truth is known, ascending.
        positives_P: scores of the positives, ascending.
    """

    rows_K: Floats
    positives_P: Floats

    @classmethod
    def of(cls, truth_N: Truth, score_N: Floats) -> Standing:
        """Sort the rows whose truth is known."""
        known_N = ~np.isnan(truth_N)
        rows_K = score_N.copy() if known_N.all() else score_N[known_N]
        rows_K.sort()
        return cls(rows_K, np.sort(score_N[truth_N == 1]))

    @property
    def auc(self) -> float:
        """Chance that a positive outranks a negative, a tie counting one half."""
        places = [
            np.searchsorted(self.rows_K, self.positives_P, side).sum()
            - np.searchsorted(self.positives_P, self.positives_P, side).sum()
            for side in ("left", "right")
        ]
        positives, rows = len(self.positives_P), len(self.rows_K)
        return float(divide(sum(places) / 2, positives * (rows - positives)))

    @property
    def ap(self) -> float:
        """Average precision: sum of gain in recall times precision, a tie being one step."""
        falling_S, hits_S = np.unique(-self.positives_P, return_counts=True)
        taken_S = len(self.rows_K) - np.searchsorted(self.rows_K, -falling_S)
        columns = (counts_S.astype(np.float64)[:, None] for counts_S in (hits_S, taken_S))
        return float(step_area(*columns)[0])


def roc_auc(truth_N: Truth, score_N: Floats) -> float:
    """Return the chance that a positive outranks a negative, a tie counting one half.

    Undefined without positives or without negatives.
    """
    return Standing.of(truth_N, score_N).auc


@dataclass(frozen=True)
class Ranking:
    """Where the positives of one class stand when rows are sorted by falling score.

    Rows of equal score form one step: a cut takes all of them or none.

    Args:
        rows_K: rows down to the last step that holds a positive, int64.
        steps_S: position in ``rows_K`` at which each step's stretch starts, int64.
        positives_P: positive rows by falling score, int64.
        positive_steps_S: position in ``positives_P`` at which each step starts, int64.
    """

    rows_K: NDArray[np.int64]
    steps_S: NDArray[np.int64]
    positives_P: NDArray[np.int64]
    positive_steps_S: NDArray[np.int64]

    @classmethod
    def of(cls, truth_N: Truth, score_N: Floats) -> Ranking:
        """Sort the rows whose truth is known."""
        known_K = np.flatnonzero(~np.isnan(truth_N))
        rows_K = known_K[np.argsort(-score_N[known_K], kind="stable")]
        places_P = np.flatnonzero(truth_N[rows_K] == 1)
        step_P = np.searchsorted(-score_N[rows_K], -score_N[rows_K[places_P]], side="right")
        ends_S, positive_steps_S = np.unique(step_P, return_index=True)
        return cls(
            rows_K=rows_K[: ends_S[-1] if len(ends_S) else 0],
            steps_S=np.concatenate(([0], ends_S[:-1])).astype(np.int64),
            positives_P=rows_K[places_P],
            positive_steps_S=positive_steps_S.astype(np.int64),
        )

    def average_precision(self, weights_NR: Floats) -> Floats:
        """Return ``sum of (gain in recall x precision)`` over the steps, ``(R,)``.

        Without interpolation. NaN for a resample without positives.

        Args:
            weights_NR: how often each row counts, float, ``(N, R)``.
        """
        if not len(self.positives_P):
            return np.full(weights_NR.shape[1], np.nan)
        hits_SR = np.add.reduceat(weights_NR[self.positives_P], self.positive_steps_S, axis=0)
        taken_SR = np.add.reduceat(weights_NR[self.rows_K], self.steps_S, axis=0)
        return step_area(hits_SR, np.cumsum(taken_SR, axis=0, out=taken_SR))


def step_area(hits_SR: Floats, taken_SR: Floats) -> Floats:
    """Return the area under precision-recall steps, ``(R,)``; NaN without a hit.

    Args:
        hits_SR: positives that each step adds, by falling score.
        taken_SR: rows taken up to each step and with it; overwritten.
    """
    found_SR = np.cumsum(hits_SR, axis=0)
    if not len(found_SR):
        return np.full(hits_SR.shape[1], np.nan)
    precision_SR = np.divide(found_SR, taken_SR, out=taken_SR, where=taken_SR > 0)
    return divide(np.einsum("sr,sr->r", hits_SR, precision_SR), found_SR[-1])


def average_precision(truth_N: Truth, score_N: Floats) -> float:
    """Return the area under the precision-recall steps of one class.

    A constant score gives the share of positives; undefined without positives.
    """
    return Standing.of(truth_N, score_N).ap
