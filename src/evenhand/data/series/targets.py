"""What a window is to be called, from the labels of its frames and of those after it.

A frame's label is a number: 0 is no event, above 0 is one, and one number stands for no label.
Shapes: T frames of a recording, N windows, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series.records import Target

Labels = NDArray[np.int32]
Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOWHERE = np.iinfo(np.int64).max
"""Position of an event that does not come."""

CUT_OFF = "the recording ends within the horizon"
UNLABELLED_AHEAD = "no event in the horizon, and not all of it is labelled"
UNLABELLED = "no labelled frame"
UNKNOWN_FUTURE = "the last frame has no future_label"


@dataclass(frozen=True)
class FrameLabels:
    """The labels of one recording.

    Args:
        label_T: label of each frame, int32.
        future_T: stored label of what comes, int32; of no label where none is stored.
        unlabelled: the number that stands for no label.
        classes: labels there are, ``C``; all others lie from 0 to ``C - 1``.
    """

    label_T: Labels
    future_T: Labels
    unlabelled: int
    classes: int


@dataclass(frozen=True)
class Called:
    """Labels of windows.

    Args:
        label_N: label of each window, int64; -1 where it is not known.
        why: reason -> which windows it leaves without a label, ``(N,)``; no window has two.
    """

    label_N: Rows
    why: Mapping[str, Bools]


def call(
    target: Target, frames: FrameLabels, first_N: Rows, end_N: Rows, *, horizon: int
) -> Called:
    """Return the label of the windows ``[first, end)`` of a recording.

    Args:
        target: as ``SeriesSchema`` explains it.
        frames: labels of the recording.
        first_N: first frame of each window.
        end_N: frame after its last one, at most ``T``.
        horizon: frames after a window that ``horizon`` and ``any`` look at.
    """
    return _RULES[target](frames, first_N, end_N, horizon)


def _horizon(frames: FrameLabels, first_N: Rows, end_N: Rows, horizon: int) -> Called:
    """Look at the frames ``[end, end + horizon)``: none of the window's own is among them."""
    cut_off_N = end_N + horizon > len(frames.label_T)
    label_N, open_N = _first_event(frames, end_N, end_N + horizon)
    open_N &= ~cut_off_N
    label_N[cut_off_N | open_N] = -1
    return Called(label_N, {CUT_OFF: cut_off_N, UNLABELLED_AHEAD: open_N})


def _any(frames: FrameLabels, first_N: Rows, end_N: Rows, horizon: int) -> Called:
    """Look at the window and what is recorded of the horizon, as the seed did."""
    label_N, open_N = _first_event(frames, first_N, end_N + horizon)
    label_N[open_N] = -1
    return Called(label_N, {UNLABELLED_AHEAD: open_N})


def _majority(frames: FrameLabels, first_N: Rows, end_N: Rows, horizon: int) -> Called:
    """Take the label of most frames, the lower of two that are as frequent."""
    before_T1C = np.zeros((len(frames.label_T) + 1, frames.classes), np.int64)
    is_TC = frames.label_T[:, None] == np.arange(frames.classes)
    np.cumsum(is_TC & (frames.label_T != frames.unlabelled)[:, None], axis=0, out=before_T1C[1:])
    count_NC = before_T1C[end_N] - before_T1C[first_N]
    none_N = count_NC.sum(axis=1) == 0
    label_N = count_NC.argmax(axis=1).astype(np.int64)
    label_N[none_N] = -1
    return Called(label_N, {UNLABELLED: none_N})


def _future(frames: FrameLabels, first_N: Rows, end_N: Rows, horizon: int) -> Called:
    label_N = frames.future_T[end_N - 1].astype(np.int64)
    unknown_N = label_N == frames.unlabelled
    label_N[unknown_N] = -1
    return Called(label_N, {UNKNOWN_FUTURE: unknown_N})


_RULES: Mapping[Target, Callable[[FrameLabels, Rows, Rows, int], Called]] = {
    "horizon": _horizon,
    "any": _any,
    "majority": _majority,
    "future": _future,
}


def next_event(frames: FrameLabels) -> Rows:
    """Return the first frame at or after each with a label above 0, int64, ``(T + 1,)``.

    ``NOWHERE`` where none comes; the last place stands for the end of the recording.
    """
    total = len(frames.label_T)
    next_T1 = np.full(total + 1, NOWHERE, np.int64)
    event_T = (frames.label_T > 0) & (frames.label_T != frames.unlabelled)
    next_T1[:-1][event_T] = np.flatnonzero(event_T)
    return np.minimum.accumulate(next_T1[::-1])[::-1]


def _first_event(frames: FrameLabels, first_N: Rows, end_N: Rows) -> tuple[Rows, Bools]:
    """Return the label of the first event in ``[first, end)``, 0 without, and what stays open.

    Open is a stretch without an event in which a frame has no label.
    """
    total = len(frames.label_T)
    at_N = next_event(frames)[first_N]
    found_N = at_N < end_N
    label_N = np.zeros(len(first_N), np.int64)
    label_N[found_N] = frames.label_T[at_N[found_N]]
    blank_T1 = np.concatenate([[0], np.cumsum(frames.label_T == frames.unlabelled)])
    blanks_N = blank_T1[np.minimum(end_N, total)] - blank_T1[first_N]
    return label_N, ~found_N & (blanks_N > 0)
