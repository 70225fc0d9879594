"""What training may watch to choose an epoch: one number for tune rows, higher is better."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from evenhand.decide import crossfit
from evenhand.evaluate.metrics import (
    Counts,
    Decided,
    average_precision,
    confusion_counts,
    f1,
    macro,
    pooled,
    weighted,
)
from evenhand.registry import Registry
from evenhand.types import Floats, Predictions, Task

Metric = Callable[[Predictions], float]

CLIP = 1e-12

SELECTION: Registry[float] = Registry(
    "metric",
    {
        "tuned_macro_f1": "evenhand.evaluate.selection",
        "macro_f1_at_half": "evenhand.evaluate.selection",
        "macro_ap": "evenhand.evaluate.selection",
        "micro_f1": "evenhand.evaluate.selection",
        "weighted_f1": "evenhand.evaluate.selection",
        "neg_nll": "evenhand.evaluate.selection",
    },
)
"""Metrics by name: ``SELECTION.factory(name)(predictions)`` is a float, NaN where undefined."""


def selects(name: str) -> Callable[[Metric], Metric]:
    """Return a decorator that enters a metric in ``SELECTION`` and makes it refuse report rows.

    Raises:
        DataError: E212, from the metric, when the rows have the role ``report``.
    """

    def enter(metric: Metric) -> Metric:
        @wraps(metric)
        def guarded(predictions: Predictions) -> float:
            predictions.refuse_report("choosing an epoch")
            return metric(predictions)

        return SELECTION.register(name)(guarded)

    return enter


@selects("tuned_macro_f1")
def tuned_macro_f1(predictions: Predictions) -> float:
    """Macro-F1 with a cut (or bias) of its own for each label, cross-fitted in five folds.

    Nothing is shrunk and nothing calibrated, for speed; each row is decided by cuts that other
    rows chose.
    """
    return crossfit(predictions, calibrate="none", cuts="per-label", shrink="none").macro_f1


@selects("macro_f1_at_half")
def macro_f1_at_half(predictions: Predictions) -> float:
    """Macro-F1 at probability 0.5, or under argmax if multi-class."""
    return float(macro(f1(_counts_at_half(predictions))))


@selects("macro_ap")
def macro_ap(predictions: Predictions) -> float:
    """Mean average precision over the labels that have positives; needs no cut at all."""
    columns = zip(predictions.truth_NC.T, ranking_scores(predictions).T, strict=True)
    return float(macro(np.array([average_precision(t_N, s_N) for t_N, s_N in columns])))


@selects("micro_f1")
def micro_f1(predictions: Predictions) -> float:
    """F1 of all cells together at 0.5; equals accuracy if multi-class."""
    return float(f1(pooled(_counts_at_half(predictions))))


@selects("weighted_f1")
def weighted_f1(predictions: Predictions) -> float:
    """F1 at 0.5, or under argmax, averaged with each label's support as its weight."""
    counts = _counts_at_half(predictions)
    return float(weighted(f1(counts), counts.support_C))


@selects("neg_nll")
def neg_nll(predictions: Predictions) -> float:
    """Mean log-likelihood of what is known, in nats, a label cell or (multi-class) a row."""
    truth_NC = predictions.truth_NC
    p_NC = np.clip(predictions.probs(), CLIP, 1 - CLIP)
    positive_NC = truth_NC == 1
    if predictions.labels.task is Task.MULTICLASS:
        logs_K = np.log(p_NC[positive_NC])
    else:
        likely_NC = np.where(positive_NC, p_NC, 1 - p_NC)
        logs_K = np.log(likely_NC[~np.isnan(truth_NC)])
    return float(logs_K.mean()) if len(logs_K) else float("nan")


def ranking_scores(predictions: Predictions) -> Floats:
    """Return the scores by which rows are ranked within a label, ``(N, C)``.

    Multi-label: the scores as they are, which no saturation has tied. Multi-class: the
    probabilities, since a class's logit means nothing without its rivals'.
    """
    if predictions.labels.task is Task.MULTICLASS:
        return predictions.probs()
    return predictions.scores.values_NC


def decided_at_half(predictions: Predictions) -> Decided:
    """Return the labels at probability >= 0.5, or the likeliest class a row, ``(N, C)``."""
    p_NC = predictions.probs()
    if predictions.labels.task is Task.MULTILABEL:
        return p_NC >= 0.5
    return np.asarray(p_NC.argmax(axis=1)[:, None] == np.arange(p_NC.shape[1]))


def _counts_at_half(predictions: Predictions) -> Counts:
    return confusion_counts(predictions.truth_NC, decided_at_half(predictions))
