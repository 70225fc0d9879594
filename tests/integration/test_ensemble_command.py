"""Several member_runs become one that every command takes for a run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand import durable
from evenhand.cli import main
from evenhand.durable import folder_fault
from evenhand.errors import DataError
from evenhand.evaluate.compare import compare
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run import Run
from evenhand.run.compare import answered_run
from evenhand.run.reread import reread
from evenhand.study import ensemble
from evenhand.types import Role
from series_folder import SETTINGS, write_recordings

Check = Callable[[str, str], str]
WRITTEN = ("metrics.json", "ensemble.json", "decision.json", "bundle/MANIFEST.json")
WRITTEN += ("predictions/tune.parquet", "run.toml", "resolved.json", "split.parquet")


@pytest.fixture(scope="module")
def pair(tmp_path_factory, labelled_file, tiny) -> Path:
    """Return a folder of two member_runs without report rows."""
    folder = tmp_path_factory.mktemp("pair")
    rows = json.loads(labelled_file.read_text("utf-8"))
    (folder / "fit.json").write_text(json.dumps(rows[:170]), "utf-8")
    (folder / "tune.json").write_text(json.dumps(rows[170:]), "utf-8")
    for seed, name in enumerate("ab"):
        settings = {**tiny, "seed": seed, "train.epochs": 1, "report.baselines": False}
        evenhand.train(
            folder / "fit.json", folder / name, tune=folder / "tune.json", settings=settings
        )
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that must succeed; return what it printed."""
    assert main([str(a) for a in arguments]) == 0
    return capsys.readouterr().out


def fault(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run a command that must be refused; return the error."""
    assert main([str(a) for a in arguments]) == 2
    return capsys.readouterr().err.rstrip("\n")


@pytest.mark.parametrize("by", ["weighted", "vote"])
def test_metrics_and_ensemble_tell_one_story(ensemble_by, by):
    run = ensemble_by(by)
    found, metrics = ensemble.figures(run), run.metrics
    assert found["ensemble"]["macro_f1"] == metrics["systems"][0]["macro_f1"]
    systems = {s["name"]: s for s in metrics["systems"]}
    for single in found["members"]:
        assert single["macro_f1"] == systems[single["name"]]["macro_f1"]
        assert systems[single["name"]]["kind"] == "baseline"
        own = Run(single["name"]).metrics["systems"][0]["macro_f1"]["value"]
        assert single["macro_f1"]["value"] == own
    tfidf = "TF-IDF + logistic regression"
    own = {s["name"]: s for s in Run(found["members"][0]["name"]).metrics["systems"]}
    assert systems[tfidf]["macro_f1"]["value"] == own[tfidf]["macro_f1"]["value"]
    assert found["note"] in metrics["note"]
    weights = [1.0] if found["weights"] is None else found["weights"]
    assert sum(weights) == pytest.approx(1)


def test_without_report_rows_every_command_counts_out_of_fold(pair, tmp_path, capsys):
    run = ensemble.start([pair / "a", pair / "b"], tmp_path / "S", by="stack")
    wanted = ensemble.figures(run)["ensemble"]
    assert ensemble.figures(run)["estimate"] == run.metrics["estimate"] == "cross-fitted"
    assert run.metrics["systems"][0]["macro_f1"] == wanted["macro_f1"]
    assert run.metrics["systems"][0]["macro_ap"] == wanted["macro_ap"]
    assert run.decision.estimate.cross_fitted == wanted["macro_f1"]["value"]
    compared = compare(answered_run(Run(pair / "a"), Role.TUNE), answered_run(run, Role.TUNE))
    assert compared.to_dict()["macro_f1"]["b"] == wanted["macro_f1"]["value"]
    assert compared.to_dict()["macro_ap"]["b"] == wanted["macro_ap"]["value"]
    before = (run.folder / "metrics.json").read_bytes()
    assert "cross-fitted" in said(capsys, "evaluate", run.folder)
    assert (run.folder / "metrics.json").read_bytes() == before
    wrong = run.metrics["mistakes"]["wrong"]
    assert said(capsys, "mistakes", run.folder).startswith(f"{wrong} of ")


def test_the_commands_take_it_for_a_run(ensemble_by, member_runs, tmp_path, capsys):
    run = ensemble_by("average")
    answers = said(capsys, "predict", run.folder, "--text", "a happy day")
    assert answers.startswith("text,labels,p:joy,p:anger,p:grief\na happy day,")
    shown = said(capsys, "evaluate", run.folder)
    assert "held out: 36 report rows" in shown
    assert f"A {member_runs / 'a'}" in said(capsys, "compare", member_runs / "a", run.folder)
    assert "rows are wrong" in said(capsys, "mistakes", run.folder)
    for page in ("report.html", "report.md"):
        assert "Members of the ensemble" in (run.folder / page).read_text("utf-8")
    new = [{"id": f"n{i}", "text": f"so happy {i}", "labels": {"joy": 1}} for i in range(9)]
    (tmp_path / "new.json").write_text(json.dumps(new), "utf-8")
    said(capsys, "evaluate", run.folder, "--data", tmp_path / "new.json", "-o", tmp_path / "e")
    assert json.loads((tmp_path / "e" / "metrics.json").read_text("utf-8"))["rows"] == 9


def test_what_needs_a_network_of_its_own_is_refused(ensemble_by, capsys, three_lines: Check):
    folder = ensemble_by("average").folder
    error = three_lines(fault(capsys, "diagnose", folder), "E110")
    assert "an ensemble was not trained" in error
    error = three_lines(fault(capsys, "compare", folder, "--pair", "text:text"), "E110")
    assert "no network of its own" in error
    error = three_lines(fault(capsys, "train", "--resume", folder), "E302")
    assert f"evenhand ensemble --resume {folder}" in error


def test_the_command_shows_the_members_and_writes_the_folder(member_runs, tmp_path, capsys):
    out = tmp_path / "S"
    shown = said(capsys, "ensemble", member_runs / "a", member_runs / "b", "--out", out)
    for words in ("by average, held out: 36 report rows", "best member", "Q statistic"):
        assert words in shown
    assert f"evenhand predict {out} FILE" in shown
    names = {p.name for p in out.iterdir()}
    assert names == {
        *("run.toml", "resolved.json", "manifest.json", "split.parquet", "predictions"),
        *("decision.json", "bundle", "metrics.json", "ensemble.json", "report.html", "report.md"),
    }
    assert folder_fault(out / "bundle") is None
    suffixes = {p.suffix for p in (out / "bundle").rglob("*") if p.is_file()}
    assert suffixes == {".json", ".md", ".safetensors"}
    assert Run(out).manifest["ensemble"]["finished"]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(member_runs, tmp_path, capsys):
    out = tmp_path / "S"
    shown = said(
        capsys,
        "ensemble",
        member_runs / "a",
        member_runs / "b",
        "--by",
        "greedy",
        "--dry-run",
        "-o",
        out,
    )
    assert "2 members by greedy" in shown
    assert "36 tune rows choose" in shown
    assert "3 combinations fitted, 100 resamples of 5 systems" in shown
    assert not out.exists()


def test_the_combinations_are_listed_by_name(capsys):
    lines = said(capsys, "list", "combinations").splitlines()
    assert [line.split()[0] for line in lines] == ["average", "weighted", "greedy", "vote", "stack"]
    assert said(capsys, "list", "combination").splitlines() == lines


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a"], "E241", "needs at least two runs"),
        (["a", "a"], "E241", "named twice"),
        (["a", "other"], "E241", "another split(.|\n)*other: split"),
        (["a", "b", "--by", "avrage"], "E101", "did you mean 'average'"),
        (["a", "nowhere"], "E401", "no finished run"),
    ],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_what_cannot_be_combined_is_refused_before_anything_is_written(
    member_runs, tmp_path, capsys, three_lines: Check, arguments, code, words, dry
):
    out = tmp_path / "S"
    given = [member_runs / a if a in ("a", "b", "other", "nowhere") else a for a in arguments]
    error = three_lines(fault(capsys, "ensemble", *given, "--out", out, *dry), code)
    assert re.search(words, error)
    assert not out.exists()


def test_an_ensemble_is_no_member(ensemble_by, member_runs):
    with pytest.raises(DataError, match=r"\[E241\] an ensemble is no member"):
        ensemble.gather([member_runs / "a", ensemble_by("average").folder])


def test_a_used_folder_is_refused(ensemble_by, member_runs, capsys, three_lines: Check):
    error = fault(
        capsys,
        "ensemble",
        member_runs / "a",
        member_runs / "b",
        "--out",
        ensemble_by("average").folder,
    )
    assert "evenhand ensemble --resume" in three_lines(error, "E109")


@pytest.mark.parametrize("beside", [["x"], ["--by", "vote"], ["--out", "y"], ["--dry-run"]])
def test_nothing_stands_beside_resume(tmp_path, capsys, three_lines: Check, beside):
    three_lines(fault(capsys, "ensemble", "--resume", tmp_path, *beside), "E110")


def test_a_finished_ensemble_is_only_shown_again(ensemble_by, capsys):
    folder = ensemble_by("average").folder
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    shown = said(capsys, "ensemble", "--resume", folder)
    assert "by average, held out: 36 report rows" in shown
    assert f"evenhand predict {folder} FILE" in shown
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_there_must_be_something_to_go_on_with(member_runs, tmp_path, capsys, three_lines: Check):
    for folder, words in (
        (tmp_path, "no ensemble to go on with"),
        (member_runs / "a", "a run of one model"),
    ):
        assert words in three_lines(fault(capsys, "ensemble", "--resume", folder), "E302")


class Killed(BaseException):
    """The process is no more."""


def killed_at(k: int, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> bool:
    """Do some work whose process dies before its k-th renaming; return whether it died."""
    system, left = durable._system, [k]

    def dying(call, *args, **kwargs):
        left[0] -= getattr(call, "__name__", "") in ("replace", "rename", "exchange")
        if left[0] <= 0:
            raise Killed
        return system(call, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "_system", dying)
        try:
            work()
        except Killed:
            return True
    return False


def test_a_kill_at_any_moment_leaves_nothing_or_something_to_go_on_with(
    member_runs, tmp_path, monkeypatch
):
    members = [member_runs / "a", member_runs / "b"]
    whole = ensemble.start(members, tmp_path / "whole", by="weighted").folder
    deaths, resumed = 0, 0
    for k in range(1, 40):
        out = tmp_path / f"S{k}"
        if not killed_at(
            k, monkeypatch, lambda out=out: ensemble.start(members, out, by="weighted")
        ):
            break
        deaths += 1
        if (out / "manifest.json").exists():
            ensemble.resume(out)
            resumed += 1
        else:
            ensemble.start(members, out, by="weighted")
        for name in WRITTEN:
            assert (out / name).read_bytes() == (whole / name).read_bytes(), (k, name)
        assert Run(out).manifest["ensemble"]["finished"]
        shutil.rmtree(out)
    assert deaths >= 14
    assert resumed >= 10


def test_resume_refuses_a_member_that_has_changed(member_runs, tmp_path, monkeypatch):
    for name in "ab":
        shutil.copytree(member_runs / name, tmp_path / name)
    members = [tmp_path / name for name in "ab"]
    assert killed_at(6, monkeypatch, lambda: ensemble.start(members, tmp_path / "S"))
    tune = tmp_path / "b" / "predictions" / "tune.parquet"
    stored = load_predictions(tune)
    save_predictions(tune, stored.__class__(**(vars(stored) | {"groups_N": None})))
    with pytest.raises(evenhand.EvenhandError, match=r"\[E303\] a member is no longer"):
        ensemble.resume(tmp_path / "S")


def test_a_member_with_other_truth_or_rows_is_named(member_runs, tmp_path):
    shutil.copytree(member_runs / "b", tmp_path / "b")
    tune = tmp_path / "b" / "predictions" / "tune.parquet"
    stored = load_predictions(tune)
    truth_NC = stored.truth_NC.copy()
    truth_NC[3, 1] = 1 - truth_NC[3, 1]
    save_predictions(tune, stored.__class__(**(vars(stored) | {"truth_NC": truth_NC})))
    with pytest.raises(DataError, match=rf"another truth(.|\n)*'{stored.ids[3]}', label 'anger'"):
        ensemble.gather([member_runs / "a", tmp_path / "b"])
    save_predictions(tune, stored.take(range(1, len(stored))))
    with pytest.raises(DataError, match=rf"other tune rows(.|\n)*{stored.ids[0]!r} in .*a; "):
        ensemble.gather([member_runs / "a", tmp_path / "b"])
    (tmp_path / "b" / "predictions" / "report.parquet").unlink()
    with pytest.raises(DataError, match=r"report rows and another has none(.|\n)*b has none"):
        ensemble.gather([member_runs / "a", tmp_path / "b"])


def test_rows_in_another_order_are_laid_beside_each_other(member_runs, tmp_path):
    shutil.copytree(member_runs / "b", tmp_path / "b")
    tune = tmp_path / "b" / "predictions" / "tune.parquet"
    stored = load_predictions(tune)
    save_predictions(tune, stored.take(range(len(stored) - 1, -1, -1)))
    plain, turned = (ensemble.gather([member_runs / "a", p / "b"]) for p in (member_runs, tmp_path))
    np.testing.assert_array_equal(
        plain.members[1].tune.scores.values_NC, turned.members[1].tune.scores.values_NC
    )


def test_series_are_combined_like_texts(tmp_path, capsys):
    data = write_recordings(tmp_path / "data")
    for seed in (0, 1):
        own = {**SETTINGS, "train.epochs": 1, "seed": seed, "data.split_seed": 0}
        evenhand.train(data, tmp_path / f"run-{seed}", settings=own)
    run = ensemble.start([tmp_path / "run-0", tmp_path / "run-1"], tmp_path / "S", by="stack")
    dataset = reread(run)
    stored = run.predictions(Role.REPORT)
    windows = dataset.windows.take(dataset.rows(Role.REPORT))
    answers = evenhand.load(run.folder).predict(windows)
    wanted_NC = run.decision.probs(stored.scores)
    np.testing.assert_allclose(answers.probs_NC, wanted_NC, rtol=0, atol=1e-6)
    assert run.metrics["series"]["streams"] == ["pose", "traj"]
    said(capsys, "predict", run.folder, data, "-o", tmp_path / "answers.csv")
    said(capsys, "evaluate", run.folder)
    said(capsys, "mistakes", run.folder)
    other = write_recordings(tmp_path / "new", recordings=6, seed=9)
    assert "held out" in said(capsys, "evaluate", run.folder, "--data", other)
