"""Foretelling: how long before an event it is told, and what is told that has begun already.

A horizon label holds for windows that lie in an event as well as for those before it; to see that
something goes on is no foretelling, so both are measured apart. Shapes: N windows, K positive
ones, E events, R resamples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.intervals import (
    Figures,
    Replicates,
    Statistic,
    decided_statistic,
)
from evenhand.evaluate.metrics import Decided, divide
from evenhand.evaluate.places import Places
from evenhand.evaluate.systems import Question, resampled
from evenhand.types import Floats, Predictions

QUARTERS = 4
TICKS = 1e6
"""Parts of a second to which the times of two windows' events must agree to be one event."""
TINY = 1e-9


@dataclass(frozen=True)
class _Ahead:
    """Positive windows whose event has not begun when they end, and the events.

    Args:
        rows_K: positions of the windows.
        hit_K: whether the window was given its label.
        lead_K: seconds to the event.
        event_K: which event, numbered from 0.
    """

    rows_K: NDArray[np.int64]
    hit_K: Decided
    lead_K: Floats
    event_K: NDArray[np.int64]


def foretelling(
    rows: Predictions,
    decided_NC: Decided,
    places: Places,
    *,
    horizon: float,
    question: Question,
) -> dict[str, Any] | None:
    """Measure how early events are told; None where no positive window lies before its event.

    Windows of one group are resampled together, and with them the events that they foretell.

    Args:
        rows: the measured windows; labels above 0 are events.
        decided_NC: labels given to them, bool.
        places: of the same windows.
        horizon: seconds ahead that the target looks; 0 where that is not known.
        question: resamples, level, seed.

    Returns:
        ``begun`` and ``ahead``: windows before and after the event's beginning, with precision,
        recall and F1 of telling any event, and F1 of always telling one (a positive window whose
        event is over, as the target ``any`` has them, is in neither); ``lead``: median seconds
        of the hits; ``events``; ``foretold``: for some spans, events that windows so long before
        could tell, and the share of them that one told.

    Raises:
        DataError: E211 when the places are of other windows.
    """
    places.refuse_other(rows.ids)
    positive_N = (rows.truth_NC[:, 1:] == 1).any(axis=1)
    hit_N = positive_N & ((rows.truth_NC == 1) & decided_NC).any(axis=1)
    before_N = places.current_N == 0
    within_N = ~np.isnan(places.wait_N)
    if horizon > 0:
        within_N &= np.nan_to_num(places.wait_N) <= horizon + TINY
    rows_K = np.flatnonzero(positive_N & before_N & within_N)
    if not len(rows_K):
        return None
    ahead = _Ahead(rows_K, hit_N[rows_K], places.wait_N[rows_K], _events(places, rows_K))
    spans = [horizon * q / QUARTERS for q in range(QUARTERS)]
    if horizon <= 0:
        spans = [float(ahead.lead_K.max()) * q / QUARTERS for q in range(QUARTERS)]
    told_N: Decided = np.asarray(decided_NC[:, 1:].any(axis=1))
    parts: dict[str, Decided] = {
        "ahead": before_N & (within_N | ~positive_N),
        "begun": places.current_N > 0,
    }
    statistics = [_leads(ahead, spans)]
    for rows_N in parts.values():
        statistics += [
            _telling(positive_N, given_N, rows_N) for given_N in (told_N, np.ones_like(told_N))
        ]
    leads, *pairs = resampled(statistics, rows, question)
    level = question.level
    return {
        name: _part(positive_N & rows_N, rows_N, pairs[2 * i], pairs[2 * i + 1], level=level)
        for i, (name, rows_N) in enumerate(parts.items())
    } | {
        "lead": {"hits": int(ahead.hit_K.sum())} | leads.interval("lead", level=level).to_dict(),
        "events": int(ahead.event_K.max()) + 1,
        "foretold": [
            {
                "at_least": span,
                "events": int(leads.values["possible"][s, 0]),
                **share.to_dict(),
            }
            for s, (span, share) in enumerate(
                zip(spans, leads.intervals("foretold", level=level), strict=True)
            )
        ],
    }


def _events(places: Places, rows_K: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the events that windows lie before: one recording and one time are one event."""
    at_K = np.rint((places.end_N[rows_K] + places.wait_N[rows_K]) * TICKS).astype(np.int64)
    keys = list(zip((places.recordings[i] for i in rows_K.tolist()), at_K.tolist(), strict=True))
    number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def _leads(ahead: _Ahead, spans: list[float]) -> Statistic:
    """Return median lead ``(R,)`` and, a span each, possible events and the share told."""
    hits_K = ahead.rows_K[ahead.hit_K]
    order_K = np.argsort(ahead.lead_K[ahead.hit_K], kind="stable")
    sorted_K, lead_K = hits_K[order_K], ahead.lead_K[ahead.hit_K][order_K]
    _, first_E = np.unique(ahead.event_K, return_index=True)
    longest_E, told_E = (np.full(len(first_E), -math.inf) for _ in range(2))
    np.maximum.at(longest_E, ahead.event_K, ahead.lead_K)
    np.maximum.at(told_E, ahead.event_K[ahead.hit_K], ahead.lead_K[ahead.hit_K])
    reach_SE = longest_E >= np.array(spans)[:, None] - TINY
    told_SE = told_E >= np.array(spans)[:, None] - TINY

    def figures(weights_NR: Floats) -> Figures:
        weight_ER = weights_NR[ahead.rows_K[first_E]]
        possible_SR = reach_SE.astype(np.float64) @ weight_ER
        return {
            "lead": weighted_median(lead_K, weights_NR[sorted_K]),
            "possible": possible_SR,
            "foretold": divide(told_SE.astype(np.float64) @ weight_ER, possible_SR),
        }

    return figures


def weighted_median(sorted_K: Floats, weights_KR: Floats) -> Floats:
    """Return the median of values that count so often, ``(R,)``; NaN where none counts.

    Weights of 1 give the plain median.

    Args:
        sorted_K: ascending.
        weights_KR: how often each value counts.
    """
    if not len(sorted_K):
        return np.full(weights_KR.shape[1], np.nan)
    upto_KR = np.cumsum(weights_KR, axis=0)
    half_R = upto_KR[-1] / 2
    low_R = (upto_KR >= half_R).argmax(axis=0)
    high_R = (upto_KR > half_R).argmax(axis=0)
    return np.where(half_R > 0, (sorted_K[low_R] + sorted_K[high_R]) / 2, np.nan)


def _telling(positive_N: Decided, told_N: Decided, rows_N: Decided) -> Statistic:
    rows_M = np.flatnonzero(rows_N)
    truth_M1 = positive_N[rows_M, None].astype(np.float32)
    statistic = decided_statistic(truth_M1, told_N[rows_M, None])
    return lambda weights_NR: statistic(weights_NR[rows_M])


def _part(
    positive_N: Decided, rows_N: Decided, ours: Replicates, always: Replicates, *, level: float
) -> dict[str, Any]:
    figures = {
        name: ours.intervals(name, level=level)[0].to_dict()
        for name in ("precision", "recall", "f1")
    }
    return {
        "rows": int(rows_N.sum()),
        "positives": int(positive_N.sum()),
        **figures,
        "always_f1": always.intervals("f1", level=level)[0].to_dict(),
    }
