"""``evenhand predict`` on files: formats, resume, what it says and what it refuses."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import evenhand
from evenhand.bundle import Classifier
from evenhand.cli import main
from evenhand.data.portions import Limit
from evenhand.run.predict_stream import Question

Check = Callable[[str, str], str]


@pytest.fixture(scope="module")
def bundle(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, tiny: dict[str, object]
) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    settings = {**tiny, "train.epochs": 1, "report.baselines": False}
    return evenhand.train(labelled_file, out, settings=settings).folder / "bundle"


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = "".join(f"{i},a {w} day\n" for i in range(9) for w in ("happy", "very sad", "new"))
    (tmp_path / "in.csv").write_text(f"n,text\n{lines}\n=1+1,\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let portions have five rows, which count at once."""
    defaults = Question.__init__.__defaults__
    assert defaults is not None
    monkeypatch.setattr(Question.__init__, "__defaults__", (*defaults[:-1], 0))
    monkeypatch.setattr(Limit, "rows", 5)


def stopped_after(portions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ctrl-C come while a portion is answered."""
    answered, predict = [], Classifier.predict

    def interrupted(self: Classifier, *given: object, **named: object) -> object:
        if len(answered) == portions:
            raise KeyboardInterrupt
        answered.append(1)
        return predict(self, *given, **named)

    monkeypatch.setattr(Classifier, "predict", interrupted)


def test_interrupted_and_gone_on_with(
    bundle: Path,
    rows: Path,
    small_portions: None,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    given = ["predict", str(bundle), "in.csv", "-o"]
    assert main([*given, "whole.csv"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "in.csv: 29 rows read, 28 answered",
        "  1 answered without text (line 30)",
        "  1 set aside: blank line (line 29)",
        "28 rows written to whole.csv",
    ]
    with pytest.MonkeyPatch.context() as patch:
        stopped_after(3, patch)
        assert main([*given, "out.csv"]) == 130
    assert "14 rows are kept beside out.csv: go on with --resume\n" in capsys.readouterr().err
    assert main([*given, "out.csv"]) == 2
    assert "go on with --resume" in three_lines(capsys.readouterr().err, "E406")
    assert main([*given, "out.csv", "--resume"]) == 0
    assert "28 rows written to out.csv" in capsys.readouterr().err
    assert Path("out.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert main([*given, "out.csv", "--resume"]) == 0
    assert "nothing beside it is unfinished: it stays" in capsys.readouterr().err
    assert sorted(p.name for p in rows.iterdir()) == ["in.csv", "out.csv", "whole.csv"]


def test_another_bundle_does_not_go_on(
    bundle: Path,
    rows: Path,
    small_portions: None,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        stopped_after(2, patch)
        assert main(["predict", str(bundle), "in.csv", "-o", "out.csv"]) == 130
    capsys.readouterr()
    shutil.copytree(bundle, "other")
    classifier = evenhand.load("other")
    classifier.architecture = type(classifier.architecture)(
        **vars(classifier.architecture) | {"max_length": 9}
    )
    evenhand.bundle.save(Path("other"), classifier)
    assert main(["predict", "other", "in.csv", "-o", "out.csv", "--resume"]) == 2
    error = three_lines(capsys.readouterr().err, "E406")
    assert "begun with another bundle" in error
    assert "rm -f out.csv.partial out.csv.partial.json" in error


def test_standard_output_is_what_the_file_would_hold(
    bundle: Path, rows: Path, small_portions: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", str(bundle), "in.csv", "-o", "out.csv"]) == 0
    capsys.readouterr()
    assert main(["predict", str(bundle), "in.csv"]) == 0
    assert capsys.readouterr().out == Path("out.csv").read_text("utf-8")


@pytest.mark.parametrize("ending", ["tsv", "jsonl", "parquet"])
def test_texts_and_standard_input_go_into_any_format(
    bundle: Path, rows: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a happy day\nsad talk\n"))
    assert main(["predict", str(bundle), "-", "-o", f"in.{ending}"]) == 0
    texts = ["--text", "a happy day", "--text", "sad talk"]
    assert main(["predict", str(bundle), *texts, "-o", f"texts.{ending}"]) == 0
    assert Path(f"in.{ending}").read_bytes() == Path(f"texts.{ending}").read_bytes()
    assert main(["predict", str(bundle), f"in.{ending}", "-o", "again.csv"]) == 0
    with Path("again.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["text"] for row in found] == ["a happy day", "sad talk"]
    assert all(row["input:labels"] == row["labels"] for row in found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["in.csv", "--resume"], "--resume goes on with the --out of a FILE"),
        (["-", "--resume", "-o", "o.csv"], "--resume goes on with the --out of a FILE"),
        (["--text", "a", "--resume", "-o", "o.csv"], "--resume goes on with"),
        (["in.csv", "-o", "out.txt"], "--out out.txt"),
        (["in.csv", "-o", "in.csv"], "--out in.csv is FILE"),
    ],
)
def test_what_does_not_fit_is_refused_before_the_bundle_is_read(
    given: list[str],
    words: str,
    rows: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    assert main(["predict", "nowhere", *given]) == 2
    assert words in three_lines(capsys.readouterr().err, "E110")
