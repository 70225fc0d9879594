"""Results: the shape of metrics.json, which rows are measured, and by whose decision."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import f1_score

from evenhand.decide import crossfit, fit_decision
from evenhand.errors import DataError
from evenhand.evaluate import Question, Results, Rival, evaluate
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Role, Task

TOP = {
    "estimate", "role", "rows", "task", "labels", "level", "resamples", "note", "undefined",
    "systems", "differences", "per_class", "overall", "confusion", "never_predicted",
    "equals_baseline", "demands", "unmet", "interval", "seed", "averages", "calibration",
}  # fmt: skip
SYSTEM = {"name", "kind", "macro_f1", "micro_f1", "weighted_f1", "macro_ap", "accuracy"}
PER_CLASS = {
    "name", "support", "precision", "recall", "f1", "f1_half", "ap", "auc", "mcc", "threshold",
    "threshold_source", "unstable",
}  # fmt: skip
OVERALL = {
    "macro_f1", "micro_f1", "weighted_f1", "macro_ap", "accuracy", "hamming", "kappa",
    "balanced_accuracy", "macro_auc", "f1_spread",
}  # fmt: skip
FEW = Question(resamples=100)


def rows(
    role: Role, *, task: Task = Task.MULTILABEL, seed: int = 0, count: int = 120
) -> Predictions:
    """Three labels of falling share; scores that know something, shifted low."""
    random = np.random.default_rng(seed)
    if task is Task.MULTILABEL:
        truth_NC = (random.random((count, 3)) < [0.6, 0.3, 0.1]).astype(np.float32)
    else:
        drawn_N = random.choice(3, size=count, p=[0.6, 0.3, 0.1])
        truth_NC = np.eye(3, dtype=np.float32)[drawn_N]
    scores_NC = 3 * truth_NC + random.normal(size=truth_NC.shape) + [1.0, -1.0, -4.0]
    ids = tuple(f"{role}-{i}" for i in range(count))
    return Predictions(ids, Logits(scores_NC), truth_NC, LabelSpace(("a", "b", "c"), task), role)


def measured(
    task: Task = Task.MULTILABEL,
    *,
    held_out: bool = True,
    cuts: Any = "per-label",
    question: Question = FEW,
) -> Results:
    tune = rows(Role.TUNE, task=task)
    report = rows(Role.REPORT, task=task, seed=1) if held_out else None
    settings = {**question.settings, "cuts": cuts}
    return evaluate(
        tune,
        report,
        decision=fit_decision(tune, **settings),
        fit=FitStatistics.of(rows(Role.FIT, task=task, seed=2).truth_NC, task),
        question=replace(question, settings=settings),
    )


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("held_out", [True, False])
def test_metrics_json_has_the_promised_shape(task: Task, held_out: bool) -> None:
    contents = measured(task, held_out=held_out).to_dict()
    assert json.loads(json.dumps(contents, allow_nan=False)) == contents
    assert set(contents) == TOP
    assert all(set(system) == SYSTEM for system in contents["systems"])
    assert all(set(row) == PER_CLASS for row in contents["per_class"])
    assert set(contents["overall"]) == OVERALL
    assert all(set(d) == {"name", "macro_f1"} for d in contents["differences"])
    parts = [contents["overall"]["macro_f1"], *(row["f1_half"] for row in contents["per_class"])]
    assert all(list(part) == ["value", "low", "high"] for part in parts)
    assert all(part["low"] <= part["value"] <= part["high"] for part in parts)


def test_report_rows_are_decided_by_what_the_tune_rows_chose() -> None:
    tune, report = rows(Role.TUNE), rows(Role.REPORT, seed=1)
    decision = fit_decision(tune)
    found = measured()
    assert (found.contents["estimate"], found.contents["role"]) == ("held out", "report")
    np.testing.assert_array_equal(found.decided_NC, decision.decide(report.scores))
    np.testing.assert_array_equal(found.probs_NC, decision.probs(report.scores))
    assert found.predictions.ids == report.ids
    expected = f1_score(report.truth_NC, found.decided_NC, average="macro")
    assert found.contents["overall"]["macro_f1"]["value"] == pytest.approx(expected)


def test_without_report_rows_the_tune_rows_are_cross_fitted() -> None:
    found = measured(held_out=False)
    crossed = crossfit(rows(Role.TUNE), cuts="per-label")
    assert (found.contents["estimate"], found.contents["role"]) == ("cross-fitted", "tune")
    np.testing.assert_array_equal(found.decided_NC, crossed.decided_NC)
    assert found.contents["systems"][0]["macro_f1"]["value"] == pytest.approx(crossed.macro_f1)


@pytest.mark.parametrize(
    ("cuts", "names"),
    [
        ("per-label", ["a cut a label", "one cut", "fixed 0.5"]),
        ("global", ["one cut", "a cut a label", "fixed 0.5"]),
        ("fixed", ["fixed 0.5", "a cut a label", "one cut"]),
    ],
)
def test_the_chosen_kind_of_cut_stands_first(cuts: str, names: list[str]) -> None:
    contents = measured(cuts=cuts).contents
    ours = [s["name"] for s in contents["systems"] if s["kind"] == "ours"]
    assert ours == [f"evenhand, {name}" for name in names]
    baselines = [s["name"] for s in contents["systems"] if s["kind"] == "baseline"]
    assert baselines == ["majority", "prior", "all-positive"]
    assert contents["systems"][0]["macro_f1"] == contents["overall"]["macro_f1"]


@pytest.mark.parametrize(
    ("cuts", "first"), [("per-label", "biases"), ("global", "one tilt"), ("fixed", "argmax")]
)
def test_multiclass_has_biases_one_tilt_and_argmax(cuts: str, first: str) -> None:
    names = [s["name"] for s in measured(Task.MULTICLASS, cuts=cuts).contents["systems"]]
    assert names[0] == f"evenhand, {first}"
    assert sorted(names[:3]) == ["evenhand, argmax", "evenhand, biases", "evenhand, one tilt"]
    assert names[3:] == ["majority", "prior"]


def test_half_is_shown_beside_the_cut() -> None:
    contents, report = measured().contents, rows(Role.REPORT, seed=1)
    half_C = f1_score(
        report.truth_NC, report.scores.values_NC >= 0, average=None, zero_division=np.nan
    )
    shown = [row["f1_half"]["value"] for row in contents["per_class"]]
    assert shown == pytest.approx(half_C.tolist())
    decision = fit_decision(rows(Role.TUNE))
    assert [row["threshold"] for row in contents["per_class"]] == decision.values_C.tolist()


def test_few_positives_are_marked_unstable() -> None:
    for row in measured().contents["per_class"]:
        assert row["unstable"] == (row["support"] < 20)
    assert any(row["unstable"] for row in measured().contents["per_class"])


def test_confusion_of_either_task_adds_up() -> None:
    one_hot = measured(Task.MULTICLASS).contents
    assert np.sum(one_hot["confusion"]["matrix"]) == one_hot["rows"]
    trace = np.trace(one_hot["confusion"]["matrix"])
    assert one_hot["overall"]["accuracy"]["value"] == pytest.approx(trace / one_hot["rows"])
    assert one_hot["overall"]["kappa"] is not None
    several = measured().contents
    for row, (tn, fp, fn, tp) in zip(
        several["per_class"], several["confusion"]["one_vs_rest"], strict=True
    ):
        assert tn + fp + fn + tp == several["rows"]
        assert tp + fn == row["support"]
        assert row["f1"]["value"] == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert several["overall"]["kappa"] is None


def test_spread_is_the_deviation_of_the_f1_of_classes() -> None:
    contents = measured().contents
    f1_C = [row["f1"]["value"] for row in contents["per_class"]]
    assert contents["overall"]["f1_spread"] == pytest.approx(np.std(f1_C))


def test_a_class_nobody_saw_is_undefined_and_left_out_of_the_mean() -> None:
    tune, report = rows(Role.TUNE), rows(Role.REPORT, seed=1)
    for part in (tune, report):
        part.truth_NC[:, 2] = 0
        part.scores.values_NC[:, 2] = -9
    contents = evaluate(
        tune,
        report,
        decision=fit_decision(tune, cuts="fixed"),
        fit=FitStatistics.of(tune.truth_NC, tune.labels.task),
        question=replace(FEW, settings={"cuts": "fixed"}),
    ).contents
    assert contents["undefined"] == 1
    assert contents["never_predicted"] == ["c"]
    assert contents["per_class"][2]["f1"] == {"value": None, "low": None, "high": None}
    assert contents["per_class"][2]["auc"] is None
    kept = [row["f1"]["value"] for row in contents["per_class"][:2]]
    assert contents["overall"]["macro_f1"]["value"] == pytest.approx(np.mean(kept))


def test_frame_has_one_row_a_class_and_three_columns_an_interval() -> None:
    found = measured()
    table = found.frame()
    assert table["name"].to_pylist() == ["a", "b", "c"]
    first = found.contents["per_class"][0]["f1"]
    assert table["f1"][0].as_py() == first["value"]
    assert table["f1_low"][0].as_py() == first["low"]
    assert table["f1_high"][0].as_py() == first["high"]


def test_plot_is_an_svg() -> None:
    drawn = ElementTree.fromstring(measured().plot())
    assert drawn.tag.endswith("svg")


def test_results_cannot_be_changed_through_what_they_give_away() -> None:
    found = measured()
    found.to_dict()["per_class"][0]["name"] = "other"
    assert found.contents["per_class"][0]["name"] == "a"
    with pytest.raises(FrozenInstanceError, match="contents"):
        found.contents = {}  # type: ignore[misc]


def test_the_same_seed_gives_the_same_results_and_the_note_stands_on_them() -> None:
    noted = replace(FEW, note="a trial", level=0.8)
    first = measured(question=noted).to_dict()
    assert first == measured(question=noted).to_dict()
    assert (first["note"], first["level"], first["resamples"]) == ("a trial", 0.8, 100)


def test_report_rows_may_not_stand_for_tune_rows() -> None:
    tune, report = rows(Role.TUNE), rows(Role.REPORT)
    with pytest.raises(DataError, match=r"\[E212\]"):
        evaluate(
            report,
            None,
            decision=fit_decision(tune),
            fit=FitStatistics.of(tune.truth_NC, tune.labels.task),
        )


def test_no_rows_are_refused() -> None:
    tune = rows(Role.TUNE)
    with pytest.raises(DataError, match=r"\[E209\].*no row to measure"):
        evaluate(
            tune,
            rows(Role.REPORT).take([]),
            decision=fit_decision(tune),
            fit=FitStatistics.of(tune.truth_NC, tune.labels.task),
        )


def test_a_decision_for_other_labels_is_refused() -> None:
    tune = rows(Role.TUNE)
    other = replace(tune, labels=LabelSpace(("x", "y", "z"), Task.MULTILABEL))
    with pytest.raises(DataError, match=r"\[E213\].*different labels"):
        evaluate(
            tune,
            None,
            decision=fit_decision(other),
            fit=FitStatistics.of(tune.truth_NC, tune.labels.task),
        )


def test_a_rival_on_other_rows_is_refused() -> None:
    tune = rows(Role.TUNE)
    rival = Rival("TF-IDF + logistic regression", tune.take(range(10)))
    with pytest.raises(DataError, match=r"\[E211\].*'TF-IDF \+ logistic regression'"):
        evaluate(
            tune,
            None,
            decision=fit_decision(tune),
            fit=FitStatistics.of(tune.truth_NC, tune.labels.task),
            rivals=(rival,),
        )


@pytest.mark.parametrize("task", list(Task))
def test_averages_and_calibration_are_those_of_the_decision(task: Task) -> None:
    contents = measured(task, held_out=True).to_dict()
    overall = contents["overall"]
    for figure, kind in (("f1", "macro"), ("f1", "micro"), ("f1", "weighted"), ("ap", "macro")):
        value = overall[f"{kind}_{figure}"]["value"]
        assert contents["averages"][figure][kind] == pytest.approx(value)
    raw, calibrated = (contents["calibration"][kind] for kind in ("raw", "calibrated"))
    assert len(raw["per_label"]) == len(calibrated["per_label"]) == len(contents["labels"])
    assert "curve" in raw["per_label"][0]
    assert 0 <= calibrated["ece"] <= 1
