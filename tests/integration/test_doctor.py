"""The doctor on runs that are truly trained, healthy and sick."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evenhand
from evenhand.diagnose import Finding, apply
from evenhand.run.diagnose import findings_of, patient_of

Trained = Callable[..., Path]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: dict[str, Any]) -> Trained:
    """Return what trains on a file with settings changed, and gives the run folder."""

    def train(rows: Path, **changes: Any) -> Path:
        settings = tiny | {key.replace("__", "."): value for key, value in changes.items()}
        out = tmp_path_factory.mktemp("runs") / "run"
        evenhand.train(rows, out, settings=settings)
        return out

    return train


def found(folder: Path) -> dict[str, Finding]:
    return {finding.code: finding for finding in findings_of(folder)}


@pytest.fixture(scope="module")
def healthy(trained: Trained, labelled_file: Path) -> Path:
    return trained(labelled_file, train__epochs=12)


def test_a_healthy_run_has_no_error_and_no_warning(healthy: Path) -> None:
    assert [f for f in findings_of(healthy) if f.severity != "tip"] == []


def test_a_learning_rate_of_a_billionth(trained: Trained, labelled_file: Path) -> None:
    findings = found(trained(labelled_file, optim__lr=1e-9))
    assert findings["D202"].severity == "error"
    assert findings["D202"].remedy == {"optim": {"lr": 1e-4}}
    assert {"D104", "D108", "D209"} <= set(findings)


def test_one_step_is_blamed_before_imbalance(trained: Trained, labelled_file: Path) -> None:
    folder = trained(labelled_file, train__max_steps=1)
    findings = found(folder)
    assert findings["D201"].severity == "error"
    assert findings["D201"].evidence.startswith("1 optimizer step over ")
    assert all(
        f.remedy == {} for code, f in findings.items() if code in {"D101", "D102", "D104", "D108"}
    )
    patched = apply(patient_of(folder).config, list(findings.values()))
    assert patched["train"]["max_steps"] == 600


def test_stacked_corrections(trained: Trained, labelled_file: Path) -> None:
    folder = trained(
        labelled_file,
        loss__name="weighted-bce",
        loss__weights="balanced",
        sampler__name="weighted",
        train__allow_stacked=True,
        decision__cuts="fixed",
        decision__calibrate="none",
        optim__lr=1e-4,
    )
    findings = found(folder)
    assert len(patient_of(folder).facts["corrections"]) == 2
    assert "look like" in findings["D303"].evidence
    assert "sampler" in findings["D303"].remedy


def test_shuffled_labels(trained: Trained, labelled_file: Path, tmp_path: Path) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    order = np.random.default_rng(0).permutation(len(rows))
    labels = [rows[i]["labels"] for i in order]
    shuffled = tmp_path / "shuffled.json"
    shuffled.write_text(
        json.dumps([r | {"labels": given} for r, given in zip(rows, labels, strict=True)]),
        encoding="utf-8",
    )
    findings = found(trained(shuffled, train__epochs=4))
    assert findings["D104"].severity == "error"
    assert "D102" in findings


def test_a_schedule_made_for_half_of_the_steps(trained: Trained, labelled_file: Path) -> None:
    folder = trained(labelled_file, train__epochs=6, schedule__name="linear", schedule__steps=33)
    steps = patient_of(folder).planned
    finding = found(folder)["D204"]
    assert finding.evidence.startswith("the rate is 0 from step 34 on: ")
    assert finding.remedy == {"schedule": {"steps": steps}}


def test_a_frozen_encoder(trained: Trained, labelled_file: Path) -> None:
    folder = trained(labelled_file, optim__frozen_layers="all")
    assert found(folder)["D211"].remedy == {"optim": {"frozen_layers": 0}}


def test_case_noise_under_a_tokenizer_that_lowers_case(
    trained: Trained, labelled_file: Path
) -> None:
    folder = trained(labelled_file, augment=[{"name": "noise", "typos": 0, "spacing": 0}])
    assert "the tokenizer undid 100% of these changes" in found(folder)["D304"].evidence


def test_texts_longer_than_the_network_reads(trained: Trained, labelled_file: Path) -> None:
    finding = found(trained(labelled_file, model__max_length=8))["D302"]
    assert finding.severity == "warning"
    assert finding.remedy == {"model": {"max_length": 16}}


def test_a_sample_of_the_rows(trained: Trained, labelled_file: Path) -> None:
    finding = found(trained(labelled_file, data__sample=60))["D301"]
    assert finding.severity == "warning"
    assert finding.remedy["data"]["sample"] > 60


def test_a_learning_rate_at_which_nothing_is_learnt(trained: Trained, labelled_file: Path) -> None:
    finding = found(trained(labelled_file, optim__lr=0.5, optim__head_lr=0.5))["D203"]
    assert finding.evidence.startswith("at a peak rate of 5.0e-01 the loss went from ")
    assert finding.remedy["optim"]["lr"] == 1e-4


def test_weights_that_are_no_numbers(
    backbone: Path, labelled_file: Path, tmp_path: Path, tiny: dict[str, Any]
) -> None:
    from safetensors.numpy import load_file, save_file

    broken = tmp_path / "broken"
    shutil.copytree(backbone, broken)
    weights = load_file(broken / "model.safetensors")
    name = next(n for n in weights if n.endswith("word_embeddings.weight"))
    weights[name][:] = np.inf
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    out = tmp_path / "run"
    with pytest.raises(evenhand.EvenhandError, match=r"\[E301\]"):
        evenhand.train(labelled_file, out, settings=tiny | {"model.backbone": str(broken)})
    assert found(out)["D208"].evidence.startswith("step 1: ")
