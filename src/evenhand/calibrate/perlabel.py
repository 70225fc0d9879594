"""What calibrators with parameters of each label's own have in common."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import as_logits
from evenhand.calibrate.temperature import HIGHEST, LOWEST, fit_temperature
from evenhand.errors import ConfigError
from evenhand.types import Floats, Probs, Scores, Task, Truth

SLOPES = 1 / HIGHEST, 1 / LOWEST
"""Slopes stay in here: one that is not positive would turn the order of the rows around."""
BIASES = -100.0, 100.0

MinPositives = Annotated[
    int, Field(ge=1, description="positives and negatives that a label needs; else temperature")
]
Number = Annotated[float, Field(allow_inf_nan=False)]
Slope = Annotated[float, Field(gt=0, allow_inf_nan=False)]
RULE = 20
"""Default of ``min_positives``."""


def log_odds(scores: Scores, task: Task) -> Floats:
    """Return ``log p - log(1 - p)`` of each label, ``(N, C)``.

    Multi-label: the logits. Multi-class: each class against all others together, exact also
    where ``p`` is 1 in floating point.
    """
    z_NC = as_logits(scores, task)
    if task is Task.MULTILABEL:
        return z_NC
    z_NC = z_NC - z_NC.max(axis=1, keepdims=True)
    e_NC = np.exp(z_NC)
    rest_NC = e_NC.sum(axis=1, keepdims=True) - e_NC
    rows, top_N = np.arange(len(z_NC)), z_NC.argmax(axis=1)
    e_NC[rows, top_N] = 0.0
    rest_NC[rows, top_N] = e_NC.sum(axis=1)
    return np.asarray(z_NC - np.log(np.maximum(rest_NC, np.finfo(np.float64).tiny)))


def class_logits(scores: Scores, task: Task) -> Floats:
    """Return logits, for multi-class less the row's log-sum-exp, ``(N, C)``.

    A constant added to a row moves no softmax under one shared slope, but does under slopes of
    each class's own; without it, scores that mean the same are calibrated the same.
    """
    z_NC = as_logits(scores, task)
    if task is Task.MULTILABEL:
        return z_NC
    z_NC = z_NC - z_NC.max(axis=1, keepdims=True)
    return np.asarray(z_NC - np.log(np.exp(z_NC).sum(axis=1, keepdims=True)))


def joined(log_odds_NC: Floats, task: Task) -> Probs:
    """Return the probabilities of calibrated log-odds; multi-class rows are made to sum to 1."""
    p_NC = np.exp(-np.logaddexp(0.0, -log_odds_NC))
    return normalised(p_NC, task)


def normalised(p_NC: Floats, task: Task) -> Probs:
    """Return ``p_NC``, each row divided by its sum if multi-class."""
    if task is Task.MULTICLASS:
        p_NC = p_NC / p_NC.sum(axis=1, keepdims=True)
    return Probs(p_NC)


def enough(truth_NC: Truth, min_positives: int) -> np.ndarray:
    """Return which labels have at least ``min_positives`` positives and as many negatives."""
    positives_C, negatives_C = (truth_NC == 1).sum(axis=0), (truth_NC == 0).sum(axis=0)
    return np.asarray(np.minimum(positives_C, negatives_C) >= min_positives)


def shared_slope(log_odds_NC: Floats, truth_NC: Truth) -> float:
    """Return ``1 / T`` of one temperature for all labels, for those with too few positives."""
    return 1 / fit_temperature(log_odds_NC, truth_NC, Task.MULTILABEL)


def known_cells(values_N: Floats, truth_N: Truth) -> tuple[Floats, Floats]:
    """Return the values and the truth of the known rows of one label."""
    known_N = ~np.isnan(truth_N)
    return values_N[known_N], truth_N[known_N].astype(np.float64)


def check_lengths(name: str, *columns: Sequence[object]) -> None:
    """Refuse stored lists that do not go together.

    Raises:
        ConfigError: E102 when their lengths differ.
    """
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1:
        raise ConfigError(
            "E102",
            f"a stored {name} calibrator has lists of different lengths",
            got=", ".join(map(str, lengths)),
            fix="write it again with evenhand decide",
        )
