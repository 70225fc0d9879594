"""From a teacher to a student: one command, and the same bits however often it is killed."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenhand.cli import main
from evenhand.predictions import load_predictions
from evenhand.run import Run
from evenhand.types import Role


def traces(distilled: Path) -> dict[str, str]:
    runs = ["alone", "student"]
    files = [f"{run}/bundle/model.safetensors" for run in runs]
    files += [f"{run}/{name}" for run in runs for name in ("history.jsonl", "decision.json")]
    files += ["teacher.parquet", "teacher-tune.parquet", "teacher-report.parquet"]
    return {name: hashlib.sha256((distilled / name).read_bytes()).hexdigest() for name in files}


def figures(distilled: Path) -> dict[str, object]:
    """Return what ``distill.json`` holds but for the time that it took."""
    found = json.loads((distilled / "distill.json").read_text("utf-8"))
    for row in found["systems"]:
        del row["minutes"]
    return found


def test_a_study_shows_teacher_student_and_student_alone(distilled: Path, teacher: Path) -> None:
    found = figures(distilled)
    assert [row["name"] for row in found["systems"]] == ["teacher", "student", "student alone"]
    assert [row["name"] for row in found["differences"]] == [
        "student less student alone",
        "teacher less student",
    ]
    assert (found["estimate"], found["role"]) == ("held out", "report")
    assert (found["unlabelled_rows"], found["weight"], found["notes"]) == (50, 0.5, [])
    alone, student = Run(distilled / "alone"), Run(distilled / "student")
    for row, run in zip(found["systems"], [Run(teacher), student, alone], strict=True):
        overall = run.metrics["overall"]
        assert row["macro_ap"]["value"] == pytest.approx(overall["macro_ap"]["value"])
        if run is not alone and run is not student:
            continue
        assert row["macro_f1"]["value"] == pytest.approx(overall["macro_f1"]["value"])
    gap = found["differences"][0]["macro_f1"]
    ours, theirs = (found["systems"][place]["macro_f1"]["value"] for place in (1, 2))
    assert gap["difference"] == pytest.approx(ours - theirs)
    assert gap["low"] <= gap["difference"] <= gap["high"]


def test_a_finished_study_is_only_shown_again(
    distilled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in distilled.rglob("*")}
    assert main(["distill", "--resume", str(distilled)]) == 0
    again = capsys.readouterr().out
    assert (distilled.parent / "said.txt").read_text("utf-8").endswith(again)
    assert "student less student alone" in again
    assert {path: path.stat().st_mtime_ns for path in distilled.rglob("*")} == before


def test_its_runs_are_ordinary_and_have_the_same_rows(distilled: Path) -> None:
    alone, student = Run(distilled / "alone"), Run(distilled / "student")
    assert alone.manifest["sha256"] == student.manifest["sha256"]
    assert alone.manifest["fit"] == student.manifest["fit"]
    assert alone.manifest["distill"] is None
    stored = json.loads((distilled / "study.json").read_text("utf-8"))
    given = hashlib.sha256((distilled / "teacher.parquet").read_bytes()).hexdigest()
    assert student.manifest["distill"]["sha256"]["teacher"] == given
    assert stored["teacher_file_sha256"] == given
    aside = student.manifest["ledger"]["files"][-1]["aside"]
    assert sum(one["rows"] for one in aside.values()) == 2
    assert all(why.startswith("the text of a ") for why in aside)


def test_what_the_teacher_said_is_its_own_answer(distilled: Path, teacher: Path) -> None:
    stored = load_predictions(distilled / "teacher.parquet")
    bare = [i for i, name in enumerate(stored.ids) if name.startswith("u")]
    assert len(bare) == 50
    assert np.isnan(stored.truth_NC[bare]).all()
    assert stored.role is Role.FIT
    measured = load_predictions(distilled / "teacher-report.parquet")
    own = Run(teacher).predictions(Role.REPORT)
    assert measured.ids == own.ids
    np.testing.assert_allclose(measured.probs(), Run(teacher).decision.probs(own.scores), atol=1e-6)


def test_the_terminal_shows_one_screen(distilled: Path) -> None:
    said = (distilled.parent / "said.txt").read_text("utf-8")
    verdict = re.search(r"(?m)^(the teacher (helped|did harm)|no gain from the teacher).*: ", said)
    assert verdict is not None
    shown = said[verdict.start() :].splitlines()
    assert len(shown) < 20
    assert max(map(len, shown[:-2])) <= 100
    learnt = r"learnt from 16\d fit rows and 50 unlabelled rows, 50% teacher$"
    assert re.match(learnt, shown[1])


def test_the_student_is_a_run_file_that_train_takes(
    tmp_path: Path, distilled: Path, labelled_file: Path
) -> None:
    again = ["train", str(labelled_file), "--recipe", str(distilled / "student" / "run.toml")]
    assert main([*again, "--out", str(tmp_path / "again")]) == 0
    ours, theirs = (
        (run / "bundle" / "model.safetensors").read_bytes()
        for run in (distilled / "student", tmp_path / "again")
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "place",
    [
        "teacher.parquet",
        "alone/checkpoints/best-0001",
        "student/checkpoints/best-0001",
        "student/metrics.json",
    ],
)
def test_kill_and_resume_ends_in_the_same_bits(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    distilled: Path,
    teacher: Path,
    bare: Path,
    place: str,
) -> None:
    out = tmp_path / "S"
    arguments = distill_command(teacher, out, "--unlabelled", str(bare))
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    while process.poll() is None and not (out / place).exists():
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (out / "distill.json").exists()
    finished = out / "alone" / "findings.json"
    before = finished.stat().st_mtime_ns if finished.exists() else None
    assert main(["distill", "--resume", str(out)]) == 0
    assert traces(out) == traces(distilled)
    assert before in (None, finished.stat().st_mtime_ns)


def test_a_study_asked_to_stop_says_how_the_whole_of_it_goes_on(
    tmp_path: Path, distill_command: Callable[..., list[str]], teacher: Path
) -> None:
    out = tmp_path / "S"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "evenhand",
            *distill_command(teacher, out, "--set", "train.epochs=40"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and not list(out.glob("alone/checkpoints/best-*")):
        pass
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert said.decode().startswith("[E305]")
    assert f"evenhand distill --resume {out}" in said.decode()


def test_a_dry_run_checks_everything_and_writes_nothing(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    bare: Path,
) -> None:
    options = ["--unlabelled", str(bare), "--weight", "0.75", "--dry-run"]
    assert main(distill_command(teacher, tmp_path / "S", *options)) == 0
    said = capsys.readouterr().out
    assert re.search(r"alone +16\d fit rows: at most 2 passes, 22 steps of 16 rows", said)
    assert "75% teacher and 25% truth; 50 unlabelled rows, the teacher alone" in said
    assert re.search(r"compare 3\d report rows, held out", said)
    assert not (tmp_path / "S").exists()


def test_a_file_of_scores_teaches_what_the_model_does_that_wrote_it(
    write_scores: Callable[..., Path],
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    teacher: Path,
    labelled_file: Path,
) -> None:
    scores = write_scores(tmp_path / "scores.csv", teacher, labelled_file)
    assert main(distill_command(scores, tmp_path / "file", "--scores", "probs")) == 0
    assert main(distill_command(teacher / "bundle", tmp_path / "model")) == 0
    one, other = (load_predictions(tmp_path / n / "teacher.parquet") for n in ("file", "model"))
    assert one.ids == other.ids
    np.testing.assert_allclose(one.probs(), other.probs(), atol=1e-6)
    found = figures(tmp_path / "file")
    assert found["systems"][0]["megabytes"] is None
    assert "does not say what it was trained on" in found["notes"][0]


def test_a_teacher_that_cannot_score_measured_rows_has_no_row_in_the_table(
    write_scores: Callable[..., Path],
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    labelled_file: Path,
    distilled: Path,
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    measured = set(load_predictions(distilled / "teacher-tune.parquet").ids)
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps([row for row in rows if row["id"] not in measured]), "utf-8")
    scores = write_scores(tmp_path / "scores.csv", teacher, kept)
    assert main(distill_command(scores, tmp_path / "S", "--scores", "probs")) == 0
    found = figures(tmp_path / "S")
    assert [row["name"] for row in found["systems"]] == ["student", "student alone"]
    assert len(found["differences"]) == 1
    assert "the teacher is not measured" in capsys.readouterr().out


def test_measured_on_tune_rows_the_figures_are_cross_fitted(
    tmp_path: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    labelled_file: Path,
) -> None:
    roles = dict(zip(*_split(teacher), strict=True))
    rows = json.loads(labelled_file.read_text("utf-8"))
    files = {}
    for role in ("fit", "tune"):
        files[role] = tmp_path / f"{role}.json"
        kept = [row for row in rows if roles[row["id"]] == role]
        files[role].write_text(json.dumps(kept), "utf-8")
    settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
    named = [part for setting in settings for part in ("--set", setting)]
    given = [str(teacher), str(files["fit"]), "--tune", str(files["tune"])]
    assert main(["distill", *given, "--out", str(tmp_path / "S"), *named]) == 0
    found = figures(tmp_path / "S")
    assert (found["estimate"], found["role"], found["notes"]) == ("cross-fitted", "tune", [])
    run = Run(tmp_path / "S" / "student")
    ours = found["systems"][1]["macro_f1"]["value"]
    assert ours == pytest.approx(run.metrics["overall"]["macro_f1"]["value"])
    assert "the epochs were chosen on them too" in capsys.readouterr().out


def _split(teacher: Path) -> tuple[list[str], list[str]]:
    import pyarrow.parquet as pq

    columns = pq.read_table(teacher / "split.parquet").to_pydict()
    return columns["id"], columns["role"]


def test_an_ensemble_teaches(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    ensemble_by: Callable[[str], Run],
) -> None:
    teacher, out = ensemble_by("average"), tmp_path / "S"
    split = ("--set", "data.split_seed=1", "--set", "train.epochs=1")
    assert main(distill_command(teacher.folder, out, *split)) == 0
    stored = load_predictions(out / "teacher-report.parquet")
    assert stored.ids == teacher.predictions("report").ids
    answers = teacher.decision.probs(teacher.predictions("report").scores)
    np.testing.assert_allclose(stored.probs(), answers, atol=1e-6)


def test_an_ensemble_that_learnt_from_the_measured_rows_is_refused(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    ensemble_by: Callable[[str], Run],
    capsys: pytest.CaptureFixture[str],
) -> None:
    teacher = ensemble_by("average").folder
    assert main(distill_command(teacher, tmp_path / "S", "--set", "data.split_seed=2")) == 2
    assert capsys.readouterr().err.startswith("[E242]")
    assert not (tmp_path / "S").exists()
