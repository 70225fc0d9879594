"""The main job, end to end, on a tiny backbone."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.cli import main
from evenhand.data.split_file import load_split
from evenhand.errors import DataError
from evenhand.run import Run
from evenhand.run.evaluate import evaluate_file
from evenhand.types import Role


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, backbone: Path, labelled_file: Path) -> Run:
    settings = {
        "model.backbone": str(backbone),
        "model.precision": "float32",
        "train.epochs": 6,
        "train.batch_size": 16,
        "optim.lr": 5e-3,
        "report.resamples": 100,
    }
    return evenhand.train(
        labelled_file, tmp_path_factory.mktemp("runs") / "first", settings=settings
    )


def test_a_run_leaves_everything_that_the_design_names(finished: Run) -> None:
    left = {p.name for p in finished.folder.iterdir()}
    assert left == {
        "run.toml",
        "resolved.json",
        "manifest.json",
        "split.parquet",
        "history.jsonl",
        "checkpoints",
        "predictions",
        "decision.json",
        "metrics.json",
        "findings.json",
        "report.html",
        "report.md",
        "bundle",
    }


def test_a_label_that_stands_in_the_text_is_learnt(finished: Run) -> None:
    figures = {row["name"]: row["f1"]["value"] for row in finished.metrics["per_class"]}
    assert figures["joy"] > 0.9
    assert finished.metrics["estimate"] == "held out"


def test_the_bundle_gives_the_scores_that_the_cuts_were_fitted_on(
    finished: Run, labelled_file: Path
) -> None:
    tune = finished.predictions("tune")
    texts = {row["id"]: row["text"] for row in json.loads(labelled_file.read_text("utf-8"))}
    again = evenhand.load(finished.folder).logits([texts[i] for i in tune.ids])
    np.testing.assert_array_equal(again.values_NC, tune.scores.values_NC)


def test_a_text_has_the_same_scores_whatever_its_neighbours(finished: Run) -> None:
    classifier = finished.classifier
    alone = classifier.logits(["a happy day"]).values_NC[0]
    long = " ".join(["the angry train was very slow and cold"] * 4)
    among = classifier.logits([long, "a happy day", "sad", long]).values_NC[1]
    np.testing.assert_allclose(among, alone, atol=1e-6)


def test_predict_writes_the_input_columns_then_labels_then_probabilities(
    finished: Run, tmp_path: Path
) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("note,text\n=1+1,a happy day\nx,\n", encoding="utf-8")
    assert main(["predict", str(finished.folder), str(source), "-o", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == ["note", "text", "labels", "p:joy", "p:anger", "p:grief"]
    assert rows[0]["labels"] == "joy"
    assert rows[0]["note"] == "'=1+1"
    assert len(rows) == 2


def test_predicted_labels_follow_from_the_written_probabilities_and_cuts(
    finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(finished.folder), "--text", "sad angry day", "--text", "a"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    cuts = json.loads((finished.folder / "decision.json").read_text("utf-8"))["thresholds"]
    for row in rows:
        given = [n for n, cut in cuts.items() if float(row[f"p:{n}"]) >= cut["value"]]
        assert row["labels"] == "|".join(given)


def test_predict_reads_texts_from_standard_input(
    finished: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("a happy day\nsad talk\n"))
    assert main(["predict", str(finished.folder), "-"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["text"] for row in rows] == ["a happy day", "sad talk"]


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "decision.json"])
def test_a_damaged_bundle_is_refused(finished: Run, tmp_path: Path, file: str) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(finished.layout.bundle, copy)
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(bytes(content))
    with pytest.raises(evenhand.EvenhandError, match=r"\[E401\] the bundle is damaged"):
        evenhand.load(copy)


def test_evaluate_on_new_rows_holds_them_out(
    finished: Run, tmp_path: Path, labelled_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    for row in rows:
        row["id"] = "new" + row["id"]
    new = tmp_path / "new.json"
    new.write_text(json.dumps(rows), encoding="utf-8")
    out = tmp_path / "again"
    assert main(["evaluate", str(finished.folder), "--data", str(new), "-o", str(out)]) == 0
    assert "held out: 240 report rows" in capsys.readouterr().out
    assert json.loads((out / "metrics.json").read_text("utf-8"))["rows"] == 240
    assert "<html" in (out / "report.html").read_text("utf-8")


@pytest.mark.parametrize("roles", [["fit"], ["tune"], ["fit", "tune"]])
def test_evaluate_refuses_rows_that_trained_the_run_or_chose_its_cuts(
    finished: Run,
    tmp_path: Path,
    labelled_file: Path,
    roles: list[str],
    capsys: pytest.CaptureFixture[str],
    three_lines: Callable[[str, str], str],
) -> None:
    split = load_split(finished.layout.split)
    rows = json.loads(labelled_file.read_text("utf-8"))
    seen = tmp_path / "seen.json"
    kept = [row for row in rows if split[row["id"]] in (*roles, "report")]
    seen.write_text(json.dumps(kept), encoding="utf-8")
    assert main(["evaluate", str(finished.folder), "--data", str(seen)]) == 2
    error = three_lines(capsys.readouterr().err, "E208")
    for role in ("fit", "tune"):
        count = list(split.values()).count(Role(role))
        assert (f"{count} {role} rows" in error) == (role in roles)


def test_evaluate_measures_the_report_rows_of_the_run(
    finished: Run, tmp_path: Path, labelled_file: Path
) -> None:
    split = load_split(finished.layout.split)
    rows = json.loads(labelled_file.read_text("utf-8"))
    kept = [row for row in rows if split[row["id"]] is Role.REPORT]
    data = tmp_path / "kept.json"
    data.write_text(json.dumps(kept), encoding="utf-8")
    assert evaluate_file(finished, data)["rows"] == len(kept)


def test_evaluate_knows_a_copy_of_the_file_that_it_was_trained_on(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    bare = [{key: row[key] for key in row if key != "id"} for row in rows]
    parts = {"fit": bare[:120], "tune": bare[120:180], "report": bare[180:]}
    paths = {role: tmp_path / f"{role}.json" for role in parts}
    for role, path in paths.items():
        path.write_text(json.dumps(parts[role]), encoding="utf-8")
        shutil.copy(path, tmp_path / f"copy-{role}.json")
    settings = tiny | {"train.epochs": 1}
    given = {"tune": paths["tune"], "report": paths["report"]}
    run = evenhand.train(paths["fit"], tmp_path / "run", **given, settings=settings)
    for role in ("fit", "tune"):
        with pytest.raises(DataError, match=rf"\[E208\](.|\n)*copy-{role}\.json .* {role} rows"):
            evaluate_file(run, tmp_path / f"copy-{role}.json")
    assert evaluate_file(run, tmp_path / "copy-report.json")["rows"] == 60


def test_evaluate_alone_shows_the_stored_figures(
    finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(finished.folder)]) == 0
    assert "held out" in capsys.readouterr().out


def test_without_report_rows_the_estimate_is_called_cross_fitted(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    fit, tune = tmp_path / "fit.json", tmp_path / "tune.json"
    fit.write_text(json.dumps(rows[:160]), encoding="utf-8")
    tune.write_text(json.dumps(rows[160:]), encoding="utf-8")
    run = evenhand.train(fit, tmp_path / "run", tune=tune, settings=tiny)
    assert run.metrics["estimate"] == "cross-fitted"
    assert run.metrics["rows"] == 80


def test_no_run_writes_over_another(
    finished: Run, labelled_file: Path, tiny: dict[str, object]
) -> None:
    with pytest.raises(evenhand.EvenhandError, match=r"\[E109\] the output folder is in use"):
        evenhand.train(labelled_file, finished.folder, settings=tiny)


def test_two_runs_with_one_seed_are_the_same_to_the_last_bit(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    runs = [evenhand.train(labelled_file, tmp_path / n, settings=tiny) for n in ("a", "b")]
    for name in ("bundle/model.safetensors", "history.jsonl", "decision.json"):
        first, second = ((run.folder / name).read_bytes() for run in runs)
        assert first == second
    other = evenhand.train(labelled_file, tmp_path / "c", settings={**tiny, "seed": 1})
    assert (other.folder / "bundle/model.safetensors").read_bytes() != (
        runs[0].folder / "bundle/model.safetensors"
    ).read_bytes()


def test_training_leaves_the_callers_random_numbers_alone(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object]
) -> None:
    import torch

    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002 - the legacy global state is what is being watched
    expected = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    evenhand.train(labelled_file, tmp_path / "run", settings=tiny)
    assert torch.equal(torch.rand(3), expected[0])
    np.testing.assert_array_equal(np.random.rand(3), expected[1])  # noqa: NPY002


@pytest.mark.parametrize(
    "change",
    [
        {"model.pooling": "max"},
        {"model.head": "mlp"},
        {"loss.name": "focal"},
        {"optim.weight_decay": 0.5},
        {"optim.head_lr": 1e-4},
        {"optim.clip": 0.01},
        {"schedule.name": "constant"},
        {"train.accumulate": 2},
        {"train.batch_size": 8},
        {"model.max_length": 8},
        {"model.prior_bias": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_setting_of_training_changes_the_weights(
    tmp_path: Path, labelled_file: Path, tiny: dict[str, object], change: dict[str, object]
) -> None:
    settings = {**tiny, "train.epochs": 1, "report.baselines": False}
    runs = [
        evenhand.train(labelled_file, tmp_path / name, settings=given)
        for name, given in (("a", settings), ("b", settings | change))
    ]
    first, second = (
        evenhand.load(run.folder).logits(["a happy day so very long that it is cut off"]).values_NC
        for run in runs
    )
    assert not np.allclose(first, second)
