"""What the tests of commands share."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
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


@pytest.fixture(scope="session")
def teacher(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, tiny: dict[str, object]
) -> Path:
    """Return a run on the rows and the split that the studies here have."""
    settings = {**tiny, "report.baselines": False, "train.epochs": 3}
    return evenhand.train(
        labelled_file, tmp_path_factory.mktemp("teacher") / "run", settings=settings
    ).folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, labelled_file: Path) -> Path:
    """Return 50 texts that nobody has labelled, and two that the labelled file holds."""
    known = [row["text"] for row in json.loads(labelled_file.read_text("utf-8"))]
    words = sorted({word for text in known for word in text.split()})
    random = np.random.default_rng(9)
    texts = [" ".join(random.choice(words, size=8)) for _ in range(50)] + known[:2]
    path = tmp_path_factory.mktemp("bare") / "bare.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([f"u{i}", t] for i, t in enumerate(texts))])
    return path


@pytest.fixture
def distill_command(labelled_file: Path, tiny: dict[str, object]) -> Callable[..., list[str]]:
    """Return a maker of the arguments of a study: ``make(teacher, out, *options)``."""

    def make(teacher: Path, out: Path, *options: str) -> list[str]:
        settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
        named = [part for setting in settings for part in ("--set", setting)]
        return ["distill", str(teacher), str(labelled_file), "--out", str(out), *named, *options]

    return make


@pytest.fixture(scope="session")
def distilled(
    tmp_path_factory: pytest.TempPathFactory,
    labelled_file: Path,
    tiny: dict[str, object],
    teacher: Path,
    bare: Path,
) -> Path:
    """Return a finished study with unlabelled rows, made in a process of its own."""
    out = tmp_path_factory.mktemp("study") / "S"
    settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
    named = [part for setting in settings for part in ("--set", setting)]
    given = [str(teacher), str(labelled_file), "--unlabelled", str(bare), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "evenhand", "distill", *given, *named],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (out.parent / "said.txt").write_text(done.stdout, "utf-8")
    return out


@pytest.fixture(scope="session")
def write_scores() -> Callable[..., Path]:
    """Return a maker of files of scores: ``write(path, teacher, rows, drop=0)``."""

    def write(path: Path, teacher: Path, rows: Path, *, drop: int = 0) -> Path:
        given = json.loads(rows.read_text("utf-8"))
        said = evenhand.load(teacher).predict([row["text"] for row in given])
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = [
                [row["id"], *map(repr, probs_C)]
                for row, probs_C in zip(given, said.probs_NC.tolist(), strict=True)
            ]
            csv.writer(file).writerows([["id", *said.labels.names], *lines[: len(lines) - drop]])
        return path

    return write
