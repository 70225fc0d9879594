"""Error rates by parts of the rows: does length, or a slice, make errors more likely?"""
# Shapes: N rows, P parts.

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.compare_slices import Slicing
from evenhand.evaluate.intervals import Figures, bootstrap, groups_drawn
from evenhand.evaluate.metrics import Decided, divide
from evenhand.types import Floats

LEVEL = 0.95
RESAMPLES = 1000


def effect(
    slicing: Slicing,
    ids: Sequence[str],
    wrong_N: Decided,
    *,
    known_N: Decided,
    groups_N: NDArray[np.int64] | None = None,
) -> dict[str, Any]:
    """Return the share of wrong rows in each part, with Wilson's interval, and a test of all.

    Parts without a judged row are left out. Where rows come in groups, their errors come in
    groups too: intervals are then those of resampled groups, and there is no test. Raises as
    ``Slicing.parts``.
    """
    placed = [(value, rows) for value, rows in slicing.parts(ids) if known_N[rows].any()]
    parts = [(v, int(wrong_N[rows].sum()), int(known_N[rows].sum())) for v, rows in placed]
    if groups_drawn(groups_N) is not None:
        return {
            "column": slicing.column,
            "p": None,
            "groups": groups_drawn(groups_N),
            "parts": _grouped(placed, wrong_N, known_N, groups_N),
        }
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


def _grouped(
    placed: Sequence[tuple[str, NDArray[np.int64]]],
    wrong_N: Decided,
    known_N: Decided,
    groups_N: NDArray[np.int64] | None,
) -> list[dict[str, Any]]:
    """Return the parts with percentile intervals of the cluster bootstrap."""
    inside_PN = np.zeros((len(placed), len(wrong_N)))
    for p, (_, rows) in enumerate(placed):
        inside_PN[p, rows] = 1

    def figures(weights_NR: Floats) -> Figures:
        return {
            "rate": divide((inside_PN * wrong_N) @ weights_NR, (inside_PN * known_N) @ weights_NR)
        }

    (found,) = bootstrap([figures], len(wrong_N), resamples=RESAMPLES, seed=0, groups_N=groups_N)
    rates = found.intervals("rate", level=LEVEL)
    return [
        {"value": value, "rows": int(known_N[rows].sum()), "wrong": int(wrong_N[rows].sum())}
        | {"rate": rate.value, "low": rate.low, "high": rate.high}
        for (value, rows), rate in zip(placed, rates, strict=True)
    ]


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
