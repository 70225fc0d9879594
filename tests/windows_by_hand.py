"""Predictions of windows whose figures can be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.evaluate.places import Places
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

NAMES = ("rest", "stop")


def one_hot(labels: Sequence[int], classes: int = 2) -> np.ndarray:
    """Return truth or decisions from positions of labels."""
    return np.eye(classes, dtype=np.float32)[np.asarray(labels)]


def predictions(
    truth: Sequence[int],
    *,
    groups: Sequence[int] | None = None,
    names: Sequence[str] = NAMES,
    role: Role = Role.REPORT,
    scores_NC: np.ndarray | None = None,
) -> Predictions:
    """Return predictions of windows ``w0``, ``w1``, ..., by default with scores of 0."""
    truth_NC = one_hot(truth, len(names))
    return Predictions(
        tuple(f"w{i}" for i in range(len(truth))),
        Logits(np.zeros(truth_NC.shape) if scores_NC is None else scores_NC),
        truth_NC,
        LabelSpace(tuple(names), Task.MULTICLASS),
        role,
        None if groups is None else np.asarray(groups, np.int64),
    )


def places(
    recordings: Sequence[str],
    *,
    ends: Sequence[float],
    current: Sequence[float] | None = None,
    wait: Sequence[float] | None = None,
    length: float | np.ndarray = 1.0,
) -> Places:
    """Return the places of windows ``w0``, ``w1``, ... that end at ``ends``."""
    rows = len(recordings)
    end_N = np.asarray(ends, np.float64)
    return Places(
        tuple(f"w{i}" for i in range(rows)),
        tuple(recordings),
        end_N - length,
        end_N,
        np.asarray([0.0] * rows if current is None else current, np.float64),
        np.asarray([np.nan] * rows if wait is None else wait, np.float64),
    )
