"""D102, D109: scores that need no network."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS
from evenhand.types import FitStatistics, Task


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


@pytest.mark.parametrize(("value", "fires"), [(0.37, True), (0.38, True), (0.39, False)])
def test_equal_means_that_the_interval_reaches_the_baseline(patient, by_hand, value, fires):
    systems = [
        by_hand.system("evenhand", "ours", value, ap=True),
        by_hand.system("majority", "baseline", 0.2, ap=False),
        by_hand.system("all-positive", "baseline", 0.36, ap=False),
    ]
    finding = run("D102", patient(systems=systems))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.title == "the score is that of all-positive"
        assert "all-positive reaches 0.360" in finding.evidence


def test_the_f1_of_seed_three_is_that_of_always_positive(running, by_hand):
    made = by_hand.records([0.7] * 60, passes=1)
    made["epochs"][-1]["value"] = 0.448
    fit = FitStatistics(Task.MULTILABEL, 1000, np.array([288.0]), np.array([1000.0]))
    finding = run("D102", running(fit=fit, **made))
    # 2 * 0.288 / 1.288
    assert finding.evidence == "tuned_macro_f1 is 0.448, and all-positive reaches 0.447"
    made["epochs"][-1]["value"] = 0.5
    assert run("D102", running(fit=fit, **made)) is None


def test_majority_of_two_classes_has_half_its_f1(running, by_hand):
    made = by_hand.records([0.7] * 60, passes=1)
    made["epochs"][-1] |= {"metric": "macro_f1_at_half", "value": 0.4746}
    fit = FitStatistics(Task.MULTICLASS, 62, np.array([56.0, 6.0]), np.full(2, 62.0))
    # Share 56/62: F1 of the majority 112/118, of the other class 0.
    finding = run("D102", running(fit=fit, **made))
    assert "majority reaches 0.475" in finding.evidence


def test_other_metrics_are_not_compared(running, by_hand):
    made = by_hand.records([0.7] * 60, passes=1)
    made["epochs"][-1] |= {"metric": "macro_ap", "value": 0.448}
    fit = FitStatistics(Task.MULTILABEL, 1000, np.array([288.0]), np.array([1000.0]))
    assert run("D102", running(fit=fit, **made)) is None


@pytest.mark.parametrize(("value", "severity"), [(0.69, None), (0.66, "tip"), (0.65, "warning")])
def test_below_tfidf_is_a_warning_beyond_the_interval(patient, by_hand, value, severity):
    systems = [
        by_hand.system("evenhand", "ours", value, ap=True),
        by_hand.system("TF-IDF + logistic regression", "baseline", 0.675, ap=True),
        by_hand.system("all-positive", "baseline", 0.9, ap=False),
    ]
    finding = run("D109", patient(systems=systems))
    assert (finding and finding.severity) == severity


def test_without_a_trained_baseline_nothing_is_compared(patient, by_hand):
    assert run("D109", patient(systems=[by_hand.system("evenhand", "ours", 0.1, ap=True)])) is None
    assert run("D109", patient(systems=())) is None
