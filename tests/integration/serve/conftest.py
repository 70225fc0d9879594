"""The real server in a process of its own, before a tiny trained bundle."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))

import soak
from served import Served, serving

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="session")
def bundle(teacher: Path) -> Path:
    """Return the bundle of a tiny run."""
    return teacher / "bundle"


@pytest.fixture(scope="session")
def place(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the bundle that may be replaced; only its first cut ever changes."""
    folder = tmp_path_factory.mktemp("place") / "bundle"
    soak.variant(bundle, folder, 0.25)
    return folder


@pytest.fixture(scope="session")
def server(place: Path) -> Iterator[Served]:
    """Return a server without a key."""
    with serving(place) as one:
        yield one


@pytest.fixture(scope="session")
def guarded(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with a key and the smallest queue."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(f"{KEY}\n", "ascii")
    keys.chmod(0o600)
    with serving(bundle, "--key-file", str(keys), "--queue", "128") as one:
        yield one
