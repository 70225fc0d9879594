"""Recordings to windows, their labels, and what becomes of those that have none.

Shapes: R recordings, F frames of all of them, T frames of one, N windows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from evenhand.data.series.records import Frames, Rows, SeriesSchema, Windows
from evenhand.data.series.reel import Reel
from evenhand.data.series.targets import NOWHERE, FrameLabels, Labels, call, next_event
from evenhand.errors import DataError

TOO_SHORT = "the recording is shorter than a window"


@dataclass(frozen=True)
class Cut:
    """Windows that can be called by a label, and the others.

    Args:
        windows: that have one.
        label_N: theirs, int64.
        aside: of each recording, reason -> names of the windows that have none.
    """

    windows: Windows
    label_N: Rows
    aside: tuple[Mapping[str, list[str]], ...]


def cut(frames: Frames, schema: SeriesSchema) -> Windows:
    """Return every window of every recording; nothing is known of their labels.

    A recording shorter than a window gives none. What is left at its end gives none either.
    """
    firsts, ends, recordings = [], [], []
    for number, start in enumerate(frames.starts_R[:-1]):
        total = int(frames.starts_R[number + 1] - start)
        length = schema.window or total
        first_N = np.arange(0, total - length + 1, schema.stride or total, dtype=np.int64)
        firsts.append(start + first_N)
        ends.append(start + first_N + length)
        recordings.append(np.full(len(first_N), number, np.int64))
    first_N, end_N, recording_N = map(np.concatenate, (firsts, ends, recordings))
    unknown_N = np.full(len(first_N), np.nan)
    return Windows(
        frames, first_N, end_N, recording_N, unknown_N.astype(np.float32), unknown_N.copy()
    )


def cut_labelled(reel: Reel, schema: SeriesSchema) -> Cut:
    """Return every window that has a label, with what is known at its last frame.

    A recording that is shorter than a window is set aside as one window.

    Raises:
        DataError: E206 for a frame label that has no name.
    """
    windows = cut(reel.frames, schema)
    names = window_names(windows, schema)[0]
    edges = np.searchsorted(windows.recording_N, np.arange(len(reel.frames.names) + 1))
    label_N = np.full(len(windows), -1, np.int64)
    current_N, wait_N = windows.current_N.copy(), windows.wait_N.copy()
    aside: list[Mapping[str, list[str]]] = []
    for number, start in enumerate(reel.frames.starts_R[:-1]):
        labels = frame_labels(reel, schema, number)
        rows = slice(edges[number], edges[number + 1])
        first_K, end_K = windows.first_N[rows] - start, windows.end_N[rows] - start
        called = call(schema.target, labels, first_K, end_K, horizon=schema.horizon)
        label_N[rows] = called.label_N
        current_N[rows], wait_N[rows] = _now(labels, end_K, schema.rate)
        lost = {
            why: [names[edges[number] + k] for k in np.flatnonzero(out_K)]
            for why, out_K in called.why.items()
        }
        aside.append(lost if len(first_K) else {TOO_SHORT: [f"{reel.frames.names[number]}@0"]})
    kept = np.flatnonzero(label_N >= 0)
    told = replace(windows, current_N=current_N, wait_N=wait_N)
    return Cut(told.take(kept), label_N[kept], tuple(aside))


def frame_labels(reel: Reel, schema: SeriesSchema, number: int) -> FrameLabels:
    """Return the labels of the frames of one recording.

    Raises:
        DataError: E206 for one that has no name.
    """
    first, end = reel.frames.starts_R[number : number + 2]
    name = reel.frames.names[number]
    label_T, future_T = reel.label_F[first:end], reel.future_F[first:end]
    _refuse_nameless(label_T, "label", name, schema)
    _refuse_nameless(future_T, "future_label", name, schema)
    return FrameLabels(label_T, future_T, schema.unlabelled, len(schema.names))


def window_names(windows: Windows, schema: SeriesSchema) -> tuple[list[str], list[str]]:
    """Return ids such as ``walk-3@12.4``, and texts such as ``walk-3 12.4-16.4 s``."""
    digits = max(0, math.ceil(math.log10(schema.rate))) + 1
    starts_N = windows.frames.starts_R[windows.recording_N]
    ids, texts = [], []
    rows = (windows.recording_N, windows.first_N - starts_N, windows.end_N - starts_N)
    for recording, first, end in zip(*(row.tolist() for row in rows), strict=True):
        name = windows.frames.names[recording]
        begin = _second(first / schema.rate, digits)
        ids.append(f"{name}@{begin}")
        texts.append(f"{name} {begin}-{_second(end / schema.rate, digits)} s")
    return ids, texts


def _second(seconds: float, digits: int) -> str:
    return f"{seconds:.{digits}f}".rstrip("0").rstrip(".")


def _now(labels: FrameLabels, end_N: Rows, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the label of each window's last frame, and seconds from there to the next event."""
    label_N = labels.label_T[end_N - 1]
    current_N = np.where(label_N == labels.unlabelled, np.nan, label_N).astype(np.float32)
    event_N = next_event(labels)[end_N]
    wait_N = np.where(event_N == NOWHERE, np.nan, (event_N - (end_N - 1)) / rate)
    return current_N, wait_N


def _refuse_nameless(label_T: Labels, array: str, recording: str, schema: SeriesSchema) -> None:
    outside = (label_T < 0) | (label_T >= len(schema.names))
    bad = np.flatnonzero(outside & (label_T != schema.unlabelled))
    if len(bad):
        value = int(label_T[bad[0]])
        known = f"0 to {len(schema.names) - 1} ({', '.join(schema.names[:8])})"
        raise DataError(
            "E206",
            f"a frame has a label beyond {known}",
            got=f"{value} in frame {bad[0]} of {array} of {recording!r}",
            fix=f'"unlabelled": {value} in metadata.json if it stands for no label; else '
            + ('add it to "labels"' if value >= 0 else "mend it: labels count from 0"),
        )
