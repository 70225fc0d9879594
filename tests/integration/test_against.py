"""Old against new is one command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.cli import main
from evenhand.run import Run

Command = Callable[..., list[str]]


def test_two_recipes_are_trained_on_the_same_rows_and_compared(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "both"
    assert main(train_command(out, "--against", "plain")) == 0
    runs = {name: Run(out / name) for name in ("plain", "balanced")}
    assert runs["plain"].manifest["sha256"] == runs["balanced"].manifest["sha256"]
    assert runs["plain"].decision.kind == "fixed"
    assert runs["balanced"].decision.kind == "per-label"
    said = capsys.readouterr().out
    assert "balanced against plain" in said
    assert "B less A" in said


def test_a_recipe_against_itself_is_refused_before_anything_is_written(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "both"
    assert main(train_command(out, "--against", "balanced")) == 2
    assert capsys.readouterr().err.startswith("[E110] a recipe is not compared with itself")
    assert not out.exists()


def test_recipes_with_other_seeds_are_compared_on_the_same_rows(
    tmp_path: Path, train_command: Command
) -> None:
    old = tmp_path / "old.toml"
    old.write_text("seed = 3\n[decision]\ncuts = 'fixed'\n", "utf-8")
    out = tmp_path / "both"
    assert main(train_command(out, "--against", str(old))) == 0
    runs = [Run(out / name) for name in ("old", "balanced")]
    assert [run.manifest["seed"] for run in runs] == [3, 0]
    assert runs[0].manifest["sha256"] == runs[1].manifest["sha256"]


def test_recipes_that_read_other_rows_are_refused_before_any_training(
    tmp_path: Path,
    train_command: Command,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = tmp_path / "old.toml"
    old.write_text("[data]\nsample = 100\n", "utf-8")
    assert main(train_command(tmp_path / "both", "--against", str(old))) == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0] == "[E105] the two recipes do not read the same rows"
    assert error[1] == "  got: data.sample is 100 in old and unset in balanced"
    assert error[2] == "  fix: say it for both: --set data.sample=VALUE"
    assert not (tmp_path / "both").exists()
