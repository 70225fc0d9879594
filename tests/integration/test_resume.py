"""A killed run goes on and ends, bit for bit, where it would have ended."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import evenhand
from evenhand.cli import main
from evenhand.run import Screen, resume

SETTINGS = ["train.accumulate=2", "train.checkpoint_every=3", "model.head=mlp"]
SETTINGS += ["sampler=weighted", "augment=eda", "optim.ema=0.9", "schedule=plateau"]


def command(data: Path, out: Path, tiny: dict[str, object]) -> list[str]:
    given = [f"{key}={value}" for key, value in tiny.items()] + SETTINGS
    options = [part for setting in given for part in ("--set", setting)]
    return [sys.executable, "-m", "evenhand", "train", str(data), "--out", str(out), *options]


def traces(run: Path) -> dict[str, str]:
    files = ["bundle/model.safetensors", "history.jsonl", "decision.json", "metrics.json"]
    newest = sorted((run / "checkpoints").glob("step-*"))[-1]
    files += [str((newest / name).relative_to(run)) for name in ("optimizer.safetensors",)]
    return {name: hashlib.sha256((run / name).read_bytes()).hexdigest() for name in files}


def kill_after_checkpoint(arguments: list[str], checkpoints: Path, name: str) -> None:
    """Start a run and kill it, without warning, as soon as a given checkpoint is whole."""
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while process.poll() is None and not (checkpoints / name).exists():
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, tiny: dict[str, object]
) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted") / "whole"
    subprocess.run(command(labelled_file, out, tiny), check=True, capture_output=True)
    return out


@pytest.mark.parametrize("name", ["step-000003", "step-000006"])
def test_kill_and_resume_ends_in_the_same_bits(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object], uninterrupted: Path, name: str
) -> None:
    out = tmp_path / "killed"
    kill_after_checkpoint(command(labelled_file, out, tiny), out / "checkpoints", name)
    assert not (out / "metrics.json").exists()
    assert main(["train", "--resume", str(out)]) == 0
    assert traces(out) == traces(uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_asked_to_stop_checkpoints_and_goes_on_to_the_same_bits(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    uninterrupted: Path,
    number: signal.Signals,
) -> None:
    out = tmp_path / "asked"
    arguments = command(labelled_file, out, tiny)
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a background job ignores SIGINT
    )
    while process.poll() is None and not (out / "checkpoints" / "step-000003").exists():
        pass
    process.send_signal(number)
    _, said = process.communicate()
    assert process.returncode == 128 + number
    assert said.decode().startswith("[E305] the run was asked to stop")
    assert f"evenhand train --resume {out}" in said.decode()
    facts = json.loads((out / "manifest.json").read_text("utf-8"))["facts"]
    assert facts["stopped"] == "signal"
    assert main(["train", "--resume", str(out)]) == 0
    assert traces(out) == traces(uninterrupted)


def test_a_torn_checkpoint_is_passed_over_for_the_one_before(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object], uninterrupted: Path
) -> None:
    out = tmp_path / "killed"
    kill_after_checkpoint(command(labelled_file, out, tiny), out / "checkpoints", "step-000006")
    newest = sorted((out / "checkpoints").glob("step-*"))[-1] / "model.safetensors"
    newest.write_bytes(newest.read_bytes()[:-9])
    said: list[str] = []
    resume(out, screen=Screen(say=said.append))
    assert any("a checkpoint is passed over" in line and "sha256" in line for line in said)
    assert traces(out) == traces(uninterrupted)


def test_a_run_killed_before_its_first_checkpoint_starts_again(
    tmp_path: Path, uninterrupted: Path
) -> None:
    out = tmp_path / "early"
    shutil.copytree(uninterrupted, out)
    for left in ("checkpoints", "predictions", "bundle"):
        shutil.rmtree(out / left)
        (out / left).mkdir()
    (out / "bundle").rmdir()
    for left in ("metrics.json", "findings.json", "report.html", "decision.json", "history.jsonl"):
        (out / left).unlink()
    resume(out, screen=Screen())
    assert traces(out) == traces(uninterrupted)


def test_resume_refuses_other_data(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    data, out = tmp_path / "rows.json", tmp_path / "run"
    shutil.copy(labelled_file, data)
    evenhand.train(data, out, settings=tiny)
    (out / "findings.json").unlink()
    rows = json.loads(data.read_text("utf-8"))
    data.write_text(json.dumps(rows[:-1]), encoding="utf-8")
    with pytest.raises(evenhand.EvenhandError, match=r"\[E303\] the data is no longer"):
        resume(out, screen=Screen())


def test_resume_refuses_other_settings_and_names_the_first(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    out = tmp_path / "run"
    evenhand.train(labelled_file, out, settings={**tiny, "optim.lr": 1e-3})
    (out / "findings.json").unlink()
    asked = (out / "run.toml").read_text("utf-8")
    (out / "run.toml").write_text(asked.replace("lr = 0.001", "lr = 0.002"), encoding="utf-8")
    with pytest.raises(
        evenhand.EvenhandError, match=r"\[E303\](.|\n)*optim.lr is 0.002 and was 0.001"
    ):
        resume(out, screen=Screen())


@pytest.mark.parametrize("name", ["manifest.json", "resolved.json"])
def test_resume_names_a_file_that_is_damaged(
    tmp_path: Path, uninterrupted: Path, name: str
) -> None:
    out = tmp_path / "run"
    shutil.copytree(uninterrupted, out)
    (out / "findings.json").unlink()
    (out / name).write_text("{", encoding="utf-8")
    with pytest.raises(evenhand.EvenhandError, match=rf"\[E401\] the run's file {name} is damaged"):
        resume(out, screen=Screen())


def test_a_run_of_a_version_with_fewer_settings_goes_on(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    out = tmp_path / "run"
    evenhand.train(labelled_file, out, settings=tiny)
    (out / "findings.json").unlink()
    resolved = json.loads((out / "resolved.json").read_text("utf-8"))
    del resolved["data"]["split_seed"], resolved["gates"]
    (out / "resolved.json").write_text(json.dumps(resolved), encoding="utf-8")
    assert resume(out, screen=Screen()).metrics["rows"] > 0


def test_a_run_begun_by_a_relative_path_goes_on_from_any_folder(
    tmp_path: Path,
    labelled_file: Path,
    tiny: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(labelled_file.parent)
    evenhand.train(labelled_file.name, tmp_path / "run", settings=tiny)
    (tmp_path / "run" / "findings.json").unlink()
    monkeypatch.chdir(tmp_path)
    assert resume("run", screen=Screen()).metrics["rows"] > 0


def test_resume_of_a_finished_run_says_so(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    evenhand.train(labelled_file, tmp_path / "run", settings=tiny)
    with pytest.raises(evenhand.EvenhandError, match=r"\[E302\] that run is finished"):
        resume(tmp_path / "run", screen=Screen())


def test_resume_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(evenhand.EvenhandError, match=r"\[E302\] there is no run to go on with"):
        resume(tmp_path, screen=Screen())
