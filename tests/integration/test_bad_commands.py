"""Bad commands, scores and inputs of prediction get three lines and leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand
from evenhand.cli import main

Check = Callable[[str, str], str]


def written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "name the data"),
        (["train", "rows.csv"], "name the data"),
        (["train", "rows.csv", "--out", "x", "--tunne", "y"], "--tunne"),
        (["train", "rows.csv", "--out", "x", "--quick", "--recipe", "plain"], "--quick"),
        (["train", "rows.csv", "--resume", "x"], "--resume"),
        (["predict"], "RUN"),
        (["predict", "x"], "FILE"),
        (["decide", "x.csv"], "truth"),
        (["evaluate", "x", "--out", "y"], "--data"),
        (["trian"], "trian"),
    ],
)
def test_a_command_line_that_does_not_fit(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    assert main(arguments) == 2
    assert words in three_lines(capsys.readouterr().err, "E110")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["train", "--resume", "nowhere"], "E302"),
        (["evaluate", "nowhere"], "E401"),
        (["predict", "nowhere", "--text", "a"], "E401"),
        (["list", "looses"], "E101"),
        (["sample", "tweats"], "E101"),
    ],
)
def test_what_is_not_there(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    assert main(arguments) == 2
    three_lines(capsys.readouterr().err, code)


DECIDE = {
    "a NaN score": ("id,a\nr1,0.5\nr2,nan\n", "E210", "scores.csv:3"),
    "a missing score": ("id,a\nr1,0.5\nr2,\n", "E210", "scores.csv:3"),
    "a score above 1": ("id,a\nr1,0.5\nr2,1.5\n", "E210", "--scores logits"),
    "a word for a score": ("id,a\nr1,0.5\nr2,high\n", "E206", "scores.csv:3"),
    "an id twice": ("id,a\nr1,0.5\nr1,0.4\n", "E211", "scores.csv:3"),
    "an id without truth": ("id,a\nr1,0.5\nr9,0.4\n", "E211", "'r9'"),
    "no id": ("key,a\nr1,0.5\nr2,0.4\n", "E205", "'key'"),
    "another label": ("id,b\nr1,0.5\nr2,0.4\n", "E213", "'b'"),
    "no row": ("id,a\n", "E202", "scores.csv"),
}


@pytest.mark.parametrize(("content", "code", "words"), DECIDE.values(), ids=DECIDE)
def test_decide(
    content: str,
    code: str,
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    scores = written(tmp_path / "scores.csv", content)
    truth = written(tmp_path / "truth.csv", "id,a\nr1,1\nr2,0\n")
    out = tmp_path / "decision.json"
    given = ["decide", scores, "--truth", truth, "--scores", "probs", "-o", out]
    assert main([*map(str, given)]) == 2
    assert words in three_lines(capsys.readouterr().err, code)
    assert not out.exists()


def test_decide_into_a_folder_below_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    truth = written(tmp_path / "truth.csv", "id,a\nr1,1\nr2,0\nr3,1\nr4,0\n")
    out = str(truth / "decision.json")
    given = ["decide", str(truth), "--truth", str(truth), "--scores", "probs", "-o", out]
    assert main(given) == 2
    assert "Not a directory" in three_lines(capsys.readouterr().err, "E106")


def test_predict_without_the_text_column(
    tmp_path: Path,
    tiny: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    rows = "".join(f"the {word} day {i},{word}\n" for i in range(12) for word in ("good", "bad"))
    data = written(tmp_path / "rows.csv", f"text,label\n{rows}")
    evenhand.train(data, tmp_path / "run", settings=tiny)
    new = written(tmp_path / "new.csv", "body of it,when\nwarm day,1\n")
    out = tmp_path / "out.csv"
    assert main(["predict", str(tmp_path / "run"), str(new), "-o", str(out)]) == 2
    assert "no column 'text'" in three_lines(capsys.readouterr().err, "E205")
    assert not out.exists()


def test_an_option_that_is_a_key_of_the_run_file_is_answered_with_the_key(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "x.csv", "--epochs", "3", "--out", "run"]) == 2
    assert "fix: --set train.epochs=VALUE" in capsys.readouterr().err


def test_a_missing_option_is_named_as_it_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", "scores.csv", "--truth", "truth.csv"]) == 2
    assert "Missing option '--scores'" in capsys.readouterr().err
