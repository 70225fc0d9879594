"""D112, D113, D306, D307: a score that seeing the present explains, and streams of no use."""

from __future__ import annotations

import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def part(value, low=None, high=None):
    return {"value": value, "low": low, "high": high}


def positive(low):
    return {
        "label": "stop",
        "share": 0.288,
        "f1": part(0.448, 0.40, 0.49),
        "always_f1": part(0.447),
        "difference": part(0.001, low, 0.05),
    }


@pytest.mark.parametrize(("low", "fires"), [(-0.05, True), (0.0, True), (0.01, False)])
def test_an_f1_must_be_above_that_of_always_answering(patient, low, fires):
    finding = run("D112", patient(series={"positive": positive(low)}))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.title == "F1 of stop is that of always answering it"
        assert "it is 0.448 (0.400 to 0.490)" in finding.evidence
        assert "which 28.8% of the windows are, gives 0.447" in finding.evidence


def foretelling(low, *, positives=50):
    return {
        "ahead": {
            "rows": 900,
            "positives": positives,
            "f1": part(0.21, low, 0.5),
            "always_f1": part(0.233),
        },
        "begun": {"recall": part(0.974)},
    }


@pytest.mark.parametrize(
    ("low", "positives", "fires"), [(0.16, 50, True), (0.24, 50, False), (0.16, 4, False)]
)
def test_what_is_told_in_events_alone_is_not_foretold(patient, low, positives, fires):
    series = {"foretelling": foretelling(low, positives=positives)}
    finding = run("D113", patient(series=series))
    assert (finding is not None) == fires
    if finding is not None:
        assert "always telling one gives 0.233; in an event recall is 0.974" in finding.evidence


@pytest.mark.parametrize(
    ("difference", "fires"),
    [
        (part(-0.002, -0.011, 0.006), True),
        (part(-0.05, -0.11, 0.01), False),
        (part(-0.002, -0.003, -0.001), False),
        (part(0.0, 0.0, 0.0), True),
        (part(None), False),
    ],
)
def test_a_stream_without_which_the_score_is_the_same_is_idle(patient, difference, fires):
    series = {"without": [{"stream": "traj", "difference": difference}]}
    assert (run("D306", patient(series=series)) is not None) == fires


def test_a_stream_without_which_the_score_is_higher_is_left_out(patient):
    series = {
        "streams": ["pose", "traj", "gaze"],
        "without": [
            {"stream": "pose", "difference": part(-0.4, -0.5, -0.3)},
            {"stream": "traj", "difference": part(0.035, 0.007, 0.064)},
        ],
    }
    finding = run("D307", patient(series=series))
    assert finding.remedy == {"series": {"streams": ["pose", "gaze"]}}
    assert finding.evidence == "without traj macro-F1 is +0.035 (+0.007 to +0.064)"
    assert "measure the next run on others" in finding.advice
    del series["without"][1]
    assert run("D307", patient(series=series)) is None


@pytest.mark.parametrize("code", ["D112", "D113", "D306", "D307"])
def test_a_run_on_texts_has_none_of_these(patient, code):
    assert run(code, patient()) is None


def test_the_present_labels_weight_is_lowered_where_it_dominates(patient):
    sick = patient(
        facts={"auxiliary_share": 0.8, "streams": ["pose"]},
        config={"series": {"auxiliary": 0.5}, "train": {"r_drop": 0.0}},
    )
    assert run("D210", sick).remedy == {"series": {"auxiliary": 0.031}}


def test_rates_are_those_of_a_network_that_starts_at_random(patient):
    slow = patient(
        facts={"streams": ["pose"]},
        config={"model": {"backbone": "minilm"}, "optim": {"lr": 1e-6, "head_lr": None}},
    )
    assert run("D202", slow).remedy == {"optim": {"lr": 1e-3}}
