"""Old against new is one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.cli import main
from evenhand.run import Run


def command(data: Path, out: Path, tiny: dict[str, object], *options: str) -> list[str]:
    settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
    named = [part for setting in settings for part in ("--set", setting)]
    return ["train", str(data), "--out", str(out), *named, *options]


def test_two_recipes_are_trained_on_the_same_rows_and_compared(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "both"
    assert main(command(labelled_file, out, tiny, "--against", "plain")) == 0
    runs = {name: Run(out / name) for name in ("plain", "balanced")}
    assert runs["plain"].manifest["sha256"] == runs["balanced"].manifest["sha256"]
    assert runs["plain"].decision.kind == "fixed"
    assert runs["balanced"].decision.kind == "per-label"
    said = capsys.readouterr().out
    assert "balanced against plain" in said
    assert "B less A" in said


def test_a_recipe_against_itself_is_refused_before_anything_is_written(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "both"
    assert main(command(labelled_file, out, tiny, "--against", "balanced")) == 2
    assert capsys.readouterr().err.startswith("[E110] a recipe is not compared with itself")
    assert not out.exists()
