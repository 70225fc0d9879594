"""Mistakes of windows: which recordings they lie in, when, and how near to an event.

A window has no words, and what overlaps it says the same twice; so mistakes are told by
recordings and times, and intervals draw whole groups of recordings. Shapes: N windows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.compare_slices import LENGTH, QUARTERS, Slicing
from evenhand.evaluate.metrics import matched_rows
from evenhand.evaluate.mistakes import Judged, Mistakes, find_mistakes
from evenhand.evaluate.places import Places
from evenhand.types import Floats

MOMENT, TIME = "moment", "time"
"""Columns by which windows can always be sliced."""
MOMENTS = ("in an event", "before an event", "no event follows", "moment unknown")
WORST = 10
"""Recordings with the largest share of wrong windows that are named."""


def window_mistakes(
    judged: Judged,
    places: Places,
    *,
    slices: Sequence[Slicing] = (),
    only: str | None = None,
    shown: int = 5,
) -> Mistakes:
    """Describe the mistakes of a system on windows.

    How errors depend on the moment and on the time in the recording is always told.

    Args:
        judged: rows, truth, decisions, probabilities, groups.
        places: of the same windows.
        slices: further ways to cut the rows.
        only: one label; all of them if None.
        shown: mistakes of each kind shown a label.

    Raises:
        DataError: E201 for a name that is no label, E211 when the places are of other windows.
    """
    places.refuse_other(judged.ids)
    told = replace(judged, texts=spoken(places))
    found = find_mistakes(
        told,
        [()] * len(judged.ids),
        slices=[by_moment(places), by_time(places), *slices],
        only=only,
        shown=shown,
    )
    return Mistakes({**found.to_dict(), "recordings": _recordings(judged, places, only)})


def spoken(places: Places) -> list[str]:
    """Return what names each window for people: recording, seconds, and what is going on."""
    return [
        f"{name} {start:g}-{end:g} s, {_ahead(moment, wait)}"
        for name, start, end, moment, wait in zip(
            places.recordings,
            places.start_N,
            places.end_N,
            moments(places),
            places.wait_N,
            strict=True,
        )
    ]


def _ahead(moment: str, wait: float) -> str:
    return f"{wait:.3g} s before an event" if moment == MOMENTS[1] else moment


def moments(places: Places) -> list[str]:
    """Return where each window's end stands to the events: one of ``MOMENTS``.

    By frame labels alone: one above 0 is an event, of which the last frame may be part.
    """
    return [
        MOMENTS[3]
        if math.isnan(current)
        else MOMENTS[0]
        if current > 0
        else MOMENTS[2]
        if math.isnan(wait)
        else MOMENTS[1]
        for current, wait in zip(places.current_N, places.wait_N, strict=True)
    ]


def by_moment(places: Places) -> Slicing:
    """Cut windows by where their end stands to the events."""
    return Slicing(MOMENT, dict(zip(places.ids, moments(places), strict=True)), order=MOMENTS)


def by_time(places: Places) -> Slicing:
    """Cut windows into quarters by the second of the recording in which they end."""
    return _quarters(TIME, places, places.end_N)


def by_seconds(places: Places) -> Slicing:
    """Cut windows into quarters by how long they are."""
    return _quarters(LENGTH, places, np.round(places.end_N - places.start_N, 6))


def _quarters(column: str, places: Places, seconds_N: Floats) -> Slicing:
    """Cut windows by a number of seconds; equal ones stay together, so parts may differ in size."""
    shares = np.arange(1, QUARTERS) / QUARTERS
    ends = np.unique(np.quantile(seconds_N, shares, method="lower"))
    place_N = np.searchsorted(ends, seconds_N, side="left")
    names = {}
    for place in np.unique(place_N).tolist():
        low, high = seconds_N[place_N == place].min(), seconds_N[place_N == place].max()
        names[place] = f"{low:g} s" if low == high else f"{low:g} to {high:g} s"
    values = {name: names[p] for name, p in zip(places.ids, place_N.tolist(), strict=True)}
    return Slicing(column, values, order=tuple(names.values()))


def _recordings(judged: Judged, places: Places, only: str | None) -> list[dict[str, Any]]:
    """Return the recordings with the largest share of wrong windows, worst first."""
    wrong_N, known_N = _wrong(judged, only)
    names, of_N = np.unique(places.recordings, return_inverse=True)
    wrong_R = np.bincount(of_N, weights=wrong_N, minlength=len(names)).astype(int)
    known_R = np.bincount(of_N, weights=known_N, minlength=len(names)).astype(int)
    share_R = wrong_R / np.maximum(known_R, 1)
    order_R = np.lexsort((names, -wrong_R, -share_R))
    return [
        {"name": str(names[r]), "rows": int(known_R[r]), "wrong": int(wrong_R[r])}
        for r in order_R[:WORST].tolist()
        if wrong_R[r]
    ]


def _wrong(judged: Judged, only: str | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if only is None:
        right_N, known_N = matched_rows(judged.truth_NC, judged.decided_NC)
        return known_N & ~right_N, known_N
    c = judged.labels.index(only)
    truth_N = judged.truth_NC[:, c]
    known_N = ~np.isnan(truth_N)
    return known_N & (judged.decided_NC[:, c] != (truth_N == 1)), known_N
