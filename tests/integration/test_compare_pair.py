"""``evenhand compare RUN --pair``: a trained run on the same rows in two writings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import f1_score

import evenhand
from evenhand.cli import main
from evenhand.data.split_file import load_split
from evenhand.durable import file_sha256
from evenhand.predictions import load_predictions
from evenhand.run import Run
from evenhand.run.pair_decide import Decider
from evenhand.run.reread import decided_rows
from evenhand.types import Role

Rows = list[dict[str, Any]]
Pair = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def rows(labelled_file: Path) -> Rows:
    """Return the rows with a second writing: every third word unknown, every tenth text empty."""
    made: Rows = json.loads(labelled_file.read_text("utf-8"))
    for i, row in enumerate(made):
        words = row["text"].split()
        other = [f"{word}o" if n % 3 == 0 else word for n, word in enumerate(words)]
        row["text_romaji"] = "" if i % 10 == 3 else " ".join(other)
        row["same"] = row["text"]
        row["script"] = "short" if len(words) < 8 else "long"
    return made


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: dict[str, Any], rows: Rows) -> Path:
    """Return a run on these rows; it has report rows."""
    folder = tmp_path_factory.mktemp("pair")
    (folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    settings = tiny | {"report.baselines": False, "train.epochs": 4}
    evenhand.train(folder / "rows.json", folder / "run", settings=settings)
    return folder / "run"


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pair:
    """Return what compares two columns and gives the JSON, with ``shown`` on the terminal."""

    def run(folder: Path, columns: str, *more: Any) -> dict[str, Any]:
        file = tmp_path / "c.json"
        named = [str(part) for part in (folder, "--pair", columns, "--json", file, *more)]
        assert main(["compare", *named, "--resamples", "100"]) == 0, capsys.readouterr().err
        return {**json.loads(file.read_text("utf-8")), "shown": capsys.readouterr().out}

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], three_lines: Callable[[str, str], str]) -> Any:
    """Return what runs a command that must fail with a code, and gives its three lines."""

    def run(code: str, *arguments: Any) -> str:
        assert main(["compare", *map(str, arguments)]) == 2
        return three_lines(capsys.readouterr().err.rstrip("\n"), code)

    return run


def test_every_figure_is_counted_from_the_stored_files(pair: Pair, trained: Path) -> None:
    found = pair(trained, "native:romaji", "--perturb", "typos:0.3")
    run = Run(trained)
    a, b, c = (
        load_predictions(Path(stored))
        for stored in (
            found["pair"]["a"]["stored"],
            found["pair"]["b"]["stored"],
            found["perturbations"][0]["stored"],
        )
    )
    assert a.ids == b.ids == c.ids
    np.testing.assert_array_equal(a.truth_NC, b.truth_NC)
    given = [run.decision.decide(side.scores) for side in (a, b, c)]
    for one, two, figures in (
        (given[0], given[1], found),
        (given[0], given[2], found["perturbations"][0]),
    ):
        right_one, right_two = ((d == (a.truth_NC == 1)).all(axis=1) for d in (one, two))
        only = [int((right_one & ~right_two).sum()), int((right_two & ~right_one).sum())]
        test = figures["mcnemar"]["overall"]
        assert [test["a_only"], test["b_only"]] == only
        assert test["p"] == pytest.approx(binomtest(only[0], sum(only)).pvalue if sum(only) else 1)
        assert figures["four_way"]["both_right"] == int((right_one & right_two).sum())
        flipped = (one != two).any(axis=1)
        assert figures["flips"]["count"] == int(flipped.sum()) > 0
        assert figures["flips"]["rate"] == pytest.approx(flipped.mean())
        assert figures["flips"]["to_wrong"] == int((flipped & right_one).sum())
        assert figures["flips"]["to_right"] == int((flipped & right_two).sum())
        for side, decided in (("a", one), ("b", two)):
            expected = f1_score(a.truth_NC, decided, average="macro", zero_division=0)
            assert figures["macro_f1"][side] == pytest.approx(expected)
    assert set(found["mcnemar"]) == {"overall", "joy", "anger", "grief"}
    assert found["mcnemar"]["joy"]["p_holm"] >= found["mcnemar"]["joy"]["p"]


def test_the_trained_writing_answers_as_the_run_did(pair: Pair, trained: Path, rows: Rows) -> None:
    found = pair(trained, "text:text_romaji")
    report = Run(trained).predictions(Role.REPORT)
    stored = load_predictions(Path(found["pair"]["a"]["stored"]))
    empty = {row["id"] for row in rows if not row["text_romaji"]}
    kept = [n for n, name in enumerate(report.ids) if name not in empty]
    assert stored.ids == tuple(report.ids[n] for n in kept)
    np.testing.assert_allclose(
        stored.scores.values_NC, report.scores.values_NC[kept], atol=1e-5, rtol=0
    )
    assert found["pair"]["rows"] == found["rows"] == len(kept)
    assert found["pair"]["set_aside"] == {"'text_romaji' is empty": len(report) - len(kept)}
    assert (found["pair"]["role"], found["pair"]["trained_on"]) == ("report", "text")
    assert f"{len(report) - len(kept)} set aside: 'text_romaji' is empty" in found["shown"]
    assert "report rows, decided by the run's cuts" in found["shown"]


def test_the_same_writing_twice(pair: Pair, trained: Path) -> None:
    found = pair(trained, "same", "--perturb", "romanisation")
    assert (found["a"], found["b"]) == ("text", "same")
    assert found["flips"]["count"] == 0
    assert found["mcnemar"]["overall"] == {"p": 1.0, "a_only": 0, "b_only": 0}
    gap = found["macro_f1"]
    assert (gap["difference"], gap["low"], gap["high"]) == (0, 0, 0)
    ratio = found["tokens"]["fragmentation"]
    assert (ratio["value"], ratio["low"], ratio["high"]) == (1, 1, 1)
    a, b = found["tokens"]["a"], found["tokens"]["b"]
    assert a == b
    assert a["unknown_rate"] == 0
    assert [one["changed"] for one in found["perturbations"]] == [0, 0]
    assert "n/a, no text changes: romanisation of 'text', romanisation of 'same'" in found["shown"]


def test_tokens_by_hand(pair: Pair, trained: Path, rows: Rows) -> None:
    found = pair(trained, "text:text_romaji")
    stored = load_predictions(Path(found["pair"]["b"]["stored"]))
    texts = {row["id"]: row["text_romaji"].split() for row in rows}
    words = [texts[name] for name in stored.ids]
    total = sum(map(len, words))
    b = found["tokens"]["b"]
    assert b["mean"] == pytest.approx(total / len(words))
    assert b["unknown_rate"] == pytest.approx(sum((len(w) + 2) // 3 for w in words) / total)
    assert b["unknown_texts"] == 1
    assert b["per_character"] == pytest.approx(total / sum(len(" ".join(w)) for w in words))
    assert found["tokens"]["fragmentation"]["value"] == 1
    times = found["tokens"]["latency"]
    assert times["device"] in {"cpu", "cuda"}
    assert 0 < times["a"]["low"] <= times["a"]["ms"] <= times["a"]["high"]


def test_only_changed_texts_can_flip(pair: Pair, trained: Path) -> None:
    found = pair(trained, "text:text_romaji", "--perturb", "typos:0.02,spacing")
    labels = [(one["name"], one["column"]) for one in found["perturbations"]]
    assert labels == [
        ("typos", "text"), ("typos", "text_romaji"), ("spacing", "text"), ("spacing", "text_romaji")
    ]  # fmt: skip
    for one in found["perturbations"]:
        assert 0 < one["changed"] < one["rows"] == found["rows"]
        assert one["flips"]["count"] <= one["changed"]
        before = load_predictions(trained / "predictions" / f"pair-{one['column']}.parquet")
        moved = (
            load_predictions(Path(one["stored"])).scores.values_NC != before.scores.values_NC
        ).any(axis=1)
        assert 0 < moved.sum() <= one["changed"]
        assert one["mcnemar"]["overall"]["p_holm"] >= one["mcnemar"]["overall"]["p"]


def test_slices_by_a_column_and_by_length(pair: Pair, trained: Path) -> None:
    found = pair(trained, "text:text_romaji", "--slice", "script", "--slice", "length")
    by_script, by_length = found["slices"]
    assert {part["value"] for part in by_script["parts"]} == {"short", "long"}
    for sliced in (by_script, by_length):
        assert sum(part["rows"] for part in sliced["parts"]) == found["rows"]


def test_nothing_else_of_the_run_changes(pair: Pair, trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(trained, copy)
    for left in (copy / "predictions").glob("pair-*"):
        left.unlink()
    before = {path: file_sha256(path) for path in copy.rglob("*") if path.is_file()}
    first = pair(copy, "text:text_romaji", "--perturb", "typos")
    again = pair(copy, "text:text_romaji", "--perturb", "typos")
    after = {path: file_sha256(path) for path in copy.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert {path.name for path in after.keys() - before.keys()} == {
        "pair-text.parquet",
        "pair-text_romaji.parquet",
        "pair-text~typos.parquet",
        "pair-text_romaji~typos.parquet",
    }
    del first["tokens"]["latency"], again["tokens"]["latency"], first["shown"], again["shown"]
    assert first == again


def test_scores_go_where_they_are_asked_to(pair: Pair, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "kept" / "scores"
    found = pair(trained, "text:same", "--out", out)
    assert found["pair"]["b"]["stored"] == str(out / "pair-same.parquet")
    assert {path.name for path in out.iterdir()} == {"pair-text.parquet", "pair-same.parquet"}


def test_every_line_fits_a_hundred_columns(pair: Pair, trained: Path) -> None:
    found = pair(trained, "native:romaji", "--perturb", "typos,spacing,long-vowels,romanisation")
    figures = [
        line
        for line in found["shown"].splitlines()
        if not line.startswith(("one run", "scores", "       ", "  ", "written"))
    ]
    assert max(map(len, figures)) <= 100
    assert "…" not in found["shown"]


def test_rows_of_a_file_are_those_that_the_run_has_not_learnt_from(
    pair: Pair, trained: Path, rows: Rows, tmp_path: Path
) -> None:
    roles = load_split(trained / "split.parquet")
    file = tmp_path / "paired.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    own, again = pair(trained, "native:romaji"), pair(trained, "native:romaji", "--data", file)
    assert sorted(load_predictions(Path(again["pair"]["a"]["stored"])).ids) == sorted(
        load_predictions(Path(own["pair"]["a"]["stored"])).ids
    )
    assert again["flips"]["count"] == own["flips"]["count"]
    assert again["pair"]["a"]["stored"].endswith("predictions/pair-text@paired.json.parquet")
    learnt = sum(roles[r["id"]] is not Role.REPORT and bool(r["text_romaji"]) for r in rows)
    assert again["pair"]["set_aside"] == {
        "'text_romaji' is empty": sum(not row["text_romaji"] for row in rows),
        "the run was trained on it or chose its cuts by it": learnt,
    }


def test_learnt_rows_are_known_by_their_texts_where_they_have_no_id(
    pair: Pair, trained: Path, rows: Rows, tmp_path: Path
) -> None:
    roles = load_split(trained / "split.parquet")
    fit = [row for row in rows if roles[row["id"]] is Role.FIT][:20]
    new = [
        {"text": f"very {row['text']} day", "text_romaji": "sad", "labels": row["labels"]}
        for row in rows[:30]
    ]
    bare = [{k: row[k] for k in ("text", "text_romaji", "labels")} for row in fit]
    file = tmp_path / "new.json"
    file.write_text(json.dumps([*new, *bare]), encoding="utf-8")
    found = pair(trained, "native:romaji", "--data", file)
    assert load_predictions(Path(found["pair"]["a"]["stored"])).ids == tuple(
        f"new:{line}" for line in range(1, 31)
    )


def test_a_file_of_nothing_but_learnt_rows(
    refused: Any, pair: Pair, trained: Path, rows: Rows, tmp_path: Path
) -> None:
    roles = load_split(trained / "split.parquet")
    for wanted in (Role.FIT, Role.TUNE):
        some = [row for row in rows if roles[row["id"]] is wanted]
        (tmp_path / f"{wanted}.json").write_text(json.dumps(some), encoding="utf-8")
    said = refused("E208", trained, "--pair", "native:romaji", "--data", tmp_path / "fit.json")
    assert "rows that the run has never seen" in said
    found = pair(trained, "native:romaji", "--data", tmp_path / "tune.json")
    assert found["pair"]["role"] == "tune"
    assert "tune.json, each decided by cuts that other tune rows chose" in found["shown"]


def test_a_run_without_report_rows_is_cross_fitted(
    pair: Pair, tmp_path: Path, tiny: dict[str, Any], rows: Rows
) -> None:
    for name, some in (("fit", rows[:160]), ("tune", rows[160:])):
        (tmp_path / f"{name}.json").write_text(json.dumps(some), encoding="utf-8")
    settings = tiny | {"report.baselines": False}
    run = evenhand.train(
        tmp_path / "fit.json", tmp_path / "run", tune=tmp_path / "tune.json", settings=settings
    )
    found = pair(tmp_path / "run", "text:text_romaji")
    assert (found["pair"]["role"], found["rows"]) == ("tune", 72)
    stored, decided_NC, _ = decided_rows(run, Role.TUNE)
    again_NC = Decider.of(run, Role.TUNE).decide(stored)
    np.testing.assert_array_equal(again_NC, decided_NC)
    few = stored.take([5, 1])
    np.testing.assert_array_equal(Decider.of(run, Role.TUNE).decide(few), decided_NC[[5, 1]])


def test_what_is_refused(refused: Any, trained: Path, rows: Rows, tmp_path: Path) -> None:
    said = refused("E205", trained, "--pair", "text:text_romaij")
    assert "did you mean 'text_romaji'?" in said
    assert "two different columns" in refused("E110", trained, "--pair", "text")
    assert "leave out B" in refused("E110", trained, trained, "--pair", "native:romaji")
    assert "leave out --truth" in refused("E110", trained, "--pair", "same", "--truth", "t.csv")
    assert "--perturb and --out" in refused("E110", trained, trained, "--perturb", "typos")
    assert "name two systems" in refused("E110", trained)
    assert "'typos'" in refused("E101", trained, "--pair", "same", "--perturb", "typoes")
    file = tmp_path / "no-pair.json"
    file.write_text(json.dumps([row | {"text_romaji": ""} for row in rows]), encoding="utf-8")
    said = refused("E209", trained, "--pair", "native:romaji", "--data", file)
    assert "no-pair.json" in said


def test_outputs_never_replace_what_is_there(refused: Any, trained: Path, tmp_path: Path) -> None:
    refused("E110", trained, "--pair", "same", "--json", trained / "metrics.json")
    refused("E110", trained, "--pair", "same", "--out", trained / "bundle" / "x")
    refused("E106", trained, "--pair", "same", "--json", tmp_path / "none" / "c.json")


def test_a_run_of_series_has_no_writing(refused: Any, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    file = tmp_path / "run" / "bundle" / "bundle.json"
    described = json.loads(file.read_text("utf-8")) | {"kind": "series"}
    file.write_text(json.dumps(described), encoding="utf-8")
    assert "series" in refused("E110", tmp_path / "run", "--pair", "native:romaji")


def test_data_that_is_gone_or_changed(
    refused: Any, pair: Pair, trained: Path, rows: Rows, tmp_path: Path
) -> None:
    data, kept = trained.parent / "rows.json", tmp_path / "kept.json"
    shutil.move(data, kept)
    try:
        refused("E202", trained, "--pair", "native:romaji")
        found = pair(trained, "native:romaji", "--data", kept)
        assert "known by ids alone" in found["shown"]
        changed = [row | {"text_romaji": "sad"} for row in rows]
        data.write_text(json.dumps(changed), encoding="utf-8")
        refused("E211", trained, "--pair", "native:romaji")
    finally:
        shutil.move(kept, data)


def test_texts_are_not_quoted_where_the_run_file_says_so(
    pair: Pair, trained: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    asked = tmp_path / "run" / "run.toml"
    content = asked.read_text("utf-8")
    assert "[report]" in content
    asked.write_text(content.replace("[report]", "[report]\ntexts = false"), encoding="utf-8")
    found = pair(tmp_path / "run", "text:text_romaji", "--perturb", "typos:0.5")
    examples = [found["flips"]["examples"], found["perturbations"][0]["flips"]["examples"]]
    assert {(e["text"], e["text_b"]) for some in examples for e in some} == {(None, None)}


def test_a_run_that_gives_every_row_the_same_label_is_told(
    pair: Pair, trained: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained, tmp_path / "run")
    file = tmp_path / "run" / "decision.json"
    decision = json.loads(file.read_text("utf-8"))
    for cut in decision["thresholds"].values():
        cut["value"] = 1.0
    file.write_text(json.dumps(decision), encoding="utf-8")
    found = pair(tmp_path / "run", "text:text_romaji")
    note = "the run gives every row 'no label' in both writings: flips and tests say nothing"
    assert found["pair"]["notes"] == [note]
    assert note in found["shown"]
    assert found["flips"]["count"] == 0
    assert pair(trained, "text:text_romaji")["pair"]["notes"] == []


@pytest.mark.parametrize("files", ["one", "three"])
def test_rows_without_ids_go_by_file_and_line(
    pair: Pair, refused: Any, tmp_path: Path, tiny: dict[str, Any], rows: Rows, files: str
) -> None:
    """Three files of one name share their lines, so that a run names rows by role as well."""
    bare = [{k: row[k] for k in ("text", "text_romaji", "labels")} for row in rows]
    parts = {"fit": bare} if files == "one" else {
        "fit": bare[:150], "tune": bare[150:200], "report": bare[200:]
    }  # fmt: skip
    paths = {}
    for role, part in parts.items():
        paths[role] = tmp_path / role / "x.json"
        paths[role].parent.mkdir()
        paths[role].write_text(json.dumps(part), encoding="utf-8")
    further = {role: path for role, path in paths.items() if role != "fit"}
    run = tmp_path / "run"
    settings = tiny | {"report.baselines": False}
    evenhand.train(paths["fit"], run, settings=settings, **further)
    found = pair(run, "native:romaji")
    stored, report = load_predictions(Path(found["pair"]["a"]["stored"])), Run(run)
    own = report.predictions(Role.REPORT)
    kept = [own.ids.index(name) for name in stored.ids]
    np.testing.assert_allclose(stored.scores.values_NC, own.scores.values_NC[kept], atol=1e-5)
    np.testing.assert_array_equal(stored.truth_NC, own.truth_NC[kept])
    assert all(name.startswith("report/x:") for name in stored.ids) == (files == "three")
    last = paths[list(paths)[-1]]
    again = pair(run, "native:romaji", "--data", last)
    assert again["flips"]["count"] == found["flips"]["count"]
    assert again["rows"] == found["rows"]
    shutil.move(paths["fit"], tmp_path / "gone.json")
    refused("E202", run, "--pair", "native:romaji", "--data", tmp_path / "gone.json")
