"""No command writes over what it was given to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.cli import main


def test_answers_never_replace_the_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("text\na good day\n", encoding="utf-8")
    assert main(["predict", str(tmp_path / "run"), str(texts), "-o", str(texts)]) == 2
    assert capsys.readouterr().err.startswith("[E110] an output would overwrite")
    assert texts.read_text("utf-8") == "text\na good day\n"


@pytest.mark.parametrize("name", ["scores.csv", "truth.csv"])
def test_a_decision_never_replaces_the_scores_or_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    scores, truth = tmp_path / "scores.csv", tmp_path / "truth.csv"
    scores.write_text("id,a\n1,0.2\n", encoding="utf-8")
    truth.write_text("id,a\n1,1\n", encoding="utf-8")
    before = (tmp_path / name).read_bytes()
    given = [str(scores), "--truth", str(truth), "--scores", "probs", "-o", str(tmp_path / name)]
    assert main(["decide", *given]) == 2
    assert capsys.readouterr().err.startswith("[E110] an output would overwrite")
    assert (tmp_path / name).read_bytes() == before


def test_a_comparison_never_replaces_a_side_or_a_file_of_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = tmp_path / "a.csv"
    answers.write_text("id,truth,labels\n1,x,x\n", encoding="utf-8")
    run = tmp_path / "run"
    run.mkdir()
    (run / "metrics.json").write_text("{}", encoding="utf-8")
    for target in (answers, run / "metrics.json"):
        before = target.read_bytes()
        assert main(["compare", str(answers), str(run), "--json", str(target)]) == 2
        assert capsys.readouterr().err.startswith("[E110] an output would overwrite")
        assert target.read_bytes() == before
