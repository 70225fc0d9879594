"""The aim's value, step by step, as rows pass from one class to another."""
# Shapes: N rows, C classes, P passes in order, S = P + 1 states, M = 2 P changes of a class.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import Aim
from evenhand.types import Floats

Classes = NDArray[np.int16]


@dataclass(frozen=True)
class Passes:
    """Rows that change their class, in order.

    Args:
        from_P: the class that loses the row.
        to_P: the class that wins it.
        y_P: the row's true class.
    """

    from_P: Classes
    to_P: Classes
    y_P: Classes


def aim_along(passes: Passes, start_N: Classes, y_N: Classes, *, classes: int, aim: Aim) -> Floats:
    """Return the aim before the first pass and after each, ``(S,)``.

    A pass changes the F-beta of two classes by known amounts; macro-F is the running sum. A
    class with neither truth nor rows is left out of the mean, as in ``Aim.score``.

    Args:
        passes: what moves.
        start_N: the class that every row has at first.
        y_N: the true class of every row.
        classes: how many there are.
        aim: what counts; higher is better.
    """
    if aim.costs_CC is not None:
        costs_CC, y_P = aim.costs_CC, passes.y_P
        saved_P = costs_CC[y_P, passes.from_P] - costs_CC[y_P, passes.to_P]
        return np.asarray(-costs_CC[y_N, start_N].sum() + np.append(0.0, np.cumsum(saved_P)))
    value_S = _macro(passes, start_N, y_N, classes=classes, square=aim.beta**2)
    if not aim.micro:
        return value_S
    won_P = (passes.to_P == passes.y_P).astype(np.int64) - (passes.from_P == passes.y_P)
    right_S = (int((start_N == y_N).sum()) + np.append(0, np.cumsum(won_P))) / len(y_N)
    return np.asarray((1 - aim.micro) * value_S + aim.micro * right_S)


def _macro(
    passes: Passes, start_N: Classes, y_N: Classes, *, classes: int, square: float
) -> Floats:
    """Return macro-F-beta in each state, ``(S,)``."""
    steps = len(passes.y_P)
    class_M = np.concatenate([passes.from_P, passes.to_P])
    sign_M = np.repeat(np.array([-1, 1]), steps)
    right_M = class_M == np.concatenate([passes.y_P, passes.y_P])
    at_M = np.tile(np.arange(steps), 2)
    order_M = np.argsort(class_M * np.int64(steps + 1) + at_M, kind="stable")
    class_M, at_M = class_M[order_M], at_M[order_M]

    positives_C = np.bincount(y_N, minlength=classes)
    given_C = np.bincount(start_N, minlength=classes)
    hits_C = np.bincount(start_N[start_N == y_N], minlength=classes)
    first_M = np.append(True, class_M[1:] != class_M[:-1])[: len(class_M)]
    given_M = given_C[class_M] + _running(sign_M[order_M], first_M)
    hits_M = hits_C[class_M] + _running((sign_M * right_M)[order_M], first_M)

    f_C, defined_C = _f(hits_C, given_C, positives_C, square)
    f_M, defined_M = _f(hits_M, given_M, positives_C[class_M], square)
    before_M = np.where(first_M, f_C[class_M], np.roll(f_M, 1))
    counted_M = np.where(first_M, defined_C[class_M], np.roll(defined_M, 1))
    sum_S = np.append(0.0, np.cumsum(np.bincount(at_M, weights=f_M - before_M, minlength=steps)))
    change_M = defined_M.astype(np.float64) - counted_M
    count_S = np.append(0.0, np.cumsum(np.bincount(at_M, weights=change_M, minlength=steps)))
    return np.asarray((f_C.sum() + sum_S) / (defined_C.sum() + count_S))


def _running(change_M: NDArray[np.int64], first_M: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return running sums that start anew at each ``first``."""
    total_M = np.cumsum(change_M)
    before_G = (total_M - change_M)[first_M]
    size_G = np.diff(np.append(np.flatnonzero(first_M), len(total_M)))
    return np.asarray(total_M - np.repeat(before_G, size_G))


def _f(
    hits: NDArray[np.int64], given: NDArray[np.int64], positives: NDArray[np.int64], square: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return F-beta, 0 where it is not defined, and where it is."""
    whole = square * positives + given
    f = np.divide((1 + square) * hits, whole, out=np.zeros(len(whole)), where=whole > 0)
    return f, whole > 0
