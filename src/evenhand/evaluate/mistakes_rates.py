"""Error rates by parts of the rows: does length, or a slice, make errors more likely?"""
# Shapes: N rows, P parts.

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.evaluate.compare_slices import Slicing
from evenhand.evaluate.metrics import Decided
from evenhand.types import Floats

LEVEL = 0.95


def effect(
    slicing: Slicing, ids: Sequence[str], wrong_N: Decided, *, known_N: Decided
) -> dict[str, Any]:
    """Return the share of wrong rows in each part, with Wilson's interval, and a test of all.

    Parts without a judged row are left out. Raises as ``Slicing.parts``.
    """
    parts = [
        (value, int(wrong_N[rows].sum()), int(known_N[rows].sum()))
        for value, rows in slicing.parts(ids)
    ]
    parts = [part for part in parts if part[2]]
    p = independence_p(
        np.array([wrong for _, wrong, _ in parts], np.float64),
        np.array([rows for _, _, rows in parts], np.float64),
    )
    return {
        "column": slicing.column,
        "p": None if math.isnan(p) else p,
        "parts": [
            {"value": value, "rows": rows, "wrong": wrong, "rate": wrong / rows}
            | dict(zip(("low", "high"), wilson(wrong, rows), strict=True))
            for value, wrong, rows in parts
        ],
    }


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Return the 95 % interval of a share.

    References:
        Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    from scipy.stats import binomtest

    interval = binomtest(hits, tries).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def independence_p(wrong_P: Floats, rows_P: Floats) -> float:
    """Return the p-value of Pearson's test that errors are as likely in every part.

    NaN with fewer than two parts, or where all rows are right or all wrong.
    """
    from scipy.stats import chi2_contingency

    table_2P = np.stack([wrong_P, rows_P - wrong_P])
    if len(wrong_P) < 2 or not table_2P.sum(axis=1).all():
        return math.nan
    return float(chi2_contingency(table_2P, correction=False).pvalue)
