"""Folders of series, as small as a test needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Arrays = Mapping[str, Any]
Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Return a function that writes ``{"a": arrays, ...}`` as a.npz, ... and metadata.json.

    ``metadata`` overrides 10 Hz and the dimensions pose 3, traj 2; None leaves a key out.
    """

    def folder(files: Mapping[str, Arrays], *, name: str = "walks", **metadata: Any) -> Path:
        path = tmp_path / name
        path.mkdir(exist_ok=True)
        for file, arrays in files.items():
            np.savez(path / f"{file}.npz", **arrays)
        said = {"rate": 10, "dimensions": {"pose": 3, "traj": 2}, **metadata}
        said = {key: value for key, value in said.items() if value is not None}
        (path / "metadata.json").write_text(json.dumps(said), encoding="utf-8")
        return path

    return folder


@pytest.fixture
def walk() -> Callable[..., dict[str, np.ndarray]]:
    """Return a function that makes the arrays of a recording; the same seed, the same arrays."""

    def arrays(frames: int = 60, *, seed: int = 0, label: Any = None) -> dict[str, np.ndarray]:
        random = np.random.default_rng(seed)
        label_T = (np.arange(frames) // 10 + seed) % 2 if label is None else label
        return {
            "pose": random.normal(size=(frames, 3)).astype(np.float32),
            "traj": random.normal(size=(frames, 2)).astype(np.float32).cumsum(axis=0) * 0.1,
            "label": np.asarray(label_T, np.uint8),
        }

    return arrays


@pytest.fixture
def many(walk: Callable[..., dict[str, np.ndarray]]) -> dict[str, dict[str, np.ndarray]]:
    """Return twelve recordings of 60 frames."""
    return {f"r{i:02}": walk(seed=i) for i in range(12)}
