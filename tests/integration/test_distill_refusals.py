"""What is wrong with a distillation is said in three lines, before anything is written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.cli import main

THREE = Callable[[str, str], str]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_scores_that_lack_rows_are_counted_before_anything_is_written(
    write_scores: Callable[..., Path],
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    three_lines: THREE,
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    labelled_file: Path,
) -> None:
    scores = write_scores(tmp_path / "scores.csv", teacher, labelled_file, drop=40)
    error = refused(distill_command(scores, tmp_path / "S", "--scores", "probs"), capsys)
    assert re.search(r"the teacher does not know \d+ of 16\d rows", three_lines(error, "E242"))
    assert re.search(r"has no row 'r2\d\d'", error)
    assert not (tmp_path / "S").exists()


@pytest.mark.parametrize(
    ("lines", "options", "code", "words"),
    [
        ("id,joy,anger\nr0,0.5,0.5\n", ["probs"], "E242", "'grief' only in the data"),
        ("id,joy,anger,grief\nr0,0.5,nan,0.5\n", ["probs"], "E210", "NaN"),
        ("id,joy,anger,grief\nr0,0.5,3.5,0.5\n", ["probs"], "E210", "--scores logits"),
        ("joy,anger,grief\n0.5,0.5,0.5\n", ["probs"], "E205", "no column 'id'"),
        ("id,joy,anger,grief\nr0,0.5,0.5,0.5\n", [], "E110", "is never guessed"),
    ],
)
def test_bad_scores_are_three_lines(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    three_lines: THREE,
    capsys: pytest.CaptureFixture[str],
    lines: str,
    options: list[str],
    code: str,
    words: str,
) -> None:
    scores = tmp_path / "scores.csv"
    scores.write_text(lines, "utf-8")
    given = [part for kind in options for part in ("--scores", kind)]
    error = refused(distill_command(scores, tmp_path / "S", *given), capsys)
    assert words in three_lines(error, code)
    assert not (tmp_path / "S").exists()


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--weight", "1.5"], "E102", "distill.weight = 1.5"),
        (["--scores", "probs"], "E110", "leave --scores out"),
        (["--set", "distill.teacher=x"], "E105", "a distillation writes the teacher's file itself"),
        (["--weight", "0.5", "--set", "distill.weight=0.7"], "E110", "both name one setting"),
        (["--set", "mix=smote"], "E105", "with a teacher targets lie between 0 and 1"),
        (["--unlabelled", "nowhere.csv"], "E202", "nowhere.csv"),
        (["--set", "data.split_seed=3"], "E242", "the teacher has learnt from what this study"),
    ],
)
def test_what_cannot_be_is_three_lines(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    three_lines: THREE,
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    options: list[str],
    code: str,
    words: str,
) -> None:
    error = refused(distill_command(teacher, tmp_path / "S", *options), capsys)
    assert words in three_lines(error, code)
    assert not (tmp_path / "S").exists()


def test_a_folder_that_is_no_teacher_or_is_none_at_all(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    three_lines: THREE,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    for name, code in ((tmp_path / "empty", "E401"), (tmp_path / "nowhere", "E202")):
        three_lines(refused(distill_command(name, tmp_path / "S"), capsys), code)
        assert not (tmp_path / "S").exists()


def test_a_used_folder_is_refused(
    tmp_path: Path,
    distill_command: Callable[..., list[str]],
    three_lines: THREE,
    capsys: pytest.CaptureFixture[str],
    teacher: Path,
    distilled: Path,
) -> None:
    error = three_lines(refused(distill_command(teacher, distilled), capsys), "E109")
    assert f"evenhand distill --resume {distilled}" in error


def test_resume_stands_alone_and_needs_something_to_go_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: THREE, distilled: Path
) -> None:
    error = refused(["distill", "--resume", str(distilled), "--weight", "0.5"], capsys)
    assert "nothing beside it" in three_lines(error, "E110")
    three_lines(refused(["distill", "--resume", str(tmp_path)], capsys), "E302")
    three_lines(refused(["distill", "x.csv"], capsys), "E110")


def test_resume_refuses_what_has_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: THREE, distilled: Path
) -> None:
    out = tmp_path / "S"
    shutil.copytree(distilled, out)
    (out / "distill.json").unlink()
    shutil.rmtree(out / "student")
    stored = json.loads((out / "study.json").read_text("utf-8"))
    for key, value, words in (
        ("sha256", {**stored["sha256"], "split": "0"}, "the data"),
        ("unlabelled_sha256", "0", "the file of unlabelled rows"),
        ("teacher_file_sha256", "0", "what the teacher said"),
    ):
        (out / "study.json").write_text(json.dumps({**stored, key: value}), "utf-8")
        assert words in three_lines(refused(["distill", "--resume", str(out)], capsys), "E303")
    without = {key: value for key, value in stored.items() if key != "teacher_file_sha256"}
    other = {**without, "teacher": {**stored["teacher"], "sha256": "0"}}
    (out / "study.json").write_text(json.dumps(other), "utf-8")
    assert "the teacher" in three_lines(refused(["distill", "--resume", str(out)], capsys), "E303")
