"""Diversity: how differently members err. Members that err alike are worth no more than one."""
# Shapes: M members, N rows, C classes, K judged cells (multi-label) or rows (multi-class).

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from evenhand.evaluate.metrics import Decided, matched_rows
from evenhand.types import Task, Truth

FIGURES = ("disagreement", "q", "correlation")


@dataclass(frozen=True)
class Pair:
    """How two members' errors go together; NaN where undefined.

    Args:
        one: name of a member.
        other: of another.
        disagreement: share of cells (multi-label) or rows (multi-class) that they label
            differently.
        q: Yule's Q of being right, in [-1, 1]; 1 where one is never wrong where the other is
            right, 0 where errors are independent.
        correlation: of being wrong, phi, in [-1, 1].
    """

    one: str
    other: str
    disagreement: float
    q: float
    correlation: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; undefined figures are None."""
        figures = {name: getattr(self, name) for name in FIGURES}
        named = {"members": [self.one, self.other]}
        return named | {n: None if math.isnan(v) else v for n, v in figures.items()}


def pairs(
    names: Sequence[str], decided: Sequence[Decided], truth_NC: Truth, task: Task
) -> list[Pair]:
    """Return the figures of every two members.

    Args:
        names: of the members.
        decided: labels that each gives to the same rows, bool, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: decides whether cells or rows are judged.
    """
    right = [_right(truth_NC, given_NC, task) for given_NC in decided]
    found = []
    for i, j in combinations(range(len(names)), 2):
        apart = _disagreement(truth_NC, decided[i], decided[j], task)
        found.append(Pair(names[i], names[j], apart, *_together(right[i], right[j])))
    return found


def means(found: Sequence[Pair]) -> dict[str, float | None]:
    """Return the mean of each figure over the pairs that have it; None where none has."""
    values = {name: [getattr(pair, name) for pair in found] for name in FIGURES}
    defined = {n: [v for v in column if not math.isnan(v)] for n, column in values.items()}
    return {n: float(np.mean(column)) if column else None for n, column in defined.items()}


def _right(truth_NC: Truth, given_NC: Decided, task: Task) -> Decided:
    """Return whether each judged cell, or row, is right, ``(K,)``."""
    if task is Task.MULTICLASS:
        matched_N, known_N = matched_rows(truth_NC, given_NC)
        return matched_N[known_N]
    known_NC = ~np.isnan(truth_NC)
    return np.asarray((given_NC == (truth_NC == 1))[known_NC])


def _disagreement(truth_NC: Truth, one_NC: Decided, other_NC: Decided, task: Task) -> float:
    known_NC, apart_NC = ~np.isnan(truth_NC), one_NC != other_NC
    if task is Task.MULTICLASS:
        judged_K = apart_NC.any(axis=1)[known_NC.any(axis=1)]
    else:
        judged_K = apart_NC[known_NC]
    return float(judged_K.mean()) if len(judged_K) else math.nan


def _together(right_K: Decided, also_right_K: Decided) -> tuple[float, float]:
    """Return Q and the correlation of a table of right and wrong."""
    both = int((right_K & also_right_K).sum())
    neither = int((~right_K & ~also_right_K).sum())
    first, second = int((right_K & ~also_right_K).sum()), int((~right_K & also_right_K).sum())
    cross, other = both * neither, first * second
    q = (cross - other) / (cross + other) if cross + other else math.nan
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    return q, (cross - other) / math.sqrt(margins) if margins else math.nan
