"""Series through every command: train, evaluate, predict, mistakes, compare, diagnose, check."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.cli import main
from evenhand.data.series import read_windows
from evenhand.run import Run
from series_folder import SETTINGS, write_recordings

Lines = Callable[[str, str], str]


def command(folder: Path, out: Path, *options: str) -> list[str]:
    named = [part for key, value in SETTINGS.items() for part in ("--set", f"{key}={value}")]
    return ["train", str(folder), "--out", str(out), *named, *options]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recordings(tmp_path_factory.mktemp("series") / "walk", lacking=(3, 8))


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "first"
    assert main(command(folder, out)) == 0
    return out


def test_the_bundle_has_a_card_and_is_published(run: Path, tmp_path: Path) -> None:
    assert main(["publish", str(run), "-o", str(tmp_path / "public")]) == 0
    card = (tmp_path / "public" / "README.md").read_text("utf-8")
    assert "# Classifier of series, 2 " in card
    assert "Network: " in card
    assert evenhand.load(tmp_path / "public").labels == Run(run).decision.labels


def test_a_run_says_what_it_read_and_what_it_is_worth(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(folder, tmp_path / "run", "--group", "person")) == 0
    said = capsys.readouterr().out
    for line in (
        "streams  pose (3), traj (2) at 10 Hz",
        "group    person",
        "set aside: the recording ends within the horizon",
        "windows 20 frames (2.0 s) each, from",
        "always-positive",
        "summary features + logistic",
        "without pose: macro-F1",
        "whole recordings, ",
        "before an event begins: F1",
        f"evenhand predict {tmp_path / 'run'} FOLDER -o answers.csv",
    ):
        assert line in said, line
    metrics = Run(tmp_path / "run").metrics
    assert metrics["groups"] <= metrics["series"]["sequences"]["recordings"] // 2 + 1


def test_figures_rest_on_stored_rows(run: Path) -> None:
    metrics = Run(run).metrics
    kept = {file.stem for file in (run / "predictions").glob("*.parquet")}
    assert kept == {
        *("tune", "report", "tune-windows", "report-windows", "summary-tune", "summary-report"),
        *("report-without-pose", "report-without-traj"),
    }
    names = [system["name"] for system in metrics["systems"]]
    assert names[-4:] == [
        "summary features + logistic regression",
        "majority",
        "prior",
        "always-positive",
    ]
    assert [without["stream"] for without in metrics["series"]["without"]] == ["pose", "traj"]
    page = (run / "report.md").read_text("utf-8")
    for words in ("## 3. Windows and recordings", "### With a stream missing", "so long before"):
        assert words in page
    assert "groups of rows, each drawn as a whole" in page
    assert "model.network" in page
    assert "model.backbone" not in page
    assert "pretrain." not in page


def test_the_bundle_answers_as_the_run_did(run: Path, folder: Path) -> None:
    loaded = evenhand.load(run)
    stored = Run(run).predictions("report")
    rows = read_windows(folder, loaded.schema)
    place = {name: i for i, name in enumerate(rows.ids)}
    mine = np.array([place[name] for name in stored.ids])
    logits_NC = loaded.logits(rows.windows).values_NC[mine]
    np.testing.assert_allclose(logits_NC, stored.scores.values_NC, atol=1e-5)
    answers = loaded.predict(rows.windows.take(mine))
    np.testing.assert_array_equal(answers.decided_NC, Run(run).decision.decide(stored.scores))
    files = {file.name for file in (run / "bundle").iterdir()}
    assert files == {
        *("MANIFEST.json", "README.md", "bundle.json", "decision.json"),
        *("model.safetensors", "scaler.json"),
    }


def test_predict_answers_every_window_also_those_without_a_future(
    run: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    assert main(["predict", str(run), str(folder), "-o", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == [
        *("id", "recording", "start", "end", "labels", "p:walking", "p:stopping")
    ]
    assert len(rows) == 24 * 11
    assert rows[10] | {"labels": "", "p:walking": "", "p:stopping": ""} == {
        "id": "r00@10",
        "recording": "r00",
        "start": "10.0",
        "end": "12.0",
        "labels": "",
        "p:walking": "",
        "p:stopping": "",
    }
    assert all(float(r["p:walking"]) + float(r["p:stopping"]) == pytest.approx(1) for r in rows)


def test_predict_needs_neither_labels_nor_metadata(run: Path, folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("r03", "r04"):
        with np.load(folder / f"{name}.npz") as arrays:
            np.savez(bare / f"{name}.npz", **{k: v for k, v in arrays.items() if k != "label"})
    out = tmp_path / "a.csv"
    assert main(["predict", str(run), str(bare), "-o", str(out)]) == 0
    whole = tmp_path / "b.csv"
    assert main(["predict", str(run), str(folder), "-o", str(whole)]) == 0
    lines = whole.read_text("utf-8").splitlines()
    wanted = [line for line in lines if line.startswith(("r03@", "r04@"))]
    assert out.read_text("utf-8").splitlines()[1:] == wanted


def test_what_does_not_go_together_is_said(
    run: Path, folder: Path, capsys: pytest.CaptureFixture[str], three_lines: Lines, tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("text,label\n" + "one,a\ntwo,b\n" * 3, encoding="utf-8")
    for arguments, code, words in (
        (["predict", str(run), "--text", "a"], "E110", "this run reads series"),
        (["predict", str(run), str(folder / "metadata.json")], "E110", "no folder of them"),
        (["evaluate", str(run), "--data", str(folder)], "E208", "cannot prove it"),
        (["train", str(folder), "--out", str(tmp_path / "x"), "--text", "t"], "E105", "tables"),
        (
            ["train", str(folder), "--out", str(tmp_path / "x"), "--set", "model.pooling=cls"],
            "E105",
            "only texts read that setting",
        ),
        (["mistakes", str(run), "--slice", "plase"], "E205", "no recording has the key"),
        (["check", str(folder), "--set", "series.scale=none"], "E110", "series"),
        (["check", str(folder), "--set", "model.max_length=64"], "E105", "only texts read"),
        (["check", str(table), "--set", "series.window=2"], "E105", "only series read"),
    ):
        assert main(arguments) == 2
        assert words in three_lines(capsys.readouterr().err.strip(), code)
    assert not (tmp_path / "x").exists()


def test_new_recordings_are_measured_with_all_that_windows_have(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    others = write_recordings(tmp_path / "others", recordings=10, seed=9)
    out = tmp_path / "measured"
    assert main(["evaluate", str(run), "--data", str(others), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "bear names of windows that the run has learnt from" in said
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    assert (metrics["role"], metrics["groups"]) == ("report", 10)
    assert metrics["series"]["sequences"]["recordings"] == 10
    assert [w["stream"] for w in metrics["series"]["without"]] == ["pose", "traj"]
    assert "Windows and recordings" in (out / "report.html").read_text("utf-8")


def test_a_report_is_written_again_as_it_was(run: Path) -> None:
    def told() -> tuple[bytes, str]:
        report = (run / "report.md").read_text("utf-8")
        return (run / "metrics.json").read_bytes(), report.partition("Provenance")[0]

    before = told()
    assert main(["evaluate", str(run)]) == 0
    assert told() == before


def test_mistakes_are_told_by_recordings_moments_and_what_is_said_of_recordings(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "m.json"
    assert main(["mistakes", str(run), "--slice", "place", "--json", str(written)]) == 0
    said = capsys.readouterr().out
    assert "recordings: " in said
    assert "words" not in said
    found = json.loads(written.read_text("utf-8"))
    assert [effect["column"] for effect in found["effects"]] == ["moment", "time", "place"]
    assert {part["value"] for part in found["effects"][2]["parts"]} <= {"hall", "yard"}


def test_two_runs_are_compared_over_whole_recordings(
    run: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "lstm"
    assert main([*command(folder, other), "--set", "model.network.name=lstm"]) == 0
    capsys.readouterr()
    slices = ["--slice", "moment", "--slice", "recording", "--slice", "length"]
    assert main(["compare", str(run), str(other), *slices]) == 0
    said = capsys.readouterr().out
    assert "intervals draw 4 groups of rows, each as a whole" in said
    assert "before an event" in said
    assert "2 s " in said


def test_a_recipe_is_held_against_another_on_the_same_windows(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Lines
) -> None:
    out = tmp_path / "both"
    small = ["--set", "model.network.d_model=16", "--set", "model.network.layers=1"]
    given = [*command(folder, out)[:4], "--recipe", "series", "--against", "plain"]
    short = ["--set", "train.epochs=1", "--set", "report.resamples=100"]
    assert main([*given, *short, *small]) == 0
    assert "series against plain" in capsys.readouterr().out
    assert Run(out / "plain").manifest["sha256"] == Run(out / "series").manifest["sha256"]
    other = [*given[:3], str(tmp_path / "any"), "--recipe", "seed3", "--against", "plain"]
    assert main(other) == 2
    assert "series.target is" in three_lines(capsys.readouterr().err.strip(), "E105")


def test_several_seeds_and_the_quick_recipe(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command(folder, tmp_path / "seeds"), "--seeds", "2"]) == 0
    assert "over seeds" in capsys.readouterr().out
    quick = ["train", str(folder), "--quick", "--out", str(tmp_path / "quick")]
    assert main([*quick, "--set", "model.network.name=cnn", "--set", "data.sample=60"]) == 0
    assert "not a result" in capsys.readouterr().out


def test_the_doctor_reads_a_run_on_series(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagnose", str(run)]) == 0
    said = capsys.readouterr().out
    assert "D201 too few steps" in said
    assert "D302" not in said
    assert main(["diagnose", str(run), "--apply"]) == 0
    assert 'network = { name = "cnn" }' in capsys.readouterr().out


def test_a_look_at_a_folder(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "f.json"
    page = tmp_path / "p.html"
    assert main(["check", str(folder), "--json", str(written), "--html", str(page)]) == 0
    said = capsys.readouterr().out
    for line in (
        "A411",
        "A404",
        "A408",
        "always-positive",
        "recordings of one group kept together",
    ):
        assert line in said, line
    assert "TF-IDF" not in said
    found = {f["code"]: f for f in json.loads(written.read_text("utf-8"))}
    assert found["A411"]["remedy"] == {"data": {"group": "person"}}
    assert "2 of 24 recordings lack the stream 'traj'" in found["A404"]["evidence"]
    assert "TF-IDF" not in page.read_text("utf-8")
    assert main(["check", str(folder), "--set", "data.group=person"]) == 0
    assert "A411" not in capsys.readouterr().out


def test_a_look_says_how_it_read_and_what_nothing_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typo = write_recordings(tmp_path / "typo", metadata={"horizons": 3})
    assert main(["check", str(typo)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("streams  pose (3), traj (2) at 10 Hz")
    assert said[2].startswith("target   horizon, 2 s ahead, 2 labels")
    assert (
        "note: nothing reads the key 'horizons' of metadata.json; did you mean 'horizon'?" in said
    )


def test_windows_that_have_lost_their_places_are_not_taken_for_texts(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Lines
) -> None:
    lost = tmp_path / "lost"
    shutil.copytree(run, lost)
    (lost / "predictions" / "report-windows.parquet").unlink()
    for arguments in (["mistakes", str(lost)], ["compare", str(lost), str(run)]):
        assert main(arguments) == 2
        assert "no such file of places" in three_lines(capsys.readouterr().err.strip(), "E202")


def test_a_leak_of_persons_between_folders_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grouped = {"group": "person"}
    fit = write_recordings(tmp_path / "fit", recordings=12, metadata=grouped)
    tune = write_recordings(tmp_path / "tune", recordings=6, seed=4, metadata=grouped)
    assert main(["check", str(fit), "--tune", str(tune), "--fail-on", "error"]) == 1
    assert "error A409 one group in two roles" in capsys.readouterr().out


def test_a_killed_run_goes_on_to_the_same_bits(folder: Path, tmp_path: Path) -> None:
    more = ["--set", "augment=jitter", "--set", "train.checkpoint_every=3"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert main([*command(folder, whole), *more]) == 0
    arguments = [sys.executable, "-m", "evenhand", *command(folder, killed), *more]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (killed / "checkpoints" / "step-000006").exists():
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (killed / "metrics.json").exists()
    assert main(["train", "--resume", str(killed)]) == 0
    files = ("bundle/model.safetensors", "predictions/report.parquet", "metrics.json")
    for name in (*files, "predictions/report-without-pose.parquet", "history.jsonl"):
        digests = [hashlib.sha256((run / name).read_bytes()).hexdigest() for run in (whole, killed)]
        assert digests[0] == digests[1], name
