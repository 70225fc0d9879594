"""What the tests of commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand
from evenhand.run import Run
from evenhand.study import ensemble


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


@pytest.fixture(scope="session")
def member_runs(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, tiny: dict[str, object]
) -> Path:
    """Return a folder of runs: a, b, c on one split with report rows; other, on another split."""
    folder = tmp_path_factory.mktemp("members")
    for seed, name in enumerate("abc", start=1):
        settings = {**tiny, "seed": seed, "data.split_seed": 1, "train.epochs": 1}
        settings["report.baselines"] = name == "a"
        evenhand.train(labelled_file, folder / name, settings=settings)
    settings = {**tiny, "data.split_seed": 2, "train.epochs": 1, "report.baselines": False}
    evenhand.train(labelled_file, folder / "other", settings=settings)
    return folder


@pytest.fixture(scope="session")
def ensemble_by(
    member_runs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Run]:
    """Return a maker of the ensemble of a, b and c by each combination, once each."""
    found: dict[str, Run] = {}

    def make(by: str) -> Run:
        if by not in found:
            out = tmp_path_factory.mktemp("ensembles") / by
            found[by] = ensemble.start([member_runs / name for name in "abc"], out, by=by)
        return found[by]

    return make
