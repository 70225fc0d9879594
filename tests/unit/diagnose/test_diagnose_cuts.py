"""D110, D111: cuts at an edge, and cuts on few positives."""

from __future__ import annotations

import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


@pytest.mark.parametrize(("value", "fires"), [(0.02, True), (0.021, False), (0.98, True)])
def test_the_edge_is_two_hundredths(patient, by_hand, value, fires):
    finding = run("D110", patient(decision=by_hand.decision((0.5, 0.5, value))))
    assert (finding is not None) == fires


def test_a_cut_at_the_edge_that_lets_everything_through_is_a_warning(patient, by_hand):
    finding = run("D110", patient(decision=by_hand.decision((0.5, 0.5, 0.001))))
    assert finding.severity == "warning"
    assert finding.evidence == (
        "1 of 3 labels; grief has 0.001 from 20 positives and is given to 100.0% of the rows"
    )


def test_a_cut_at_the_edge_that_still_parts_rows_is_a_tip(patient, by_hand):
    truth_NC = by_hand.truth()
    scores_NC = 4 * truth_NC - 2
    scores_NC[:, 2] -= 4
    made = patient(
        tune=by_hand.predictions(scores_NC, truth_NC), decision=by_hand.decision((0.5, 0.5, 0.015))
    )
    assert run("D110", made).severity == "tip"


def test_shared_cuts_are_not_judged(patient, by_hand):
    stored = by_hand.decision((0.5, 0.5, 0.001), supports=(80, 40, 3))
    stored["thresholds"]["grief"]["source"] = "shared"
    assert run("D110", patient(decision=stored)) is None
    assert run("D111", patient(decision=stored)) is None


@pytest.mark.parametrize(
    ("support", "shrink", "severity"),
    [(20, "none", None), (19, "auto", "tip"), (19, "none", "warning")],
)
def test_few_positives_matter_where_nothing_is_shrunk(patient, by_hand, support, shrink, severity):
    sick = patient(
        decision=by_hand.decision((0.5, 0.5, 0.5), supports=(80, 40, support)),
        config={"decision": {"shrink": shrink}},
    )
    finding = run("D111", sick)
    assert (finding and finding.severity) == severity
    if severity == "warning":
        assert finding.remedy == {"decision": {"shrink": "auto"}}
        assert finding.evidence == (
            "1 of 3 cuts rest on fewer than 20 positives, grief on 19; macro-F1 on the tune rows "
            "flatters by 0.030"
        )


def test_a_bias_of_four_nats_is_an_edge(patient, by_hand):
    stored = by_hand.decision((0.5, 0.5, 4.0))
    stored = {**stored, "task": "multiclass", "calibrator": {"name": "none", "task": "multiclass"}}
    stored["biases"] = stored.pop("thresholds")
    assert run("D110", patient(decision=stored)) is not None
    stored["biases"]["grief"]["value"] = 3.9
    assert run("D110", patient(decision=stored)) is None
