"""The backbone of bytes, and what presets set, through the whole job."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

import evenhand
from evenhand.cli import main
from evenhand.run import Run, Screen, Sources, start
from evenhand.run.folder import Layout
from evenhand.toml import read_toml

SHORT = {"model.precision": "float32", "report.resamples": 100, "report.baselines": False}
PRESET = "preset of bytes: model.max_length = 512, optim.lr = 0.002, train.batch_size = 16, "
PRESET += "train.patience = 8"


def command(data: Path, out: Path) -> list[str]:
    asked = {"model.backbone": "bytes", "train.epochs": 2, "train.checkpoint_every": 4, **SHORT}
    settings = [part for key, value in asked.items() for part in ("--set", f"{key}={value}")]
    settings = [part.replace("False", "false") for part in settings]
    return [sys.executable, "-m", "evenhand", "train", str(data), "--out", str(out), *settings]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, labelled_file: Path) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("bytes") / "whole"
    done = subprocess.run(command(labelled_file, out), check=True, capture_output=True, text=True)
    return out, done.stdout


@pytest.fixture(scope="module")
def byt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny random ByT5."""
    folder = tmp_path_factory.mktemp("byt5")
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.T5Model(
            transformers.T5Config(vocab_size=384, pad_token_id=0, **sizes)
        ).save_pretrained(folder)
    transformers.ByT5Tokenizer().save_pretrained(folder)
    return folder


def used(out: Path) -> dict[str, dict[str, object]]:
    resolved: dict[str, dict[str, object]] = json.loads(Layout(out).resolved.read_text("utf-8"))
    return resolved


def test_the_preset_is_printed_and_stored_and_yields(whole: tuple[Path, str]) -> None:
    out, printed = whole
    assert printed.splitlines()[0] == PRESET
    assert "0.5 M parameters" in printed
    resolved = used(out)
    assert (resolved["model"]["max_length"], resolved["optim"]["lr"]) == (512, 2e-3)
    assert (resolved["train"]["batch_size"], resolved["train"]["patience"]) == (16, 8)
    assert resolved["train"]["epochs"] == 2
    asked = read_toml(Layout(out).asked)
    assert "lr" not in asked.get("optim", {})


def test_a_killed_run_goes_on_to_the_same_bits(
    tmp_path: Path, labelled_file: Path, whole: tuple[Path, str]
) -> None:
    out = tmp_path / "killed"
    process = subprocess.Popen(command(labelled_file, out), stdout=subprocess.DEVNULL)
    while process.poll() is None and not (out / "checkpoints" / "step-000004").exists():
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not Layout(out).metrics.exists()
    assert main(["train", "--resume", str(out)]) == 0
    for name in ("bundle/model.safetensors", "history.jsonl", "decision.json", "metrics.json"):
        assert (out / name).read_bytes() == (whole[0] / name).read_bytes(), name


def test_the_bundle_answers_as_the_run_did_whatever_the_script(whole: tuple[Path, str]) -> None:
    run = Run(whole[0])
    stored = run.predictions("tune")
    rows = {row["id"]: row["text"] for row in json.loads(_data(run).read_text("utf-8"))}
    answers = evenhand.load(run.folder).logits([rows[name] for name in stored.ids])
    np.testing.assert_allclose(answers.values_NC, stored.scores.values_NC, rtol=0, atol=2e-5)
    assert run.predict(["嬉しい日です", "", "😀"]).probs_NC.shape == (3, 3)


def _data(run: Run) -> Path:
    return Path(run.manifest["sources"]["data"])


def trained(
    data: Path, out: Path, backbone: str, **train: object
) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Train two steps and return the settings that were used, and what was said."""
    said: list[str] = []
    asked = {
        "model": {"backbone": backbone, "precision": "float32"},
        "train": {"max_steps": 2, **train},
        "report": {"resamples": 100, "baselines": False},
    }
    start(Sources(str(data)), asked, out, screen=Screen(say=said.append))
    return used(out), [line for line in said if line.startswith("preset")]


def test_a_folder_of_byt5_gets_its_preset_and_what_is_said_stays(
    tmp_path: Path, labelled_file: Path, byt5: Path
) -> None:
    resolved, said = trained(labelled_file, tmp_path / "a", str(byt5), epochs=3)
    assert said == [
        "preset of byt5: model.max_length = 256, optim.lr = 1e-05, train.batch_size = 8, "
        "train.accumulate = 2"
    ]
    assert (resolved["train"]["epochs"], resolved["train"]["batch_size"]) == (3, 8)
    assert (resolved["train"]["accumulate"], resolved["model"]["max_length"]) == (2, 256)
    assert resolved["optim"]["lr"] == 1e-5
    resolved, _ = trained(labelled_file, tmp_path / "b", str(byt5))
    assert resolved["train"]["epochs"] == 10


def test_a_fine_tuned_backbone_is_left_as_it_was(
    tmp_path: Path, labelled_file: Path, backbone: Path
) -> None:
    resolved, said = trained(labelled_file, tmp_path / "a", str(backbone))
    assert said == []
    assert (resolved["optim"]["lr"], resolved["train"]["batch_size"]) == (1e-4, 32)


def test_list_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "backbones"]) == 0
    assert any(line.startswith("bytes ") for line in capsys.readouterr().out.splitlines())


def test_frozen_layers_and_a_cut_vocabulary_are_refused(
    tmp_path: Path, labelled_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for setting in ("optim.frozen_layers=all", "model.vocabulary=data"):
        arguments = [*command(labelled_file, tmp_path / "none")[3:], "--set", setting]
        assert main(arguments) == 2
        assert "[E105]" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
