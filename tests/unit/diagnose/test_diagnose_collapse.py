"""D101, D103, D108: one answer, a label never given, everything given."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS
from evenhand.types import FitStatistics, Task


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def classes(by_hand, right: int) -> dict[str, object]:
    """Return 100 rows of two classes, 90 to 10, of which ``right`` of the second are found."""
    truth_NC = np.repeat(np.eye(2), [90, 10], axis=0)
    scores_NC = np.tile([1.0, 0.0], (100, 1))
    scores_NC[90 : 90 + right] = [0.0, 1.0]
    return {
        "fit": FitStatistics(Task.MULTICLASS, 100, np.array([90.0, 10.0]), np.full(2, 100.0)),
        "tune": by_hand.predictions(scores_NC, truth_NC, Task.MULTICLASS),
        "decision": None,
    }


@pytest.mark.parametrize(("right", "fires"), [(0, True), (1, True), (2, False)])
def test_one_answer_means_at_least_99_of_100_rows(patient, by_hand, right, fires):
    finding = run("D101", patient(**classes(by_hand, right)))
    assert (finding is not None) == fires


def test_one_answer_shows_its_share_and_what_it_misses(patient, by_hand):
    finding = run("D101", patient(**classes(by_hand, 0)))
    assert finding.severity == "error"
    assert finding.evidence == "100.0% of 100 rows get joy, while 10.0% of them want another answer"
    assert finding.remedy == {"loss": {"name": "weighted-ce", "weights": "sqrt"}}


def test_a_corrected_run_is_offered_no_second_correction(patient, by_hand):
    sick = classes(by_hand, 0) | {"config": {"sampler": {"name": "weighted"}}}
    assert run("D101", patient(**sick)).remedy == {}


def test_no_label_at_all_is_one_answer_too(patient, by_hand):
    truth_NC = by_hand.truth()
    tune = by_hand.predictions(np.full(truth_NC.shape, -3.0), truth_NC)
    finding = run("D101", patient(tune=tune))
    assert finding.evidence.startswith("100.0% of 200 rows get no label at all, while 70.0%")


def test_a_true_answer_that_is_nearly_always_the_same_is_no_collapse(patient, by_hand):
    truth_NC = np.repeat(np.eye(2), [96, 4], axis=0)
    tune = by_hand.predictions(np.tile([1.0, 0.0], (100, 1)), truth_NC, Task.MULTICLASS)
    fit = FitStatistics(Task.MULTICLASS, 100, np.array([96.0, 4.0]), np.full(2, 100.0))
    assert run("D101", patient(tune=tune, fit=fit, decision=None)) is None


@pytest.mark.parametrize(("given", "fires"), [([200, 0, 0], True), ([190, 8, 2], False)])
def test_a_collapse_is_seen_while_the_run_goes_on(running, by_hand, given, fires):
    made = by_hand.records([0.5] * 40, passes=1)
    made["epochs"][-1]["predicted_C"] = given
    fit = FitStatistics(Task.MULTICLASS, 100, np.array([60.0, 30.0, 10.0]), np.full(3, 100.0))
    finding = run("D101", running(fit=fit, **made))
    assert (finding is not None) == fires


def silenced(by_hand, *, ranked: bool):
    """Return scores under which the third label is never given; ranked well or at random."""
    truth_NC = by_hand.truth()
    scores_NC = 4 * truth_NC - 2
    third_N = truth_NC[:, 2] if ranked else np.random.default_rng(3).random(200)
    scores_NC[:, 2] = third_N - 4
    return by_hand.predictions(scores_NC, truth_NC)


def test_a_label_that_is_neither_given_nor_ranked(patient, by_hand):
    finding = run("D103", patient(tune=silenced(by_hand, ranked=False)))
    assert finding.severity == "warning"
    assert finding.evidence.startswith("1 of 3 labels: grief; grief has 20 rows, 200 to fit on")
    assert "where chance has 0.100" in finding.evidence
    assert finding.remedy == {"loss": {"name": "weighted-bce", "weights": "sqrt"}}


def test_a_label_that_is_ranked_well_is_the_cuts_fault(patient, by_hand):
    sick = patient(tune=silenced(by_hand, ranked=True))
    assert run("D103", sick) is None
    assert run("D105", sick) is not None


def test_a_label_with_four_rows_may_be_missed(patient, by_hand):
    truth_NC = by_hand.truth()
    truth_NC[np.flatnonzero(truth_NC[:, 2])[4:], 2] = 0
    scores_NC = 4 * truth_NC - 2
    scores_NC[:, 2] = -4
    assert run("D103", patient(tune=by_hand.predictions(scores_NC, truth_NC))) is None


@pytest.mark.parametrize(("labels", "fires"), [(3, True), (2, True), (1, False)])
def test_everything_positive_means_half_of_the_labels(patient, by_hand, labels, fires):
    truth_NC = by_hand.truth()
    scores_NC = 4 * truth_NC - 2
    scores_NC[:, :labels] = 3
    finding = run("D108", patient(tune=by_hand.predictions(scores_NC, truth_NC)))
    assert (finding is not None) == fires


def test_everything_positive_takes_corrections_back(patient, by_hand):
    truth_NC = by_hand.truth()
    sick = {
        "tune": by_hand.predictions(np.full(truth_NC.shape, 3.0), truth_NC),
        "config": {"loss": {"name": "focal"}, "sampler": {"name": "weighted"}},
    }
    finding = run("D108", patient(**sick))
    assert finding.evidence == (
        "3 of 3 labels are given to at least 95% of the rows, which truly have 23.3% of them on "
        "average"
    )
    assert finding.remedy == {"loss": {"name": "auto"}, "sampler": {"name": "natural"}}


def test_everything_positive_is_seen_while_the_run_goes_on(running, by_hand):
    made = by_hand.records([0.5] * 40, passes=1)
    made["epochs"][-1]["predicted_C"] = [200, 199, 191]
    assert run("D108", running(**made)) is not None
    made["epochs"][-1]["predicted_C"] = [100, 80, 191]
    assert run("D108", running(**made)) is None
