"""One recipe from several seeds is one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.cli import main
from evenhand.run import Run

Command = Callable[..., list[str]]


def test_seeds_differ_in_training_and_not_in_rows(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "many"
    assert main(train_command(out, "--seeds", "2", "--set", "seed=4")) == 0
    runs = [Run(out / name) for name in ("seed-4", "seed-5")]
    assert [run.manifest["seed"] for run in runs] == [4, 5]
    assert runs[0].manifest["sha256"] == runs[1].manifest["sha256"]
    weights = [(run.layout.bundle / "model.safetensors").read_bytes() for run in runs]
    assert weights[0] != weights[1]
    written = json.loads((out / "seeds.json").read_text("utf-8"))
    assert written["seeds"] == [4, 5]
    values = [run.metrics["overall"]["macro_f1"]["value"] for run in runs]
    assert written["overall"]["macro_f1"]["values"] == values
    assert "over seeds" in capsys.readouterr().out


def test_the_first_seed_is_what_it_would_be_alone(tmp_path: Path, train_command: Command) -> None:
    assert main(train_command(tmp_path / "many", "--seeds", "2")) == 0
    assert main(train_command(tmp_path / "one")) == 0
    bundles = [tmp_path / "many" / "seed-0" / "bundle", tmp_path / "one" / "bundle"]
    first, alone = ((bundle / "model.safetensors").read_bytes() for bundle in bundles)
    assert first == alone


@pytest.mark.parametrize(
    "beside", [["--against", "plain", "--seeds", "2"], ["--resume", "x", "--seeds", "2"]]
)
def test_two_studies_at_once_are_refused(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
    beside: list[str],
) -> None:
    assert main(train_command(tmp_path / "many", *beside)) == 2
    assert capsys.readouterr().err.startswith("[E110]")
    assert not (tmp_path / "many").exists()


def test_a_used_folder_is_refused(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "notes.txt").write_text("kept", "utf-8")
    assert main(train_command(tmp_path / "many", "--seeds", "2")) == 2
    assert capsys.readouterr().err.startswith("[E109]")
