"""Series made by hand: a few recordings of random frames, cut into windows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evenhand.data.series import Frames, Scaler, Windows
from evenhand.models.series import WindowTable

STREAMS = (("pose", 5), ("traj", 2))


def frames_of(
    lengths: Sequence[int] = (60, 40, 50),
    *,
    streams: Sequence[tuple[str, int]] = STREAMS,
    unknown: float = 0.1,
    missing: Mapping[str, Sequence[int]] | None = None,
    seed: int = 0,
) -> Frames:
    """Return recordings of Gaussian frames, mean 1 and spread 3.

    Args:
        lengths: frames of each recording.
        streams: name and width of each.
        unknown: share of frames that are not known.
        missing: stream -> recordings that lack it.
        seed: of the frames.
    """
    random = np.random.default_rng(seed)
    starts_R = np.r_[0, np.cumsum(lengths)]
    total = int(starts_R[-1])
    values, known = {}, {}
    for name, width in streams:
        values[name] = (1 + 3 * random.standard_normal((total, width))).astype(np.float32)
        known[name] = random.random(total) >= unknown
        for recording in (missing or {}).get(name, ()):
            known[name][starts_R[recording] : starts_R[recording + 1]] = False
        values[name][~known[name]] = 0
    return Frames(values, known, starts_R, tuple(f"r{i}" for i in range(len(lengths))))


def windows_of(
    frames: Frames, *, length: int = 12, stride: int = 6, ragged: bool = False
) -> Windows:
    """Return the windows of all recordings; ragged ones differ in length by up to 3 frames."""
    pairs = zip(frames.starts_R[:-1], frames.starts_R[1:], strict=True)
    starts = [np.arange(first, end - length + 1, stride) for first, end in pairs]
    first_N = np.concatenate(starts)
    shorter_N = np.arange(len(first_N)) % 4 if ragged else 0
    return Windows(
        frames,
        first_N,
        first_N + length - shorter_N,
        np.repeat(np.arange(len(starts)), [len(found) for found in starts]),
        (np.arange(len(first_N)) % 2).astype(np.float32),
        np.full(len(first_N), np.nan),
    )


def table_of(
    windows: Windows | None = None, *, streams: Sequence[str] = ("pose", "traj")
) -> WindowTable:
    """Return windows, ragged ones if none are given, scaled by themselves."""
    windows = windows or windows_of(frames_of(), ragged=True)
    return WindowTable(windows, Scaler.fit(windows), tuple(streams))


def write_recordings(
    folder: Path,
    names: Sequence[str] = tuple("abcdefgh"),
    *,
    frames: int = 60,
    roles: Sequence[str] | None = None,
    streams: Sequence[tuple[str, int]] = STREAMS,
    seed: int = 0,
    **more: object,
) -> Path:
    """Write a folder of recordings at 10 Hz in which a bump of the first stream foretells an event.

    Args:
        folder: is made.
        names: of the recordings.
        frames: of each.
        roles: fit, tune or report for each; None leaves the roles to be drawn.
        streams: name and width of each.
        seed: of the frames.
        more: keys of ``metadata.json``.
    """
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    about = {
        "rate": 10,
        "dimensions": dict(streams),
        "labels": ["other", "event"],
        "window": 1.2,
        "stride": 0.6,
        "horizon": 0.5,
    }
    if roles is not None:
        about["split"] = "role"
        pairs = zip(names, roles, strict=True)
        about["recordings"] = {name: {"role": role} for name, role in pairs}
    (folder / "metadata.json").write_text(json.dumps({**about, **more}))
    for name in names:
        arrays = {s: random.standard_normal((frames, w)).astype(np.float32) for s, w in streams}
        label_T = np.zeros(frames, np.uint8)
        for event in range(15, frames - 5, 20):
            label_T[event : event + 3] = 1
            arrays[streams[0][0]][event - 5 : event] += 2
        np.savez(folder / f"{name}.npz", label=label_T, **arrays)
    return folder
