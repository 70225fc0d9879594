"""Tiny folders of recordings: a walker that turns before it stops, with two streams."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

RATE = 10.0


def write_recordings(
    folder: Path,
    *,
    recordings: int = 24,
    frames: int = 120,
    seed: int = 0,
    lacking: tuple[int, ...] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Write recordings in which ``pose`` moves for two seconds before label 1 sets in.

    Every other recording has one event of three seconds. ``traj`` drifts and says nothing.

    Args:
        folder: to be made.
        recordings: how many; names are ``r00``, ``r01``, ...; two of them share a person.
        frames: of each, at 10 Hz.
        seed: of everything drawn.
        lacking: numbers of recordings without ``traj``.
        metadata: further keys, or others in place of those that are written.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    records = {}
    for number in range(recordings):
        name = f"r{number:02d}"
        pose_TD = random.normal(size=(frames, 3)).astype(np.float32)
        traj_TD = np.cumsum(random.normal(size=(frames, 2)), axis=0).astype(np.float32) / 10
        label_T = np.zeros(frames, np.uint8)
        if number % 2:
            begin = int(random.integers(50, frames - 40))
            label_T[begin : begin + 30] = 1
            pose_TD[begin - 20 : begin + 30] += 3
        arrays = {"pose": pose_TD, "traj": traj_TD, "label": label_T}
        if number in lacking:
            del arrays["traj"]
        np.savez(folder / f"{name}.npz", **arrays)
        records[name] = {"person": f"p{number // 2}", "place": "hall" if number % 3 else "yard"}
    about = {
        "rate": RATE,
        "dimensions": {"pose": 3, "traj": 2},
        "units": {"pose": "rad", "traj": "m"},
        "labels": ["walking", "stopping"],
        "window": 2.0,
        "stride": 1.0,
        "horizon": 2.0,
        "recordings": records,
        **(metadata or {}),
    }
    (folder / "metadata.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


SETTINGS: dict[str, object] = {
    "model.network.name": "cnn",
    "train.epochs": 2,
    "train.batch_size": 16,
    "optim.lr": 5e-3,
    "report.resamples": 100,
    "decision.resamples": 20,
}
"""Under which a run on such a folder takes a few seconds."""
