"""``evenhand stages check``: every stage measured on rows that no model has seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenhand.cli import main
from evenhand.evaluate.metrics import confusion_counts, recall
from evenhand.stages import Pipeline, load

Check = Callable[[str, str], str]
STAGES = """
model = "run"
critical = ["grief"]

[[rule]]
name = "word of grief"
keywords = ["sad"]
raise = "grief"

[[rule]]
name = "lift"
keywords = ["happy"]
floor = { joy = 0.9 }

[[rule]]
name = "short"
shorter_than = 12
abstain = true
route = "people"

[verifier]
model = "second/bundle"
labels = ["anger", "grief"]
between = [0.05, 0.95]
"""


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, member_runs: Path
) -> Path:
    """Return a folder with two runs, a file of stages and labelled rows that are new."""
    folder = tmp_path_factory.mktemp("stages")
    (folder / "run").symlink_to(member_runs / "a")
    (folder / "second").symlink_to(member_runs / "b")
    (folder / "stages.toml").write_text(STAGES, "utf-8")
    rows = json.loads(labelled_file.read_text("utf-8"))[:60]
    new = [{**row, "id": f"new{i}", "text": f"so {row['text']}"} for i, row in enumerate(rows)]
    new.append({"id": "short", "text": "a day", "labels": {"joy": 0, "anger": 0, "grief": 0}})
    (folder / "new.json").write_text(json.dumps(new), "utf-8")
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Pipeline:
    return load(folder / "stages.toml")


@pytest.fixture(scope="module")
def measured(folder: Path) -> dict:
    out = folder / "effects.json"
    given = [str(folder / "stages.toml"), "--data", str(folder / "new.json")]
    assert main(["stages", "check", *given, "--resamples", "100", "--json", str(out)]) == 0
    return json.loads(out.read_text("utf-8"))


def labels_of(folder: Path, pipeline: Pipeline) -> tuple[np.ndarray, np.ndarray]:
    rows = json.loads((folder / "new.json").read_text("utf-8"))
    names = pipeline.labels.names
    given = [answer.labels for answer in pipeline.answer([row["text"] for row in rows])]
    decided = np.array([[name in labels for name in names] for labels in given])
    truth = np.array([[row["labels"][name] for name in names] for row in rows], np.float32)
    return decided, truth


def test_the_whole_is_measured_by_the_answers_that_it_gives(
    folder: Path, pipeline: Pipeline, measured: dict
) -> None:
    decided_NC, truth_NC = labels_of(folder, pipeline)
    c = pipeline.labels.index("grief")
    full = measured["critical"][0]["variants"][0]
    assert full["name"] == "full"
    assert full["alerts"]["value"] == decided_NC[:, c].sum()
    assert full["recall"]["value"] == recall(confusion_counts(truth_NC, decided_NC))[c] == 1.0


def test_what_is_left_without_a_stage_is_the_file_without_it(folder: Path, measured: dict) -> None:
    without = {
        "no rules": STAGES[: STAGES.index("[[rule]]")] + STAGES[STAGES.index("[verifier]") :],
        "no verifier": STAGES[: STAGES.index("[verifier]")],
        "model only": STAGES[: STAGES.index("[[rule]]")],
    }
    assert [v["name"] for v in measured["variants"]] == ["full", *without, "rules only"]
    for name, text in without.items():
        (folder / "part.toml").write_text(text, "utf-8")
        part = load(folder / "part.toml")
        decided_NC, _ = labels_of(folder, part)
        figures = next(v for v in measured["critical"][0]["variants"] if v["name"] == name)
        assert figures["alerts"]["value"] == decided_NC[:, part.labels.index("grief")].sum(), name


def test_rules_alone_find_their_words_and_no_more(folder: Path, measured: dict) -> None:
    texts = [row["text"].split() for row in json.loads((folder / "new.json").read_text("utf-8"))]
    alone = measured["critical"][0]["variants"][-1]
    assert alone["alerts"]["value"] == sum("sad" in words for words in texts)
    matched = {rule["name"]: rule["matched"] for rule in measured["rules"]}
    assert matched["word of grief"] == sum("sad" in words for words in texts)
    assert matched["lift"] == sum("happy" in words for words in texts)
    assert matched["short"] == 1
    assert (measured["abstained"], measured["routed"]) == (1, {"people": 1})


def test_the_screen_shows_every_stage_and_rule(
    folder: Path, measured: dict, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(folder / "stages.toml"), "--data", str(folder / "new.json")]
    assert main(["stages", "check", *given, "--resamples", "100"]) == 0
    shown = capsys.readouterr().out
    for part in (
        "rows routed: people 1",
        "full less no rules: recall",
        "word of grief",
        "rules only",
        "grief, ",
    ):
        assert part in shown
    assert f"{measured['rows']} rows" in shown
    assert max(map(len, shown.splitlines()[1:6])) <= 100


def test_rows_that_a_model_has_learnt_from_are_refused(
    folder: Path, labelled_file: Path, three_lines: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = str(folder / "stages.toml")
    assert main(["stages", "check", stages, "--data", str(labelled_file)]) == 2
    three_lines(capsys.readouterr().err, "E208")


def test_a_bundle_without_its_run_is_noted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alone").symlink_to(folder / "run" / "bundle")
    (tmp_path / "s.toml").write_text('model = "alone"\ncritical = []\n', "utf-8")
    data = str(folder / "new.json")
    assert main(["stages", "check", str(tmp_path / "s.toml"), "--data", data]) == 0
    assert "is a bundle without its run" in capsys.readouterr().out


def test_stages_alone_wants_to_know_what_to_do(
    three_lines: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["stages"]) == 2
    assert "fix: evenhand stages --help" in three_lines(capsys.readouterr().err, "E110")


@pytest.mark.parametrize(
    ("file", "code"), [("run", "E110"), ("new.json", "E110"), ("none.toml", "E202")]
)
def test_what_is_no_file_of_stages_is_refused(
    folder: Path, three_lines: Check, capsys: pytest.CaptureFixture[str], file: str, code: str
) -> None:
    assert main(["stages", "check", str(folder / file), "--data", str(folder / "new.json")]) == 2
    three_lines(capsys.readouterr().err, code)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('raise = "grief"', 'raise = "greif"', "did you mean 'grief'?"),
        (
            '["anger", "grief"]',
            '["anger", "fear"]',
            "got: 'fear'; second/bundle knows joy, anger, grief",
        ),
        ('critical = ["grief"]', 'critical = ["sorrow"]', "got: critical: 'sorrow'"),
    ],
)
def test_labels_that_the_model_has_not_are_refused(
    folder: Path,
    three_lines: Check,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str,
) -> None:
    (folder / "wrong.toml").write_text(STAGES.replace(old, new), "utf-8")
    data = str(folder / "new.json")
    assert main(["stages", "check", str(folder / "wrong.toml"), "--data", data]) == 2
    assert said in three_lines(capsys.readouterr().err, "E502")


def test_json_that_would_replace_an_input_is_refused(
    folder: Path, three_lines: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    stages, data = str(folder / "stages.toml"), str(folder / "new.json")
    assert main(["stages", "check", stages, "--data", data, "--json", data]) == 2
    three_lines(capsys.readouterr().err, "E110")
