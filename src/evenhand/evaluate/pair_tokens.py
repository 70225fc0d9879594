"""Tokens of the same rows in two writings: how many, how fragmented, how much is unknown."""
# Shapes: N rows, K rows whose text in A has a token, R resamples.

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.evaluate.compare import Settings
from evenhand.evaluate.intervals import Figures, bootstrap
from evenhand.evaluate.metrics import divide
from evenhand.types import Floats

if TYPE_CHECKING:
    from evenhand.models.token_counts import TokenCounts

COUNTED = "tokens of the text itself: end marks left out, nothing cut off"
FRAGMENTATION = "tokens of B divided by tokens of A, row by row, then the mean over the rows"
TAIL = 0.95


def token_figures(a: TokenCounts, b: TokenCounts, *, settings: Settings) -> dict[str, Any]:
    """Return the figures of both writings, and the fragmentation of B against A.

    Texts that are the same in both have a fragmentation of 1 from 1 to 1.

    Args:
        a: counts of the rows in A, at least one row.
        b: of the very same rows in B.
        settings: resamples, level and seed of the interval.
    """
    return {
        "counted": COUNTED,
        "a": of_texts(a),
        "b": of_texts(b),
        "fragmentation": fragmentation(a, b, settings=settings),
    }


def of_texts(counts: TokenCounts) -> Mapping[str, float | None]:
    """Return the figures of one writing; None where they are undefined.

    Shares of tokens are over all texts together: a long text weighs more than a short one.
    """
    tokens_N, total = counts.tokens_N, counts.tokens_N.sum()
    unknown_N = counts.unknown_N
    return {
        "mean": float(tokens_N.mean()),
        "median": float(np.median(tokens_N)),
        "p95": float(np.quantile(tokens_N, TAIL)),
        "per_character": float(divide(total, counts.characters_N.sum())),
        "per_byte": float(divide(total, counts.bytes_N.sum())),
        "unknown_rate": None if unknown_N is None or not total else float(unknown_N.sum() / total),
        "unknown_texts": None if unknown_N is None else float((unknown_N > 0).mean()),
        "truncated": counts.cut / len(tokens_N),
    }


def fragmentation(a: TokenCounts, b: TokenCounts, *, settings: Settings) -> dict[str, Any]:
    """Return the mean over rows of tokens in B by tokens in A, with its bootstrap interval.

    Rows without a token in A have no ratio; they are left out and counted.
    """
    some_N = a.tokens_N > 0
    ratio_K = b.tokens_N[some_N] / a.tokens_N[some_N]
    about = {
        "definition": FRAGMENTATION,
        "rows": len(ratio_K),
        "left_out": int((~some_N).sum()),
    }
    if not len(ratio_K):
        return about | dict.fromkeys(("value", "low", "high", "median"))

    def mean(weights_KR: Floats) -> Figures:
        return {"ratio": ratio_K @ weights_KR / weights_KR.sum(axis=0)}

    drawn = bootstrap([mean], len(ratio_K), resamples=settings.resamples, seed=settings.seed)
    interval = drawn[0].interval("ratio", level=settings.level).to_dict()
    return about | interval | {"median": float(np.median(ratio_K))}
