"""Measures: the figures of every label that several checks read, computed once."""
# Shapes: N rows, C classes. NaN where a figure is undefined.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.evaluate.metrics import (
    Decided,
    average_precision,
    confusion_counts,
    divide,
    f1,
    macro,
    precision,
    recall,
    roc_auc,
)
from evenhand.evaluate.selection import ranking_scores
from evenhand.types import Floats, Predictions

LEARNT_GAIN = 0.10
"""Share of the way from prevalence to 1 that AP must cover. A random ranking covers about 0 of
it, and the weakest runs that anybody would keep cover a third."""
LEARNT_ERRORS = 2.0
"""Standard errors by which the mean AUC must exceed one half: few rows give a random ranking a
high AP by luck, but then the error is large as well."""


@dataclass(frozen=True)
class Figures:
    """What is known of each label on the measured rows, float64, ``(C,)``.

    Args:
        positives_C: rows that carry it.
        negatives_C: rows that are known not to.
        given_C: rows to which the decision gives it.
        ap_C: average precision.
        auc_C: chance that a positive outranks a negative.
        precision_C: undefined for a label that is never given.
        recall_C: undefined without positives.
        f1_C: undefined where there is neither truth nor decision.
    """

    positives_C: Floats
    negatives_C: Floats
    given_C: Floats
    ap_C: Floats
    auc_C: Floats
    precision_C: Floats
    recall_C: Floats
    f1_C: Floats

    @classmethod
    def of(cls, predictions: Predictions, decided_NC: Decided) -> Figures:
        """Measure ``predictions`` under the labels that were decided."""
        truth_NC = predictions.truth_NC
        counts = confusion_counts(truth_NC, decided_NC)
        columns = list(zip(truth_NC.T, ranking_scores(predictions).T, strict=True))
        return cls(
            positives_C=counts.support_C,
            negatives_C=counts.fp_C + counts.tn_C,
            given_C=decided_NC.sum(axis=0).astype(np.float64),
            ap_C=np.array([average_precision(t_N, s_N) for t_N, s_N in columns]),
            auc_C=np.array([roc_auc(t_N, s_N) for t_N, s_N in columns]),
            precision_C=precision(counts),
            recall_C=recall(counts),
            f1_C=f1(counts),
        )

    @property
    def prevalence_C(self) -> Floats:
        """Share of the known rows that carry the label: the AP of a random ranking."""
        return divide(self.positives_C, self.positives_C + self.negatives_C)

    @property
    def gain_C(self) -> Floats:
        """Share of the way from prevalence to 1 that AP covers: 0 random, 1 perfect."""
        return divide(self.ap_C - self.prevalence_C, 1.0 - self.prevalence_C)

    @property
    def gain(self) -> float:
        """Mean of ``gain_C`` over the labels for which it is defined."""
        return float(macro(self.gain_C))

    @property
    def auc_errors(self) -> float:
        """Standard errors by which the mean AUC exceeds one half; 0 where none is defined.

        Under a random ranking the AUC of p positives and n negatives has variance
        ``(p + n + 1) / (12 p n)`` (Mann and Whitney 1947); labels count as independent.
        """
        known_C = np.flatnonzero(~np.isnan(self.auc_C))
        if not len(known_C):
            return 0.0
        p_C, n_C = self.positives_C[known_C], self.negatives_C[known_C]
        variance = float(((p_C + n_C + 1) / (12 * p_C * n_C)).sum()) / len(known_C) ** 2
        return float((self.auc_C[known_C].mean() - 0.5) / np.sqrt(variance))

    @property
    def learnt(self) -> bool:
        """Whether the scores rank positives above negatives better than chance does."""
        return self.gain >= LEARNT_GAIN and self.auc_errors >= LEARNT_ERRORS
