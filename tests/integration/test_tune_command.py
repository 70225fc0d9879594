"""``evenhand tune``: trials are runs, report rows stay shut, and the best is measured once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest

from evenhand.cli import main
from evenhand.data.split_file import load_split
from evenhand.run import Run
from evenhand.toml import read_toml
from evenhand.types import Role

SPACE = """
"optim.lr" = { low = 1e-3, high = 2e-2, log = true }
"loss.name" = ["auto", "focal"]
"loss.gamma" = { low = 1, high = 3 }
"sampler.name" = ["natural", "square-root"]
"""
TRIALS = 8

Command = Callable[..., list[str]]
Lines = Callable[[str, str], str]


@pytest.fixture(scope="session")
def space_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("space") / "own.toml"
    path.write_text(SPACE, "utf-8")
    return path


@pytest.fixture(scope="session")
def tune_command(
    labelled_file: Path, tiny: dict[str, object], space_file: Path
) -> Callable[..., list[str]]:
    """Return a maker of the arguments of a tiny search: ``make(out, *options)``."""

    def make(out: Path, *options: str, data: Path = labelled_file) -> list[str]:
        settings = [f"{key}={value}" for key, value in tiny.items()] + ["report.baselines=false"]
        named = [part for setting in settings for part in ("--set", setting)]
        asked = ["--trials", str(TRIALS), "--space", str(space_file)]
        return ["tune", str(data), "--out", str(out), *asked, *named, *options]

    return make


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory, tune_command: Command) -> Path:
    """Return the folder of a search that has ended; nobody may change it."""
    out = tmp_path_factory.mktemp("search") / "s"
    assert main(tune_command(out)) == 0
    return out


def trials_of(folder: Path) -> list[optuna.trial.FrozenTrial]:
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
    name = json.loads((folder / "study.json").read_text("utf-8"))["name"]
    trials = optuna.load_study(study_name=name, storage=storage).trials
    storage.engine.dispose()
    return trials


def tried(folder: Path) -> list[tuple[Any, ...]]:
    """Return what was asked and what it gave, of every trial."""
    return [(t.state, t.params, t.value, t.intermediate_values) for t in trials_of(folder)]


def figures(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "search.json").read_text("utf-8"))
    return found


def test_every_trial_is_a_run_on_the_same_rows_without_report_rows(searched: Path) -> None:
    splits = []
    for number in range(TRIALS):
        folder = searched / "trials" / f"{number:04d}"
        assert (folder / "run.toml").is_file()
        splits.append(load_split(folder / "split.parquet"))
    assert all(split == splits[0] for split in splits)
    assert set(splits[0].values()) == {Role.FIT, Role.TUNE}
    assert not list(searched.glob("trials/*/predictions/report*"))
    best = load_split(searched / "best" / "split.parquet")
    assert {name: role for name, role in best.items() if role is not Role.REPORT} == splits[0]
    assert Role.REPORT in best.values()


def test_of_a_trial_scores_and_figures_stay_and_weights_go(searched: Path) -> None:
    for trial in trials_of(searched):
        folder = searched / "trials" / f"{trial.number:04d}"
        assert not (folder / "checkpoints").exists()
        assert not (folder / "bundle").exists()
        if trial.state is optuna.trial.TrialState.COMPLETE:
            assert Run(folder).predictions("tune").role is Role.TUNE
    assert not list(searched.glob("trials/**/*.safetensors"))


def test_the_first_trial_is_the_recipe_itself(
    searched: Path, tmp_path: Path, train_command: Command
) -> None:
    assert main(train_command(tmp_path / "run")) == 0
    alone, first = Run(tmp_path / "run"), Run(searched / "trials" / "0000")
    assert (alone.folder / "history.jsonl").read_bytes() == (
        first.folder / "history.jsonl"
    ).read_bytes()
    assert first.layout.split.is_file()
    asked = read_toml(first.layout.asked)
    assert asked.pop("data") == {"split_seed": 0}
    assert {k: v for k, v in asked.items() if k != "report"} == {
        k: v for k, v in read_toml(alone.layout.asked).items() if k != "report"
    }


def test_the_value_is_cross_fitted_on_stored_tune_rows(searched: Path) -> None:
    from evenhand.evaluate.selection import tuned_macro_f1

    for trial in trials_of(searched):
        if trial.state is optuna.trial.TrialState.COMPLETE:
            run = Run(searched / "trials" / f"{trial.number:04d}")
            assert trial.value == tuned_macro_f1(run.predictions("tune"))
            assert trial.value == pytest.approx(max(trial.intermediate_values.values()), abs=1e-6)


def test_values_of_passes_are_those_of_the_history(searched: Path) -> None:
    for trial in trials_of(searched):
        path = searched / "trials" / f"{trial.number:04d}" / "history.jsonl"
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        passes = {r["epoch"]: r["value"] for r in records if r["kind"] == "epoch"}
        assert trial.intermediate_values == passes


def test_the_best_run_file_trains_as_it_is_and_gives_the_same_model(
    searched: Path, tmp_path: Path, labelled_file: Path
) -> None:
    recipe = str(searched / "best.toml")
    out = tmp_path / "again"
    assert main(["train", str(labelled_file), "--recipe", recipe, "--out", str(out)]) == 0
    for name in ("history.jsonl", "metrics.json", "bundle/model.safetensors"):
        assert (out / name).read_bytes() == (searched / "best" / name).read_bytes()
    best = figures(searched)["best"]
    history = searched / "trials" / f"{best:04d}" / "history.jsonl"
    assert history.read_bytes() == (searched / "best" / "history.jsonl").read_bytes()


def test_figures_say_what_was_found_what_it_took_and_what_it_is_worth(searched: Path) -> None:
    found = figures(searched)
    trials = trials_of(searched)
    values = [t.value for t in trials if t.state is optuna.trial.TrialState.COMPLETE]
    assert found["value"] == max(v for v in values if v is not None)
    assert found["recipe_value"] == trials[0].value
    assert found["passes"]["made"] == sum(len(t.intermediate_values) for t in trials)
    assert sum(found["counts"].values()) == TRIALS
    assert found["final"]["estimate"] == "held out"
    assert found["final"]["macro_f1"] == Run(searched / "best").metrics["systems"][0]["macro_f1"]
    if found["best"]:
        assert found["against_recipe"]["rows"] == "report"


def test_same_seed_same_trials(searched: Path, tmp_path: Path, tune_command: Command) -> None:
    assert main(tune_command(tmp_path / "s", "--trials", "4")) == 0
    assert tried(tmp_path / "s") == tried(searched)[:4]


def test_report_rows_change_nothing_but_the_report(
    searched: Path, tmp_path: Path, tune_command: Command, labelled_file: Path
) -> None:
    """Turn every label of every report row round: no trial may differ in a single bit."""
    report = load_split(searched / "best" / "split.parquet")
    rows = json.loads(labelled_file.read_text("utf-8"))
    parts: dict[str, list[Any]] = {"fit": [], "tune": [], "report": []}
    for row in rows:
        parts[report[row["id"]].value].append(row)
    turned = [
        {**row, "labels": {name: 1 - given for name, given in row["labels"].items()}}
        for row in parts["report"]
    ]
    files = {name: tmp_path / f"{name}.json" for name in ("fit", "tune", "one", "two")}
    for name, content in (("one", parts["report"]), ("two", turned), ("fit", parts["fit"])):
        files[name].write_text(json.dumps(content), "utf-8")
    files["tune"].write_text(json.dumps(parts["tune"]), "utf-8")
    for name in ("one", "two"):
        options = ("--tune", str(files["tune"]), "--report", str(files[name]), "--trials", "3")
        assert main(tune_command(tmp_path / name, *options, data=files["fit"])) == 0
    assert tried(tmp_path / "one") == tried(tmp_path / "two")
    one, two = (figures(tmp_path / name) for name in ("one", "two"))
    assert one["final"]["macro_f1"] != two["final"]["macro_f1"]


def test_the_end_is_said_in_words(
    tmp_path: Path, tune_command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tune_command(tmp_path / "s", "--trials", "2")) == 0
    said = capsys.readouterr().out
    assert "WARNING the best of 2 values on the same tune rows is optimistic" in said
    assert "report rows, which chose nothing" in said
    assert "recipe  " in said
    assert "passes  4 made" in said


def test_without_report_rows_the_end_says_so(
    tmp_path: Path,
    tune_command: Command,
    labelled_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    (tmp_path / "fit.json").write_text(json.dumps(rows[:180]), "utf-8")
    (tmp_path / "tune.json").write_text(json.dumps(rows[180:]), "utf-8")
    command = tune_command(tmp_path / "s", "--trials", "3", data=tmp_path / "fit.json")
    assert main([*command, "--tune", str(tmp_path / "tune.json")]) == 0
    said = capsys.readouterr().out
    assert "there are no report rows" in said
    assert not (tmp_path / "s" / "recipe").exists()


def test_a_search_of_a_relative_path_goes_on_with_more_trials(
    searched: Path,
    tmp_path: Path,
    tune_command: Command,
    labelled_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "s"
    monkeypatch.chdir(labelled_file.parent)
    assert main(tune_command(out, "--trials", "2", data=Path(labelled_file.name))) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["tune", "--resume", str(out), "--trials", "4"]) == 0
    assert tried(out) == tried(searched)[:4]
    found = figures(out)
    assert found["value"] == max(t["value"] for t in found["trials"] if t["value"] is not None)
    best = Run(out / "best").folder / "history.jsonl"
    assert (
        best.read_bytes()
        == (out / "trials" / f"{found['best']:04d}" / "history.jsonl").read_bytes()
    )


def test_no_time_is_left_after_the_recipe(
    tmp_path: Path, tune_command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evenhand.study.search import search

    monkeypatch.setattr(search, "until", lambda seconds: 0.0 if seconds else None)
    assert main(tune_command(tmp_path / "s", "--max-time", "1s")) == 0
    assert len(trials_of(tmp_path / "s")) == 1


def test_settings_that_a_run_refuses_late_fail_alone_and_say_why(
    tmp_path: Path, tune_command: Command
) -> None:
    space = tmp_path / "late.toml"
    space.write_text('"optim.unfreeze_every" = [1, 5]\n', "utf-8")
    frozen = ("--set", "optim.frozen_layers=all", "--set", "optim.unfreeze_every=1")
    out = tmp_path / "s"
    assert main(tune_command(out, *frozen, "--trials", "5", "--space", str(space))) == 0
    found = figures(out)
    assert found["counts"] == {"complete": 1, "pruned": 0, "failed": 1}
    assert found["trials"][1]["fault"].startswith("[E105] no layer would be unfrozen")
    assert found["best"] == 0


def test_the_page_loads_nothing_and_shows_every_trial(searched: Path) -> None:
    page = (searched / "search.html").read_text("utf-8")
    assert "http://" not in page.replace("http://www.w3.org/", "")
    assert "https://" not in page
    assert page.count('<svg class="plot"') >= 2
    assert page.count("<tr") == TRIALS + 1


def test_a_plan_is_printed_and_nothing_is_written(
    tmp_path: Path, tune_command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s"
    assert main(tune_command(out, "--dry-run")) == 0
    said = capsys.readouterr().out
    assert "trials  8, the recipe itself first; pruner median, seed 0" in said
    assert "rows    168 fit, 36 tune; 36 report rows, shut to the end" in said
    assert "optim.lr      0.001 to 0.02 in factors" in said
    assert not list(tmp_path.iterdir())


def refused(
    command: list[str], code: str, capsys: pytest.CaptureFixture[str], three_lines: Lines
) -> str:
    assert main(command) == 2
    return three_lines(capsys.readouterr().err.rstrip("\n"), code)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--space", "smal"), "E101", "did you mean 'small'"),
        (("--pruner", "mean"), "E110", "evenhand tune --help"),
        (("--max-time", "soon"), "E102", "--max-time 30m"),
        (("--set", "optim.lrr=1"), "E102", "did you mean 'optim.lr'"),
        (("--set", "loss.name=focla"), "E101", "did you mean 'focal'"),
        (("--recipe", "balanceed"), "E101", "did you mean 'balanced'"),
        (("--trials", "0"), "E110", "evenhand tune --help"),
        (("--report", "nowhere.csv"), "E202", "check the path"),
        (("--storage", "nonsense"), "E110", "--storage sqlite:"),
    ],
)
def test_bad_input_is_refused_before_anything_is_trained(
    options: tuple[str, ...],
    code: str,
    said: str,
    tmp_path: Path,
    tune_command: Command,
    capsys: pytest.CaptureFixture[str],
    three_lines: Lines,
) -> None:
    out = tmp_path / "s"
    assert said in refused(tune_command(out, *options), code, capsys, three_lines)
    assert not (out / "trials").exists()


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path,
    tune_command: Command,
    capsys: pytest.CaptureFixture[str],
    three_lines: Lines,
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "notes.txt").write_text("mine", "utf-8")
    refused(tune_command(tmp_path / "s"), "E109", capsys, three_lines)
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["notes.txt"]


def test_another_search_in_the_same_folder_is_refused(
    searched: Path, tune_command: Command, capsys: pytest.CaptureFixture[str], three_lines: Lines
) -> None:
    before = tried(searched)
    said = refused(
        tune_command(searched, "--set", "optim.weight_decay=0.1"), "E303", capsys, three_lines
    )
    assert "another recipe" in said
    assert tried(searched) == before


def test_other_data_under_the_same_name_is_refused_by_the_storage(
    tmp_path: Path,
    tune_command: Command,
    labelled_file: Path,
    capsys: pytest.CaptureFixture[str],
    three_lines: Lines,
) -> None:
    rows = json.loads(labelled_file.read_text("utf-8"))
    (tmp_path / "less.json").write_text(json.dumps(rows[:200]), "utf-8")
    shared = ("--storage", f"sqlite:///{tmp_path / 'shared.db'}", "--trials", "1")
    assert main(tune_command(tmp_path / "one" / "s", *shared)) == 0
    capsys.readouterr()
    command = tune_command(tmp_path / "two" / "s", *shared, data=tmp_path / "less.json")
    assert "another data" in refused(command, "E303", capsys, three_lines)


def test_resume_takes_nothing_that_would_change_the_search(
    searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], three_lines: Lines
) -> None:
    for option in (("--space", "small"), ("--pruner", "none"), ("--set", "optim.lr=1")):
        refused(["tune", "--resume", str(searched), *option], "E110", capsys, three_lines)
    fewer = ["tune", "--resume", str(searched), "--trials", "2"]
    assert "does not become shorter" in refused(fewer, "E110", capsys, three_lines)
    refused(["tune", "--resume", str(tmp_path / "none")], "E302", capsys, three_lines)


def test_a_password_is_kept_nowhere(tmp_path: Path) -> None:
    from dataclasses import replace

    from evenhand.errors import ConfigError
    from evenhand.run import Sources
    from evenhand.study.search.folder import SearchLayout
    from evenhand.study.search.plan import Plan, Question, settle
    from evenhand.study.search.search import _save, _url

    (tmp_path / "rows.csv").write_text(
        "text,label\n" + "".join(f"the {n} day,{n % 2}\n" for n in range(40)), "utf-8"
    )
    plan = settle(Question(Sources(str(tmp_path / "rows.csv"))))
    layout = SearchLayout(tmp_path)
    _save(replace(plan, storage="postgresql://me:word@host/db"), layout)
    assert "word@" not in layout.plan.read_text("utf-8")
    kept = Plan.from_dict(json.loads(layout.plan.read_text("utf-8")))
    with pytest.raises(ConfigError, match=r"\[E110\] the storage of this search is named by hand"):
        _url(kept, layout, None)
    assert _url(kept, layout, "postgresql://me:word@host/db").endswith("word@host/db")


def test_a_finished_search_is_only_shown_again(
    tmp_path: Path, tune_command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "s"
    assert main(tune_command(out, "--trials", "2")) == 0
    before = {path: path.stat().st_mtime_ns for path in (out / "best").rglob("*")}
    capsys.readouterr()
    assert main(["tune", "--resume", str(out)]) == 0
    again = capsys.readouterr().out
    assert "training" not in again
    assert "WARNING the best of 2 values" in again
    assert {path: path.stat().st_mtime_ns for path in (out / "best").rglob("*")} == before
