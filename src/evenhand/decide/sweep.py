"""What one class gains as it wins rows from the others, for every value of its bias at once."""
# Shapes: N rows, C classes, S = N + 1 numbers of rows won by the moving class.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.aim import Aim
from evenhand.types import Floats

GAP = 1e-9
"""Rows whose critical biases lie closer than this move together."""
MARGIN = 0.1
"""Distance kept from the outermost critical bias, in nats."""
GAIN = 1e-12


@dataclass(frozen=True)
class Sweep:
    """The aim's value as one class wins its rows in the order of their critical biases.

    Args:
        critical_N: sorted biases from which on each row is won.
        value_S: of the aim after so many rows, higher is better.
    """

    critical_N: Floats
    value_S: Floats

    @classmethod
    def of(
        cls,
        critical_N: Floats,
        rival_N: NDArray[np.int16],
        y_N: NDArray[np.int16],
        mover: int,
        *,
        positives_C: NDArray[np.int64],
        aim: Aim,
    ) -> Sweep:
        """Sum up the change that each row brings.

        Args:
            critical_N: the mover's bias from which on it wins each row.
            rival_N: the class that has the row until then.
            y_N: the true class.
            mover: the class whose bias moves.
            positives_C: rows of each true class.
            aim: what counts.
        """
        order_N = np.argsort(critical_N)
        rival_N, y_N = rival_N[order_N], y_N[order_N]
        if aim.costs_CC is not None:
            saved_N = aim.costs_CC[y_N, rival_N] - aim.costs_CC[y_N, mover]
            start = -float(aim.costs_CC[y_N, rival_N].sum())
            return cls(critical_N[order_N], start + np.append(0.0, np.cumsum(saved_N)))
        square = aim.beta**2
        hits_S = np.append(0, np.cumsum(y_N == mover))
        own_S = (1 + square) * hits_S / (square * positives_C[mover] + np.arange(len(y_N) + 1))
        others_S, defined_S = _rivals(rival_N, y_N, mover, positives_C, square=square)
        value_S = (own_S + others_S) / (1 + defined_S)
        if aim.micro:
            lost_S = np.append(0, np.cumsum(y_N == rival_N))
            right_S = (lost_S[-1] - lost_S + hits_S) / len(y_N)
            value_S = (1 - aim.micro) * value_S + aim.micro * right_S
        return cls(critical_N[order_N], value_S)

    def best(self, current: float) -> tuple[float, float]:
        """Return the best bias (of equals the nearest to ``current``) and the aim's value."""
        m_N = self.critical_N
        open_S = np.concatenate([[True], np.diff(m_N) > GAP, [True]])
        top = float(self.value_S[open_S].max())
        at = np.flatnonzero(open_S & (self.value_S >= top - GAIN * max(1.0, abs(top))))
        values_S = np.concatenate(
            [[m_N[0] - MARGIN], m_N[:-1] + np.diff(m_N) / 2, [m_N[-1] + MARGIN]]
        )[at]
        nearest = int(np.abs(values_S - current).argmin())
        return float(values_S[nearest]), top


def _rivals(
    rival_N: NDArray[np.int16],
    y_N: NDArray[np.int16],
    mover: int,
    positives_C: NDArray[np.int64],
    *,
    square: float,
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the other classes' summed F-beta, and how many are defined, after each loss."""
    classes = len(positives_C)
    size_C = np.bincount(rival_N, minlength=classes)
    hit_N = rival_N == y_N
    hits_C = np.bincount(rival_N[hit_N], minlength=classes)
    whole_C = square * positives_C + size_C
    f_C = np.divide((1 + square) * hits_C, whole_C, out=np.zeros(classes), where=whole_C > 0)
    defined_C = whole_C > 0
    f_C[mover], defined_C[mover] = 0.0, False

    grouped_N = np.argsort(rival_N, kind="stable")
    class_N = rival_N[grouped_N]
    first_C = np.cumsum(size_C) - size_C
    lost_N = np.arange(1, len(y_N) + 1) - first_C[class_N]
    running_N = np.append(0, np.cumsum(hit_N[grouped_N]))
    left_N = hits_C[class_N] - (running_N[1:] - running_N[first_C[class_N]])
    rest_N = (square * positives_C)[class_N] + (size_C[class_N] - lost_N)
    after_N = np.divide((1 + square) * left_N, rest_N, out=np.zeros(len(y_N)), where=rest_N > 0)
    previous_N = np.where(lost_N == 1, f_C[class_N], np.append(0.0, after_N[:-1]))
    change_N = np.empty(len(y_N))
    change_N[grouped_N] = after_N - previous_N
    vanish_N = np.zeros(len(y_N), dtype=np.int64)
    vanish_N[grouped_N] = rest_N == 0
    return (
        f_C.sum() + np.append(0.0, np.cumsum(change_N)),
        defined_C.sum() - np.append(0, np.cumsum(vanish_N)),
    )
