"""A run file demands of its decision what ``evenhand decide`` can be asked, and is held to it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.bundle import load
from evenhand.cli import main
from evenhand.run import Run
from evenhand.toml import toml_text

Check = Callable[[str, str], str]
COSTS = {"anger": {"false_positive": 1, "false_negative": 30}}
ASKED = """
[decision]
beta = 2
micro = 0.2
at_least_one = true
exclusive = "joy"
costs = "costs.json"
resamples = 30

[decision.recall]
grief = 0.9

[decision.alerts]
joy = "60%"
"""


def options(settings: dict[str, object]) -> list[str]:
    pairs = [f"{key}={toml_text(value)}" for key, value in settings.items()]
    return [part for pair in pairs for part in ("--set", pair)]


@pytest.fixture(scope="module")
def quick(tiny: dict[str, object]) -> dict[str, object]:
    return tiny | {"train.epochs": 1}


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, labelled_file: Path, quick: dict[str, object]
) -> Run:
    """Return a run whose file asks for all there is; the file of costs is gone by now."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "costs.json").write_text(json.dumps(COSTS), "utf-8")
    (folder / "mine.toml").write_text(ASKED, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        given = ["--recipe", "mine.toml", "--out", "run", *options(quick)]
        assert main(["train", str(labelled_file), *given]) == 0
    (folder / "costs.json").unlink()
    return Run(folder / "run")


def test_the_bundle_decides_as_asked_and_knows_what_its_cuts_rest_on(asked: Run) -> None:
    decision = load(asked.folder).decision
    assert decision == asked.decision
    assert decision.at_least_one
    assert decision.exclusive == "joy"
    assert decision.asked["beta"] == 2
    assert decision.asked["micro"] == 0.2
    assert decision.asked["costs"] == COSTS
    assert decision.asked["recall"] == {"grief": 0.9}
    assert decision.asked["alerts"] == {"joy": 0.6}
    sources = dict(zip(decision.labels.names, (cut.source for cut in decision.cuts), strict=True))
    assert sources["grief"] == sources["joy"] == "demand"
    assert all(cut.support > 0 and cut.optimism is not None for cut in decision.cuts)
    for cut in decision.cuts:
        if cut.source in ("own", "demand"):
            assert cut.low <= cut.high


def test_what_was_demanded_stands_in_the_metrics_beside_what_it_costs(asked: Run) -> None:
    demands = {(d["label"], d["kind"]): d["bound"] for d in asked.metrics["demands"]}
    assert demands == {("grief", "recall"): 0.9, ("joy", "alerts"): 0.6}
    names = [system["name"] for system in asked.metrics["systems"]]
    assert names[:2] == ["evenhand, as asked", "evenhand, a cut a label"]
    assert "TF-IDF + logistic regression" in names


def test_later_commands_understand_the_run(
    asked: Run, labelled_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "copy"
    shutil.copytree(asked.folder, run)
    assert main(["evaluate", str(run)]) == 0
    assert "grief, recall >= 0.9: " in capsys.readouterr().out
    assert main(["diagnose", str(run), "--fail-on", "error"]) in (0, 1)
    fresh = [
        {**row, "id": f"new {row['id']}"} for row in json.loads(labelled_file.read_text("utf-8"))
    ]
    (tmp_path / "fresh.json").write_text(json.dumps(fresh), "utf-8")
    assert main(["evaluate", str(run), "--data", str(tmp_path / "fresh.json")]) == 0


def test_other_costs_are_no_way_to_go_on(
    asked: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    run = tmp_path / "copy"
    shutil.copytree(asked.folder, run)
    (run / "findings.json").unlink()
    costs = asked.folder.parent / "costs.json"
    costs.write_text(json.dumps({"anger": {"false_positive": 2, "false_negative": 1}}), "utf-8")
    try:
        assert main(["train", "--resume", str(run)]) == 2
    finally:
        costs.unlink()
    assert "costs" in three_lines(capsys.readouterr().err, "E303")


def test_a_demand_beyond_the_scores_ends_the_run_properly_and_is_said(
    labelled_file: Path,
    quick: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    beyond = {"decision.recall.grief": 1.0, "decision.precision.grief": 1.0, "optim.lr": 1e-6}
    given = ["--out", str(tmp_path / "run"), *options(quick | beyond)]
    assert main(["train", str(labelled_file), *given]) == 0
    run = Run(tmp_path / "run")
    (said,) = run.decision.unmet
    assert said.startswith("grief: recall >= 1 and precision >= 1; the nearest cut has precision")
    assert run.metrics["unmet"] == [said]
    shown = " ".join(capsys.readouterr().out.split())
    assert f"not to be had on the tune rows: {said}" in shown
    assert (run.folder / "bundle" / "decision.json").is_file()


REFUSED = {
    "a share above one": (["decision.recall.joy=1.5"], "E102", "decision.recall.joy = 1.5"),
    "no label": (["decision.precision=0.9"], "E102", "--set decision.precision.NAME=VALUE"),
    "another label": (["decision.fpr.joyy=0.1"], "E201", "did you mean 'joy'?"),
    "a quoted label": (['decision.recall."v1.0"=0.9'], "E201", "'v1.0'"),
    "no budget": (["decision.alerts.joy=0.02"], "E102", "decision.alerts.joy = 0.02"),
    "an empty budget": (["decision.alerts.joy=0%"], "E102", "alerts.joy"),
    "no weight": (["decision.beta=0"], "E102", "decision.beta = 0"),
    "no share": (["decision.micro=2"], "E102", "decision.micro = 2"),
    "another grid": (["decision.grid=fine"], "E102", "decision.grid = 'fine'"),
    "neither yes nor no": (["decision.at_least_one=7"], "E102", "decision.at_least_one = 7"),
    "an exclusive stranger": (["decision.exclusive=neutral"], "E201", "'neutral'"),
    "fewer than none": (["decision.resamples=-1"], "E102", "decision.resamples = -1"),
    "no file of costs": (["decision.costs=gone.json"], "E202", "gone.json"),
    "costs of a stranger": (["decision.costs=stranger.json"], "E201", "'angst'"),
    "a negative cost": (["decision.costs=negative.json"], "E206", "-1"),
    "no costs at all": (["decision.costs=broken.json"], "E204", "broken.json"),
    "a matrix for many labels": (["decision.costs=matrix.json"], "E105", "matrix"),
    "costs and a demand": (
        ["decision.costs=costs.json", "decision.recall.anger=0.9"],
        "E105",
        "'anger' in both",
    ),
    "a search that is none": (["decision.cuts=fixed", "decision.beta=2"], "E105", "beta = 2"),
    "beyond any scores": (
        ["decision.recall.joy=1", "decision.alerts.joy=1"],
        "E214",
        "recall >= 1 and alerts <= ",
    ),
}


@pytest.mark.parametrize(("settings", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_is_refused_before_training(
    settings: list[str],
    code: str,
    words: str,
    tmp_path: Path,
    labelled_file: Path,
    quick: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {
        "costs.json": json.dumps(COSTS),
        "stranger.json": json.dumps({"angst": COSTS["anger"]}),
        "negative.json": json.dumps({"anger": {"false_positive": -1, "false_negative": 1}}),
        "broken.json": "anger",
        "matrix.json": json.dumps({"matrix": {"anger": {"joy": 3}}}),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    given = [part for setting in settings for part in ("--set", setting)]
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", str(labelled_file), *out, *options(quick), *given]) == 2
    assert words in three_lines(capsys.readouterr().err, code)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "setting", ["decision.at_least_one=true", "decision.exclusive=a", "decision.grid=wide"]
)
def test_one_label_a_row_has_no_use_for_rules_of_several(
    setting: str,
    tmp_path: Path,
    quick: dict[str, object],
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    rows = [f"the {word} day {i},{name}" for i in range(12) for word, name in ("ga", "bb")]
    data = tmp_path / "rows.csv"
    data.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")
    given = ["--out", str(tmp_path / "run"), *options(quick), "--set", setting]
    assert main(["train", str(data), *given]) == 2
    assert "for multi-label data" in three_lines(capsys.readouterr().err, "E105")
    assert not (tmp_path / "run").exists()


def test_an_option_and_a_setting_of_the_same_name_contradict_each_other(
    labelled_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Check
) -> None:
    given = ["--max-time", "30m", "--set", "train.max_time=2h", "--out", str(tmp_path / "run")]
    assert main(["train", str(labelled_file), *given]) == 2
    assert "--max-time and --set train.max_time" in three_lines(capsys.readouterr().err, "E110")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["sampler=progressive"], "1 pass is planned"),
        (["optim.frozen_layers=all", "optim.unfreeze_every=1"], "optim.unfreeze_every = 1"),
    ],
)
def test_what_would_begin_after_the_end_is_refused_before_training(
    settings: list[str],
    words: str,
    labelled_file: Path,
    quick: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Check,
) -> None:
    given = [part for setting in settings for part in ("--set", setting)]
    out = ["--out", str(tmp_path / "run")]
    assert main(["train", str(labelled_file), *out, *options(quick), *given]) == 2
    assert words in three_lines(capsys.readouterr().err, "E105")
    assert not (tmp_path / "run").exists()
