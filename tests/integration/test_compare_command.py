"""``evenhand compare`` and ``evenhand mistakes``, on files and on a run that is truly trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import evenhand
from evenhand.cli.compare import compare
from evenhand.cli.mistakes import mistakes
from evenhand.cli.predict import predict
from evenhand.errors import EvenhandError
from evenhand.run import Run

Compared = Callable[..., dict[str, Any]]

A = "id,truth,labels\nr1,x,x\nr2,x|y,x\nr3,,y\nr4,y,y\n"
B = "id,truth,labels\nr4,y,x\nr3,,\nr2,x|y,x|y\nr1,x,x\n"


def invoke(command: Callable[..., Any], *arguments: Any) -> str:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    done = CliRunner().invoke(app, list(map(str, arguments)))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def compared(tmp_path: Path) -> Compared:
    """Return what compares two files and gives the JSON; a file may be given by its content."""

    def run(a: Any, b: Any, *more: Any) -> dict[str, Any]:
        paths = []
        for name, side in (("a.csv", a), ("b.csv", b)):
            if isinstance(side, str):
                (tmp_path / name).write_text(side, encoding="utf-8")
                side = tmp_path / name
            paths.append(side)
        more = (*more, "--json", tmp_path / "c.json", "--resamples", 100)
        invoke(compare, *paths, *more)
        found: dict[str, Any] = json.loads((tmp_path / "c.json").read_text("utf-8"))
        return found

    return run


def test_two_files_by_hand(compared: Compared) -> None:
    found = compared(A, B)
    assert found["task"] == "multilabel"
    assert found["rows"] == 4
    assert found["mcnemar"]["overall"] == {"p": 1.0, "a_only": 1, "b_only": 2}
    assert found["mcnemar"]["y"] == {"p": 1.0, "a_only": 1, "b_only": 2, "p_holm": 1.0}
    f1_a, f1_b = (1 + 0.5) / 2, (0.8 + 2 / 3) / 2
    assert found["macro_f1"]["a"] == pytest.approx(f1_a)
    assert found["macro_f1"]["b"] == pytest.approx(f1_b)
    assert found["macro_f1"]["difference"] == pytest.approx(f1_b - f1_a)
    assert found["macro_f1"]["low"] <= found["macro_f1"]["high"]
    assert (found["flips"]["count"], found["flips"]["rate"]) == (3, 0.75)


def test_one_label_a_row_is_multiclass(compared: Compared) -> None:
    rows = "id,truth,labels\nr1,x,x\nr2,y,x\n"
    assert compared(rows, rows)["task"] == "multiclass"


def test_the_truth_may_stand_in_a_file_of_its_own(compared: Compared, tmp_path: Path) -> None:
    bare = "id,labels\nr1,x\nr2,x|y\n"
    by_name = compared(bare, bare, "--truth", _write(tmp_path, "t.csv", "id,truth\nr2,x\nr1,x\n"))
    by_cell = compared(bare, bare, "--truth", _write(tmp_path, "u.csv", "id,x,y\nr1,1,0\nr2,1,0\n"))
    assert by_name == by_cell
    assert by_name["per_class"][1]["support"] == 0


def test_an_empty_cell_of_truth_is_unknown(compared: Compared, tmp_path: Path) -> None:
    bare = "id,labels\nr1,x\nr2,y\n"
    truth = _write(tmp_path, "t.csv", "id,x,y\nr1,1,0\nr2,,\n")
    assert compared(bare, bare, "--truth", truth)["four_way"]["unjudged"] == 1


def test_slices_come_from_the_files_or_from_data(compared: Compared, tmp_path: Path) -> None:
    with_script = "".join(
        f"{line},{end}\n" for line, end in zip(A.splitlines(), ["script", *"kkrr"], strict=True)
    )
    own = compared(with_script, B, "--slice", "script")["slices"][0]
    data = _write(tmp_path, "d.csv", "id,text,script\nr1,a,k\nr2,bb,k\nr3,ccc,r\nr4,dddd,r\n")
    named = compared(A, B, "--slice", "script", "--data", data)["slices"][0]
    assert own["parts"] == [
        part | {"flips": part["flips"] | {"examples": _without_text(part)}}
        for part in named["parts"]
    ]
    assert [(p["value"], p["rows"]) for p in own["parts"]] == [("k", 2), ("r", 2)]
    lengths = compared(A, B, "--slice", "length", "--data", data)["slices"][0]["parts"]
    assert sum(part["rows"] for part in lengths) == 4


@pytest.mark.parametrize(
    ("b", "more", "code"),
    [
        (B.replace("r4", "r5"), (), r"E211(.|\n)*'r4'"),
        (B.replace("r4", "r3"), (), r"E211(.|\n)*'r3' at .*b.csv:3 and .*b.csv:2"),
        (B.replace("r4,y", "r4,x"), (), r"E211(.|\n)*truth of 1 rows(.|\n)*'r4'"),
        (B.replace("x|y", "x|Y"), (), r"E213(.|\n)*'y' and 'Y' differ only in case"),
        (B.replace("truth", "gold"), (), r"E205(.|\n)*b.csv has no truth"),
        (B.replace("labels", "given"), (), r"E205(.|\n)*no column 'labels'"),
        (B.replace("id,", "key,"), (), r"E205(.|\n)*no column 'id'"),
        (B, ("--slice", "script"), r"E205(.|\n)*no file has the column 'script'"),
        (B, ("--slice", "length"), r"E205(.|\n)*what the texts are"),
    ],
)
def test_what_is_refused(
    compared: Compared,
    three_lines: Callable[[str, str], str],
    b: str,
    more: tuple[str, ...],
    code: str,
) -> None:
    with pytest.raises(EvenhandError, match=code) as raised:
        compared(A, b, *more)
    three_lines(str(raised.value), raised.value.code)


def test_a_truth_that_does_not_fit_is_refused(compared: Compared, tmp_path: Path) -> None:
    bare = "id,labels,p:x,p:y\nr1,x,0.9,0.1\nr2,y,0.1,0.9\n"
    for content, code in (
        ("id,truth\nr1,x\n", r"E211(.|\n)*'r2'"),
        ("id,truth\nr1,x\nr2,yy\n", r"E213(.|\n)*'yy' only in the truth"),
        ("id,x\nr1,1\nr2,0\n", r"E213(.|\n)*'y' only in the answers"),
        ("id,x,y\nr1,1,0\nr2,2,0\n", r"E206(.|\n)*'2' at .*t.csv:3"),
    ):
        with pytest.raises(EvenhandError, match=code):
            compared(bare, bare, "--truth", _write(tmp_path, "t.csv", content))


def test_other_labels_than_the_columns_say_are_refused(compared: Compared) -> None:
    a = "id,truth,labels,p:x,p:y\nr1,x,x,0.9,0.1\nr2,y,y,0.1,0.9\n"
    with pytest.raises(EvenhandError, match=r"E213(.|\n)*'y' and 'Y' differ only in case"):
        compared(a, a.replace("p:y", "p:Y"))
    with pytest.raises(EvenhandError, match=r"E201(.|\n)*'z' at .*b.csv:3"):
        compared(a, "id,truth,labels\nr1,x,x\nr2,y,z\n")
    with pytest.raises(EvenhandError, match=r"E206(.|\n)*'high' at .*b.csv:2, column 'p:x'"):
        compared(a, a.replace("0.9,0.1", "high,0.1"))
    with pytest.raises(EvenhandError, match=r"E210(.|\n)*outside"):
        compared(a, a.replace("0.9,0.1", "9,0.1"))


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory, tiny: dict[str, Any], labelled_file: Path
) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    shutil.copy(labelled_file, folder / "rows.json")
    evenhand.train(folder / "rows.json", folder / "run", settings=tiny)
    return folder / "run"


def test_a_run_against_itself(compared: Compared, trained: Path) -> None:
    found = compared(trained, trained, "--slice", "length")
    stored = Run(trained).metrics["systems"][0]
    assert found["macro_f1"]["a"] == pytest.approx(stored["macro_f1"]["value"])
    assert found["macro_ap"]["b"] == pytest.approx(stored["macro_ap"]["value"])
    assert found["flips"]["count"] == 0
    assert len(found["slices"][0]["parts"]) > 1


def test_a_run_against_its_own_answers(
    compared: Compared, trained: Path, tmp_path: Path, labelled_file: Path
) -> None:
    run = Run(trained)
    report = run.predictions("report")
    rows = [row for row in json.loads(labelled_file.read_text("utf-8")) if row["id"] in report.ids]
    given = _write(tmp_path, "given.json", json.dumps(rows))
    answers = tmp_path / "answers.csv"
    invoke(predict, trained, given, "-o", answers)
    found = compared(trained, answers)
    assert found["flips"]["count"] == 0
    assert found["macro_f1"]["difference"] == 0
    assert found["macro_ap"]["difference"] == pytest.approx(0, abs=1e-3)


def test_two_runs_trained_on_a_column_each(
    compared: Compared, tmp_path: Path, tiny: dict[str, Any], labelled_file: Path
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    roles = ["fit"] * 5 + ["tune"] * 2 + ["report"] * 3
    for i, row in enumerate(rows):
        row |= {"other": f"not {row['text']}", "split": roles[i % 10]}
    data = _write(tmp_path, "rows.json", json.dumps(rows))
    for column in ("text", "other"):
        settings = tiny | {"report.baselines": False, "data.text": column}
        evenhand.train(data, tmp_path / column, settings=settings)
    found = compared(tmp_path / "text", tmp_path / "other")
    assert found["rows"] == sum(row["split"] == "report" for row in rows) == 72


def test_mistakes_of_a_run(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    shown = invoke(mistakes, trained, "--json", file, "--show", 2)
    found = json.loads(file.read_text("utf-8"))
    run = Run(trained)
    report = run.predictions("report")
    decided_NC = run.decision.decide(report.scores)
    wrong = int((decided_NC != (report.truth_NC == 1)).any(axis=1).sum())
    assert (found["rows"], found["wrong"]) == (len(report), wrong)
    assert f"{wrong} of {len(report)} rows are wrong" in shown
    missed_C = ((report.truth_NC == 1) & ~decided_NC).sum(axis=0)
    assert [label["missed"]["count"] for label in found["labels"]] == missed_C.tolist()
    hard = [row for label in found["labels"] for row in label["false_alarm"]["hardest"]]
    assert hard
    assert all(row["text"] and len(row["nearest_fit"]) == 3 for row in hard)
    assert not {n["id"] for row in hard for n in row["nearest_fit"]} & set(report.ids)
    assert found["effects"][0]["column"] == "length"


def test_mistakes_of_one_label(trained: Path, tmp_path: Path) -> None:
    invoke(mistakes, trained, "--label", "grief", "--json", tmp_path / "m.json")
    found = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert [label["name"] for label in found["labels"]] == ["grief"]
    with pytest.raises(EvenhandError, match=r"E201(.|\n)*did you mean 'grief'"):
        invoke(mistakes, trained, "--label", "greif")


def test_data_that_is_gone_or_changed_is_told(trained: Path, tmp_path: Path) -> None:
    data, kept = trained.parent / "rows.json", tmp_path / "kept.json"
    shutil.move(data, kept)
    try:
        with pytest.raises(EvenhandError, match=r"E202(.|\n)*the data of .* is gone"):
            invoke(mistakes, trained)
        rows = json.loads(kept.read_text("utf-8"))
        rows[0]["text"] = "another text"
        data.write_text(json.dumps(rows), encoding="utf-8")
        with pytest.raises(EvenhandError, match=r"E211(.|\n)*no longer what the run was trained"):
            invoke(mistakes, trained)
    finally:
        shutil.move(kept, data)


def test_flips_are_shown_without_texts_when_the_data_is_gone(
    compared: Compared, trained: Path, tmp_path: Path
) -> None:
    report = Run(trained).predictions("report")
    answers = "id,labels\n" + "".join(f"{name},\n" for name in report.ids)
    data, kept = trained.parent / "rows.json", tmp_path / "kept.json"
    with_texts = compared(trained, answers)["flips"]["examples"]
    shutil.move(data, kept)
    try:
        without = compared(trained, answers)["flips"]["examples"]
    finally:
        shutil.move(kept, data)
    assert [e["id"] for e in without] == [e["id"] for e in with_texts]
    assert {e["text"] for e in without} == {None}
    assert all(e["text"] for e in with_texts)
    assert {e["b"] for e in without} == {""}


def _write(folder: Path, name: str, content: str) -> Path:
    (folder / name).write_text(content, encoding="utf-8")
    return folder / name


def _without_text(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [example | {"text": None} for example in part["flips"]["examples"]]
