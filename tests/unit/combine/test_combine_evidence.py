"""The ensemble beside its members: paired, held out or out of fold."""

import io

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import average_precision_score, f1_score

from evenhand.combine import COMBINATIONS, fit_ensemble
from evenhand.combine.evidence import evidence
from evenhand.combine.summary import summary, verdict
from evenhand.decide import crossfit, out_of_fold
from evenhand.evaluate.systems import Question
from evenhand.types import Logits, Task
from voices_by_hand import PLAIN, member, random_members, rows

QUESTION = Question(resamples=100)


def shown(contents):
    console = Console(width=100, record=True, file=io.StringIO())
    summary(contents, console=console)
    return console.export_text()


def measured(by="average", **more):
    whole = fit_ensemble(random_members(**more), by, settings={**PLAIN}, seed=0)
    return whole, evidence(whole, QUESTION)


def test_report_rows_are_counted_where_there_are_some():
    whole, found = measured(report=40)
    assert (found["estimate"], found["role"], found["rows"]) == ("held out", "report", 40)
    assert found["groups"] == 20
    truth_NC, probs_NC = whole.report.truth_NC, whole.report.scores.values_NC
    wanted = f1_score(truth_NC, whole.decision.decide(whole.report.scores), average="macro")
    assert found["ensemble"]["macro_f1"]["value"] == pytest.approx(wanted)
    wanted = average_precision_score(truth_NC, probs_NC, average="macro")
    assert found["ensemble"]["macro_ap"]["value"] == pytest.approx(wanted)


@pytest.mark.parametrize("by", COMBINATIONS.names())
def test_tune_rows_are_counted_out_of_fold(by):
    whole, found = measured(by)
    assert (found["estimate"], found["role"], found["rows"]) == ("cross-fitted", "tune", 60)
    crossed = crossfit(whole.tune, refit=whole.rehearsal, **whole.settings)
    assert found["ensemble"]["macro_f1"]["value"] == pytest.approx(crossed.macro_f1)
    rows = out_of_fold(whole.tune, whole.rehearsal)
    wanted = average_precision_score(rows.truth_NC, rows.scores.values_NC, average="macro")
    assert found["ensemble"]["macro_ap"]["value"] == pytest.approx(wanted)
    assert "chose their epoch on the tune rows" in found["note"]


@pytest.mark.parametrize("report", [0, 40])
def test_differences_are_those_of_the_figures(report):
    _, found = measured(report=report)
    for single, gap in zip(found["members"], found["differences"], strict=True):
        assert single["name"] == gap["name"]
        for figure in ("macro_f1", "macro_ap"):
            whole = found["ensemble"][figure]["value"]
            assert gap[figure]["value"] == pytest.approx(whole - single[figure]["value"])
            assert gap[figure]["low"] <= gap[figure]["value"] <= gap[figure]["high"]
    values = {m["name"]: m["macro_f1"]["value"] for m in found["members"]}
    assert found["best_single"] == max(values, key=values.get)


@pytest.mark.parametrize("report", [0, 40])
def test_what_a_member_brings_is_lost_without_it(report):
    members = random_members(report=report)
    whole = fit_ensemble(members, "weighted", settings={**PLAIN}, seed=0)
    found = evidence(whole, QUESTION)
    fewer = fit_ensemble(members[1:], "weighted", settings={**PLAIN}, seed=0)
    alone = evidence(fewer, QUESTION)["ensemble"]
    for figure in ("macro_f1", "macro_ap"):
        wanted = found["ensemble"][figure]["value"] - alone[figure]["value"]
        assert found["contributions"][0][figure]["value"] == pytest.approx(wanted)


def test_of_two_members_each_brings_what_the_other_lacks():
    _, found = measured(members=2, report=40)
    names = [gap["name"] for gap in found["contributions"]]
    assert names == ["m0", "m1"]
    for gain, gap in zip(found["contributions"], reversed(found["differences"]), strict=True):
        assert gain["macro_f1"]["value"] == pytest.approx(gap["macro_f1"]["value"])


def test_equal_members_bring_nothing_and_err_alike():
    one = random_members(members=1, report=40)[0]
    twins = [one, type(one)(**(vars(one) | {"name": "twin"}))]
    found = evidence(fit_ensemble(twins, "average", settings={**PLAIN}, seed=0), QUESTION)
    nothing = {"value": 0.0, "low": 0.0, "high": 0.0}
    assert [gap["macro_f1"] for gap in found["contributions"]] == [nothing] * 2
    assert found["diversity"]["mean"] == {
        "disagreement": 0.0,
        "q": 1.0,
        "correlation": pytest.approx(1.0),
    }


@pytest.mark.parametrize("by", COMBINATIONS.names())
def test_classes_are_combined_and_decided_one_a_row(by):
    random = np.random.default_rng(4)
    truth_NC = np.eye(3)[random.choice(3, size=80, p=[0.6, 0.3, 0.1])]
    members = []
    for name in "xyz":
        scores = Logits(2 * truth_NC + random.standard_normal((80, 3)))
        tune = rows(truth_NC.tolist(), Task.MULTICLASS, scores=scores)
        members.append(member(name, tune, calibrate="temperature"))
    whole = fit_ensemble(members, by, settings={**PLAIN}, seed=0)
    np.testing.assert_allclose(whole.tune.scores.values_NC.sum(axis=1), 1)
    assert (whole.decision.decide(whole.tune.scores).sum(axis=1) == 1).all()
    found = evidence(whole, QUESTION)
    best = max(m["macro_f1"]["value"] for m in found["members"])
    assert found["ensemble"]["macro_f1"]["value"] > best - 0.05


def test_the_summary_is_one_screen():
    whole, found = measured("weighted", report=40)
    contents = {"by": "weighted", "weights": list(whole.combination.weights), **found}
    text = shown(contents)
    assert len(text.splitlines()) <= 24
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "held out: 40 report rows in 20 groups" in text
    for name in ("m0", "m1", "m2", "what a member brings", "Q statistic", "mean of 3 pairs"):
        assert name in text


@pytest.mark.parametrize(
    ("low", "high", "tone", "words"),
    [
        (0.01, 0.05, "better", "Better than its best member, m0: macro-F1 +0.030 (+0.010 to"),
        (-0.05, -0.01, "worse", "Worse than its best member"),
        (-0.05, 0.05, "same", "Not shown to be better than its best member"),
        (None, None, "same", "Not compared with its best member"),
    ],
)
def test_the_verdict_goes_by_the_paired_interval(low, high, tone, words):
    gap = {"value": 0.03, "low": low, "high": high}
    found = verdict({"best_single": "m0", "differences": [{"name": "m0", "macro_f1": gap}]})
    assert found[0] == tone
    assert found[1].startswith(words)


def test_an_undefined_figure_reads_na():
    whole, found = measured(report=40)
    nothing = {"value": None, "low": None, "high": None}
    for row in (*found["members"], *found["differences"], *found["contributions"]):
        row["macro_f1"] = nothing
    assert "n/a" in shown({"by": "average", "weights": None, **found})
    assert np.isfinite(whole.decision.values_C).all()
