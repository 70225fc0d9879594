"""The doctor's reading of run folders: foreign, damaged, named wrongly, and under way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenhand.cli import main
from evenhand.config import RunConfig
from evenhand.errors import EvenhandError
from evenhand.predictions import save_predictions
from evenhand.run.diagnose import LiveDoctor, findings_of, patient_of
from evenhand.run.folder import Layout
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Role, Task

LABELS = LabelSpace(("joy", "anger"), Task.MULTICLASS)
TRUTH = np.eye(2, dtype=np.float32)[np.arange(40) % 2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Write a finished run of forty tune rows by hand."""
    from evenhand.decide import fit_decision

    layout = Layout(tmp_path / "r0")
    layout.bundle.mkdir(parents=True)
    layout.predictions("tune").parent.mkdir()
    scores = Logits(4.0 * TRUTH.astype(np.float64) - 2)
    tune = Predictions(tuple(f"r{i}" for i in range(40)), scores, TRUTH, LABELS, Role.TUNE)
    save_predictions(layout.predictions("tune"), tune)
    figure = {"value": 0.9, "low": 0.8, "high": 1.0}
    system = {"name": "evenhand", "kind": "ours", "macro_f1": figure, "macro_ap": figure}
    fit_decision(tune, cuts="fixed", calibrate="none").save(layout.decision)
    written: dict[Path, Any] = {
        layout.manifest: {
            "fit": FitStatistics.of(TRUTH, Task.MULTICLASS).to_dict(),
            "rows": {"fit": 40, "tune": 40, "report": 0},
            "facts": {},
        },
        layout.resolved: RunConfig().model_dump(mode="json"),
        layout.metrics: {"systems": [system]},
    }
    for path, value in written.items():
        path.write_text(json.dumps(value), encoding="utf-8")
    layout.asked.write_text("seed = 0\n", encoding="utf-8")
    layout.history.write_text("", encoding="utf-8")
    layout.report.write_text("<p>", encoding="utf-8")
    return layout.root


FILES = ("manifest.json", "resolved.json", "metrics.json", "decision.json")
DAMAGES = {"no JSON": "PK", "no content": "", "no object": "[]", "no key": "{}", "cut short": None}


def test_a_sound_run_is_read(run: Path) -> None:
    assert patient_of(run).tune is not None
    assert all(finding.severity != "error" for finding in findings_of(run))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named(
    name: str, content: str | None, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (run / name).read_text("utf-8")
    content = text[: len(text) // 2] if content is None else content
    (run / name).write_text(content, encoding="utf-8")
    assert main(["diagnose", str(run)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"[E401] the run's file {name} is damaged"
    assert lines[1].startswith(f"  got: {run / name}: ")
    assert len(lines) == 3


@pytest.mark.parametrize("name", ["manifest.json", "resolved.json"])
def test_a_missing_file_is_named(name: str, run: Path) -> None:
    (run / name).unlink()
    with pytest.raises(EvenhandError, match=rf"\[E401\] the run's file {name} is missing"):
        findings_of(run)


@pytest.mark.parametrize("name", ["history.jsonl", "predictions/tune.parquet"])
def test_damage_to_records_and_scores_is_named(name: str, run: Path) -> None:
    (run / name).write_text("{}\n", encoding="utf-8")
    with pytest.raises(EvenhandError, match=rf"\[E401\] the run's file {Path(name).name}"):
        findings_of(run)


def test_the_decision_of_another_run_is_refused(run: Path) -> None:
    stored = (run / "decision.json").read_text("utf-8")
    (run / "decision.json").write_text(stored.replace("joy", "grief"), encoding="utf-8")
    with pytest.raises(EvenhandError, match="its labels are not those of the run's predictions"):
        findings_of(run)


def test_the_manifest_of_something_else_makes_no_run(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "an extension"}', encoding="utf-8")
    with pytest.raises(EvenhandError, match=r"\[E401\] that folder is no run of evenhand") as said:
        findings_of(tmp_path)
    assert said.value.fix == "name a folder that evenhand train --out wrote"
    with pytest.raises(EvenhandError, match="train one: evenhand train DATA --out"):
        findings_of(tmp_path / "nowhere")


@pytest.mark.parametrize("inner", ["report.html", "bundle", "predictions/tune.parquet"])
def test_within_a_run_the_fix_names_the_run(
    inner: str, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    with pytest.raises(EvenhandError, match=r"\[E401\]") as said:
        findings_of(f"r0/{inner}")
    assert said.value.fix == "evenhand diagnose r0"
    monkeypatch.chdir(run / "bundle")
    with pytest.raises(EvenhandError, match=f"fix: evenhand diagnose {run}$"):
        findings_of(".")


@pytest.mark.parametrize(("names", "word"), [(LABELS.names, "joy"), ((), "label 0")])
def test_a_run_under_way_names_its_labels(
    names: tuple[str, ...], word: str, tmp_path: Path
) -> None:
    said: list[str] = []
    doctor = LiveDoctor(
        RunConfig().model_dump(mode="json"),
        FitStatistics(Task.MULTICLASS, 400, np.array([200.0, 200.0]), np.full(2, 400.0)),
        rows={"fit": 400, "tune": 40, "report": 0},
        history=tmp_path / "history.jsonl",
        facts={"planned_steps": 40},
        say=said.append,
        names=names,
    )
    doctor.on_start(steps=40, done=0)
    for step in range(1, 41):
        record = {"kind": "step", "step": step, "epoch": 1, "loss": 0.7, "lr": 1e-4}
        doctor.on_step(record | {"grad_norm": 0.5}, 32)
    doctor.on_epoch(
        {"kind": "epoch", "step": 40, "epoch": 1, "fit_loss": 0.7, "tune_loss": 0.7, "value": 0.3,
         "metric": "tuned_macro_f1", "predicted_C": [40, 0], "spread": 1.0, "best": True}
    )  # fmt: skip
    assert any(f"100.0% of 40 rows get {word}," in line for line in said)
