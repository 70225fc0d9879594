"""What the tests of commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def three_lines() -> Callable[[str, str], str]:
    """Return a check that an error has a code and its three lines; it gives the error back."""

    def check(error: str, code: str) -> str:
        lines = error.splitlines()
        assert len(lines) == 3, error
        assert lines[0].startswith(f"[{code}] ")
        assert lines[1].startswith("  got: ")
        assert lines[2].startswith("  fix: ")
        return error

    return check


@pytest.fixture
def train_command(labelled_file: Path, tiny: dict[str, object]) -> Callable[..., list[str]]:
    """Return a maker of the arguments of a tiny training: ``make(out, *options)``."""

    def make(out: Path, *options: str) -> list[str]:
        settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
        named = [part for setting in settings for part in ("--set", setting)]
        return ["train", str(labelled_file), "--out", str(out), *named, *options]

    return make
