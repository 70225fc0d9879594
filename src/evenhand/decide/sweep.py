"""What one class gains as it wins rows from the others, for every value of its bias at once."""
# Shapes: N rows, S = N + 1 numbers of rows won by the moving class.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.decide.aim import Aim
from evenhand.decide.passing import Classes, Passes, aim_along
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
        rival_N: Classes,
        y_N: Classes,
        mover: int,
        *,
        classes: int,
        aim: Aim,
    ) -> Sweep:
        """Sum up the change that each row brings.

        Args:
            critical_N: the mover's bias from which on it wins each row.
            rival_N: the class that has the row until then.
            y_N: the true class.
            mover: the class whose bias moves.
            classes: how many there are.
            aim: what counts.
        """
        order_N = np.argsort(critical_N)
        rival_N, y_N = rival_N[order_N], y_N[order_N]
        passes = Passes(rival_N, np.full_like(rival_N, mover), y_N)
        value_S = aim_along(passes, rival_N, y_N, classes=classes, aim=aim)
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
