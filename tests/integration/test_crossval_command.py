"""Cross-validation from the command line: every row measured once, nothing trained twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from evenhand.cli import main
from evenhand.data.split_file import load_split
from evenhand.evaluate.baselines import trivial_baselines
from evenhand.predictions import load_predictions
from evenhand.run import Run
from evenhand.types import FitStatistics, Role

Lines = Callable[[str, str], str]


def command(data: Path, tiny: dict[str, object], *options: str) -> list[str]:
    named = [part for key, value in tiny.items() for part in ("--set", f"{key}={value}")]
    return ["crossval", str(data), "--folds", "3", *named, *options]


@pytest.fixture(scope="module")
def study(
    labelled_file: Path, tiny: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("studies") / "first"
    assert main(command(labelled_file, tiny, "--out", str(out))) == 0
    return out


def runs_of(study: Path) -> list[Run]:
    return [Run(study / "runs" / f"fold-{number}") for number in (1, 2, 3)]


def test_every_row_is_measured_once_by_a_model_that_never_saw_it(study: Path) -> None:
    scores = load_predictions(study / "predictions" / "out-of-fold.parquet")
    assert scores.role is Role.TUNE
    assert sorted(scores.ids) == sorted(f"r{i}" for i in range(240))
    start = 0
    for run in runs_of(study):
        report = run.predictions("report")
        roles = load_split(run.layout.split)
        assert {roles[name] for name in report.ids} == {Role.REPORT}
        rows = slice(start, start + len(report))
        assert scores.ids[rows] == report.ids
        assert np.array_equal(scores.truth_NC[rows], report.truth_NC)
        assert np.allclose(scores.probs()[rows], run.decision.probs(report.scores))
        start += len(report)


def test_figures_are_those_of_scikit_learn_on_the_pooled_rows(study: Path) -> None:
    result = json.loads((study / "result.json").read_text("utf-8"))
    runs = runs_of(study)
    reports = [run.predictions("report") for run in runs]
    decided = [r.decision.decide(p.scores) for r, p in zip(runs, reports, strict=True)]
    truth = np.concatenate([report.truth_NC for report in reports])
    ours = result["systems"][0]
    assert ours["name"] == "evenhand"
    assert ours["macro_f1"]["value"] == pytest.approx(
        f1_score(truth, np.concatenate(decided), average="macro", zero_division=0), abs=1e-12
    )
    folds = [
        f1_score(report.truth_NC, given, average="macro", zero_division=0)
        for report, given in zip(reports, decided, strict=True)
    ]
    assert ours["folds"] == pytest.approx(folds, abs=1e-12)
    assert ours["mean"] == pytest.approx(np.mean(folds))
    assert ours["deviation"] == pytest.approx(np.std(folds, ddof=1))
    scores = load_predictions(study / "predictions" / "out-of-fold.parquet")
    for c, row in enumerate(result["per_class"]):
        ap = average_precision_score(truth[:, c], scores.probs()[:, c])
        assert row["ap"]["value"] == pytest.approx(ap)
        assert row["support"] == truth[:, c].sum()


def test_baselines_are_those_of_each_fold(study: Path) -> None:
    result = json.loads((study / "result.json").read_text("utf-8"))
    systems = {system["name"]: system for system in result["systems"]}
    assert list(systems) == [
        "evenhand",
        "evenhand, fixed 0.5",
        "TF-IDF + logistic regression",
        "majority",
        "prior",
        "all-positive",
    ]
    for number, run in enumerate(runs_of(study)):
        report = run.predictions("report")
        fit = FitStatistics.from_dict(run.manifest["fit"])
        majority = trivial_baselines(fit, len(report), seed=0)["majority"]
        expected = f1_score(report.truth_NC, majority, average="macro", zero_division=0)
        assert systems["majority"]["folds"][number] == pytest.approx(expected)
    tfidf = next(d for d in result["differences"] if d["name"].startswith("over TF-IDF"))
    gap = systems["evenhand"]["macro_f1"]["value"]
    gap -= systems["TF-IDF + logistic regression"]["macro_f1"]["value"]
    assert tfidf["macro_f1"]["value"] == pytest.approx(gap)


def test_screen_names_systems_folds_and_where_scores_lie(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crossval", "--resume", str(study)]) == 0
    said = capsys.readouterr().out
    for words in (
        "3 of them are finished",
        "240 rows, each measured once by a model that never saw it; 3 folds",
        "mean of folds",
        "over TF-IDF + logistic regression: macro-F1",
        str(study / "predictions" / "out-of-fold.parquet"),
    ):
        assert words in said, words


def test_dry_run_writes_nothing(
    labelled_file: Path, tiny: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan"
    assert main(command(labelled_file, tiny, "--out", str(out), "--dry-run")) == 0
    said = capsys.readouterr().out
    assert "plan    3 runs: fold-1, fold-2, fold-3" in said
    assert "18 steps a run" in said
    assert not out.exists()


def test_going_on_trains_only_what_is_missing(study: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(study, again)
    before = (again / "result.json").read_bytes()
    shutil.rmtree(again / "runs" / "fold-2")
    (again / "result.json").unlink()
    kept = {
        run: (again / "runs" / run / "metrics.json").stat().st_mtime_ns
        for run in ("fold-1", "fold-3")
    }
    assert main(["crossval", "--resume", str(again)]) == 0
    for run, written in kept.items():
        assert (again / "runs" / run / "metrics.json").stat().st_mtime_ns == written
    old, new = json.loads(before), json.loads((again / "result.json").read_text("utf-8"))
    assert old | {"seconds": 0} == new | {"seconds": 0}


def test_a_killed_study_goes_on_to_the_same_result(
    labelled_file: Path, tiny: dict[str, object], study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    settings = tiny | {"train.checkpoint_every": 1}
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand", *command(labelled_file, settings, "--out", str(out))],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while "1 of 3" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert main(["crossval", "--resume", str(out)]) == 0
    ends = [json.loads((s / "result.json").read_text("utf-8")) for s in (study, out)]
    assert ends[0] | {"seconds": 0} == ends[1] | {"seconds": 0}


def test_a_study_that_is_asked_to_stop_says_how_it_goes_on(
    labelled_file: Path, tiny: dict[str, object], tmp_path: Path, three_lines: Lines
) -> None:
    out = tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand", *command(labelled_file, tiny, "--out", str(out)),
         "--set", "train.epochs=40", "--set", "train.patience=0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    history = out / "runs" / "fold-1" / "history.jsonl"
    while not (history.is_file() and history.stat().st_size):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate()
    assert process.returncode == 143
    assert f"evenhand crossval --resume {out}" in three_lines(error, "E305")


def test_two_processes_share_the_runs(
    labelled_file: Path, tiny: dict[str, object], study: Path, tmp_path: Path
) -> None:
    out = tmp_path / "shared"
    begun = [*command(labelled_file, tiny, "--out", str(out)), "--jobs", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "evenhand", *begun],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.stderr == ""
    for run in runs_of(out):
        history = run.layout.history.read_text("utf-8").splitlines()
        steps = [json.loads(line)["step"] for line in history if '"step"' in line]
        assert steps.count(1) == 1
    ends = [json.loads((s / "result.json").read_text("utf-8")) for s in (study, out)]
    assert ends[0] | {"seconds": 0} == ends[1] | {"seconds": 0}


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (["--folds", "200"], "E209", "rows in all, fold 1 of 200"),
        (["--set", "data.fold=7/3"], "E105", "leave data.fold out"),
        (["--set", "loss.name=focal", "--set", "sampler.name=weighted"], "E105", "allow_stacked"),
        (["--set", "data.min_rows=500"], "E207", "data.min_rows = 500"),
    ],
)
def test_what_cannot_be_is_refused_before_work(
    labelled_file: Path,
    tiny: dict[str, object],
    tmp_path: Path,
    three_lines: Lines,
    capsys: pytest.CaptureFixture[str],
    *,
    change: list[str],
    code: str,
    words: str,
) -> None:
    out = tmp_path / "none"
    assert main(command(labelled_file, tiny, "--out", str(out), *change)) == 2
    assert words in three_lines(capsys.readouterr().err, code)
    assert not out.exists()


def test_folders_of_other_things_are_refused(
    labelled_file: Path,
    tiny: dict[str, object],
    study: Path,
    tmp_path: Path,
    three_lines: Lines,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(command(labelled_file, tiny, "--out", str(study))) == 2
    assert "crossval --resume" in three_lines(capsys.readouterr().err, "E109")
    assert main(["crossval", "--resume", str(tmp_path)]) == 2
    assert "no study" in three_lines(capsys.readouterr().err, "E302")
    other = tmp_path / "other"
    shutil.copytree(study, other)
    about = json.loads((other / "study.json").read_text("utf-8"))
    (other / "study.json").write_text(json.dumps(about | {"kind": "ablate"}), "utf-8")
    assert main(["crossval", "--resume", str(other)]) == 2
    assert "evenhand ablate --resume" in three_lines(capsys.readouterr().err, "E302")


def test_changed_data_is_refused(
    labelled_file: Path,
    tiny: dict[str, object],
    tmp_path: Path,
    three_lines: Lines,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, out = tmp_path / "rows.json", tmp_path / "study"
    shutil.copy(labelled_file, data)
    assert main(command(data, tiny, "--out", str(out))) == 0
    rows = json.loads(data.read_text("utf-8"))
    data.write_text(json.dumps(rows[1:]), "utf-8")
    capsys.readouterr()
    assert main(["crossval", "--resume", str(out)]) == 2
    assert str(data) in three_lines(capsys.readouterr().err, "E211")


@pytest.mark.parametrize(
    "beside", [["--set", "seed=1"], ["--folds", "3"], ["--labels-file", "l.txt"]]
)
def test_resume_stands_alone(
    study: Path, beside: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["crossval", "--resume", str(study), *beside]) == 2
    assert "nothing beside it" in capsys.readouterr().err
