"""McNemar's exact test: of two systems on the same rows, is one right where the other is wrong?

Rows on which both are right, or both wrong, say nothing. Were the systems equally good, each
row on which they part would be a fair coin. Shapes: N rows, K tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from evenhand.evaluate.metrics import Decided
from evenhand.types import Floats


@dataclass(frozen=True)
class FourWay:
    """Rows by who is right: both, only A, only B, nobody."""

    both_right: int
    a_only: int
    b_only: int
    both_wrong: int

    @classmethod
    def of(cls, right_a_N: Decided, right_b_N: Decided, *, judged_N: Decided) -> FourWay:
        """Count the rows that can be judged at all."""
        a_N, b_N = right_a_N[judged_N], right_b_N[judged_N]
        counts = (a_N & b_N, a_N & ~b_N, ~a_N & b_N, ~a_N & ~b_N)
        return cls(*(int(cells_N.sum()) for cells_N in counts))

    @property
    def p(self) -> float:
        """Two-sided exact p-value; 1 where the systems never part."""
        return float(exact_p(self.a_only, self.b_only))

    def test(self) -> dict[str, Any]:
        """Return the p-value and the two counts that it rests on."""
        return {"p": self.p, "a_only": self.a_only, "b_only": self.b_only}


def exact_p(a_only: ArrayLike, b_only: ArrayLike) -> Floats:
    """Return ``min(1, 2 P(X <= min(a_only, b_only)))``, X binomial with p = 1/2.

    1 without a row on which the systems part; ``2 ** (1 - n)`` where one wins all n of them.

    References:
        McNemar 1947, doi:10.1007/BF02295996; exact form as in Fagerland, Lydersen and Laake
        2013, doi:10.1186/1471-2288-13-91.
    """
    from scipy.special import bdtr

    a, b = np.asarray(a_only, np.float64), np.asarray(b_only, np.float64)
    return np.asarray(np.minimum(1.0, 2.0 * bdtr(np.minimum(a, b), (a + b).astype(np.int64), 0.5)))


def holm(p_K: Floats) -> Floats:
    """Return p-values that may be held against one level although K tests were made.

    The k-th smallest is multiplied by ``K - k + 1`` and is no smaller than the one before; a
    single test keeps its value.

    References:
        Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
    """
    order_K = np.argsort(p_K, kind="stable")
    adjusted_K = np.empty(len(p_K))
    steps_K = p_K[order_K] * np.arange(len(p_K), 0, -1)
    adjusted_K[order_K] = np.minimum(1.0, np.maximum.accumulate(steps_K))
    return adjusted_K
