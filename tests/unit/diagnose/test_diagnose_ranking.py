"""D104, D105, D106, D107: nothing learnt, a bad cut, precision and recall out of balance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, norm

from evenhand.diagnose import CHECKS
from evenhand.diagnose.measures import Figures


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def test_gain_is_nought_for_a_constant_score_and_one_for_a_perfect_one(by_hand):
    truth_NC = by_hand.truth()
    for scores_NC, gain in ((np.zeros_like(truth_NC), 0.0), (truth_NC, 1.0)):
        figures = Figures.of(by_hand.predictions(scores_NC, truth_NC), scores_NC > 0.5)
        assert figures.gain == pytest.approx(gain, abs=1e-12)
        assert figures.learnt == (gain == 1)


def test_standard_errors_are_those_of_the_rank_sum_test(by_hand):
    truth_NC = by_hand.truth()[:, :1]
    scores_NC = np.random.default_rng(5).normal(size=truth_NC.shape) + 0.3 * truth_NC
    figures = Figures.of(by_hand.predictions(scores_NC, truth_NC), scores_NC > 0)
    positive = truth_NC[:, 0] == 1
    p = mannwhitneyu(
        scores_NC[positive, 0],
        scores_NC[~positive, 0],
        alternative="greater",
        method="asymptotic",
        use_continuity=False,
    ).pvalue
    assert figures.auc_errors == pytest.approx(norm.isf(p))


def chance(by_hand):
    truth_NC = by_hand.truth()
    scores_NC = np.random.default_rng(7).normal(size=truth_NC.shape)
    return by_hand.predictions(scores_NC, truth_NC)


def test_scores_at_random_are_nothing_learnt(patient, by_hand):
    stuck = patient(tune=chance(by_hand), **by_hand.records([0.5] * 400))
    finding = run("D104", stuck)
    assert finding.severity == "error"
    assert finding.remedy == {}
    assert "where chance has 0.233" in finding.evidence
    assert finding.evidence.endswith("the fit loss did not fall")
    assert finding.advice.startswith("no cut, weight or sampler mends this")


def test_rows_learnt_by_heart_point_to_the_labels(patient, by_hand):
    made = by_hand.records(list(np.linspace(0.5, 0.01, 400)))
    finding = run("D104", patient(tune=chance(by_hand), **made))
    assert finding.advice.startswith("the fit rows were learnt by heart")


def test_f1_nought_with_a_high_ap_is_a_bad_cut(patient, by_hand):
    truth_NC = by_hand.truth()
    tune = by_hand.predictions(truth_NC - 4, truth_NC)
    sick = patient(tune=tune, config={"decision": {"cuts": "fixed", "shrink": "auto"}})
    assert run("D104", sick) is None
    finding = run("D105", sick)
    assert finding.remedy == {"decision": {"cuts": "per-label"}}
    assert "AP 1.000 (chance 0.400), but F1 0.000 where the best cut" in finding.evidence


def test_a_cut_that_keeps_half_of_the_possible_f1_is_left_alone(patient, by_hand):
    truth_NC = by_hand.truth()
    scores_NC = 4 * truth_NC - 2
    found = np.flatnonzero(truth_NC[:, 2])
    scores_NC[found[7:], 2] = -1  # 7 of 20 found: F1 14/27, and 1 is possible
    assert run("D105", patient(tune=by_hand.predictions(scores_NC, truth_NC))) is None
    scores_NC[found[6:], 2] = -1  # 6 of 20: 12/26
    assert run("D105", patient(tune=by_hand.predictions(scores_NC, truth_NC))) is not None


def balanced_by(by_hand, hits: int, alarms: int):
    """Return one label with 20 positives of which ``hits`` are given, and ``alarms`` besides."""
    truth_NC = np.zeros((200, 1), np.float32)
    truth_NC[:20] = 1
    scores_NC = np.full((200, 1), -1.0)
    scores_NC[:hits] = 1
    scores_NC[20 : 20 + alarms] = 1
    return by_hand.predictions(scores_NC, truth_NC)


@pytest.mark.parametrize(
    ("hits", "alarms", "fired"),
    [
        (6, 1, ["D106"]),  # P 6/7, R 0.3
        (10, 1, []),  # P 10/11, R 0.5
        (10, 10, []),  # P 0.5, R 0.5
        (20, 19, []),  # P 20/39, R 1
        (20, 20, ["D107"]),  # P 0.5, R 1: exactly twice
        (5, 75, []),  # P 1/16, R 0.25: four times, but only 0.19 above
    ],
)
def test_precision_against_recall(patient, by_hand, hits, alarms, fired):
    sick = patient(tune=balanced_by(by_hand, hits, alarms), decision=by_hand.decision((0.5,)))
    assert [c for c in ("D106", "D107") if run(c, sick) is not None] == fired


def test_balance_shows_both_means(patient, by_hand):
    sick = patient(tune=balanced_by(by_hand, 6, 0), decision=by_hand.decision((0.5,)))
    finding = run("D106", sick)
    assert finding.evidence == (
        "mean precision is 1.00 and mean recall 0.30 over 1 labels with at least 10 positives"
    )
    assert finding.remedy == {}


@pytest.mark.parametrize(
    "asked",
    [
        {"recall": {"joy": 0.95}},
        {"costs": {"joy": {"false_positive": 1, "false_negative": 50}}},
    ],
)
def test_a_label_cut_as_demanded_is_not_blamed_on_its_cut(patient, by_hand, asked):
    tune = balanced_by(by_hand, 20, 60)
    decision = {**by_hand.decision((0.5,)), "asked": asked}
    assert run("D107", patient(tune=tune, decision=by_hand.decision((0.5,)))) is not None
    assert run("D107", patient(tune=tune, decision=decision)) is None
    truth_NC = by_hand.truth()
    low = by_hand.predictions(truth_NC - 4, truth_NC)
    stored = {**by_hand.decision((0.5, 0.5, 0.5)), "asked": {"precision": {}}}
    assert run("D105", patient(tune=low, decision=stored)) is not None
    stored["asked"] = {"precision": dict.fromkeys(low.labels.names, 0.99)}
    assert run("D105", patient(tune=low, decision=stored)) is None


@pytest.mark.parametrize(
    ("beta", "hits", "alarms", "code"), [(2, 20, 20, "D107"), (0.5, 6, 1, "D106")]
)
def test_the_side_that_beta_weighs_more_may_be_above(patient, by_hand, beta, hits, alarms, code):
    config = {"decision": {"cuts": "per-label", "shrink": "auto", "beta": beta}}
    parts = {"tune": balanced_by(by_hand, hits, alarms), "decision": by_hand.decision((0.5,))}
    assert run(code, patient(**parts)) is not None
    assert run(code, patient(config=config, **parts)) is None
