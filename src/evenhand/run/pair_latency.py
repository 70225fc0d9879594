"""How long the run takes over a text in each of two writings, on the machine at hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from evenhand.bundle import Classifier
from evenhand.run.provenance import machine

REPEATS = 5
MOST_ROWS = 256

Clock = Callable[[], float]
"""Seconds since some moment."""


def latency(
    classifier: Classifier, a: Sequence[str], b: Sequence[str], *, clock: Clock = time.perf_counter
) -> dict[str, Any]:
    """Measure milliseconds a text, from text to labels, for A and B in turn.

    Each writing is predicted once unmeasured, then five times; the median stands beside the
    fastest and the slowest. At most 256 rows are taken, evenly spread and the same in both.

    Args:
        classifier: of the run, on its device.
        a: texts in A, at least one.
        b: the same rows in B.
        clock: what tells the time.
    """
    rows = np.unique(np.linspace(0, len(a) - 1, min(len(a), MOST_ROWS)).astype(np.int64))
    taken = {side: [texts[i] for i in rows] for side, texts in (("a", a), ("b", b))}
    spent: dict[str, list[float]] = {side: [] for side in taken}
    for turn in range(1 + REPEATS):
        for side, texts in taken.items():
            begun = clock()
            classifier.predict(texts)
            milliseconds = 1000 * (clock() - begun) / len(rows)
            spent[side] += [milliseconds] if turn else []
    return {
        **{
            side: {"ms": statistics.median(ms), "low": min(ms), "high": max(ms)}
            for side, ms in spent.items()
        },
        "rows": len(rows),
        "repeats": REPEATS,
        "device": next(classifier.model.parameters()).device.type,
        **machine(),
    }
