"""One recipe from several seeds is one command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenhand.cli import main
from evenhand.run import Run


def command(data: Path, out: Path, tiny: dict[str, object], *options: str) -> list[str]:
    settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
    named = [part for setting in settings for part in ("--set", setting)]
    return ["train", str(data), "--out", str(out), *named, *options]


def test_seeds_differ_in_training_and_not_in_rows(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "many"
    assert main(command(labelled_file, out, tiny, "--seeds", "2", "--set", "seed=4")) == 0
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


def test_the_first_seed_is_what_it_would_be_alone(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    assert main(command(labelled_file, tmp_path / "many", tiny, "--seeds", "2")) == 0
    assert main(command(labelled_file, tmp_path / "one", tiny)) == 0
    bundles = [tmp_path / "many" / "seed-0" / "bundle", tmp_path / "one" / "bundle"]
    first, alone = ((bundle / "model.safetensors").read_bytes() for bundle in bundles)
    assert first == alone


@pytest.mark.parametrize(
    "beside", [["--against", "plain", "--seeds", "2"], ["--resume", "x", "--seeds", "2"]]
)
def test_two_studies_at_once_are_refused(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    beside: list[str],
) -> None:
    assert main(command(labelled_file, tmp_path / "many", tiny, *beside)) == 2
    assert capsys.readouterr().err.startswith("[E110]")
    assert not (tmp_path / "many").exists()


def test_a_used_folder_is_refused(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "notes.txt").write_text("kept", "utf-8")
    assert main(command(labelled_file, tmp_path / "many", tiny, "--seeds", "2")) == 2
    assert capsys.readouterr().err.startswith("[E109]")
