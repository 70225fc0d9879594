"""What demands came to on the measured rows, in figures and in words."""

from dataclasses import replace

import numpy as np
import pytest

from evenhand.decide import fit_decision
from evenhand.evaluate.demanded import demand_lines, demands_measured
from evenhand.types import LabelSpace, Predictions, Probs, Role, Task

LABELS = LabelSpace(("a", "b"), Task.MULTILABEL)


def rows(role: Role = Role.TUNE) -> Predictions:
    truth_NC = np.array([[1, 0]] * 4 + [[0, 1]] * 6, np.float32)
    probs_NC = np.column_stack([np.linspace(0.9, 0.1, 10), np.linspace(0.1, 0.9, 10)])
    return Predictions(tuple(map(str, range(10))), Probs(probs_NC), truth_NC, LABELS, role)


@pytest.fixture
def decision():
    asked = {"recall": {"a": 0.75}, "alerts": {"b": 0.5}}
    return fit_decision(rows(), calibrate="none", **asked)


def test_each_demand_is_measured_on_the_rows_given(decision) -> None:
    decided_NC = np.zeros((10, 2), bool)
    decided_NC[:2, 0] = decided_NC[4:, 1] = True
    found = demands_measured(decision, rows(Role.REPORT), decided_NC)
    shown = [(d["label"], d["kind"], d["bound"], d["value"], d["alerts"]) for d in found]
    assert shown == [("a", "recall", 0.75, 0.5, 2), ("b", "alerts", 0.5, 0.6, 6)]
    assert all(d["low"] <= d["value"] <= d["high"] for d in found)


def test_rows_of_a_group_are_resampled_together(decision) -> None:
    decided_NC = np.zeros((10, 2), bool)
    decided_NC[:2, 0] = decided_NC[4:, 1] = True
    apart = demands_measured(decision, rows(Role.REPORT), decided_NC)
    one_group = replace(rows(Role.REPORT), groups_N=np.zeros(10, np.int64))
    together = demands_measured(decision, one_group, decided_NC)
    assert [d["value"] for d in together] == [d["value"] for d in apart]
    assert [(d["low"], d["high"]) for d in together] == [(0.5, 0.5), (0.6, 0.6)]
    assert apart[0]["low"] < 0.5 < apart[0]["high"]


@pytest.mark.parametrize(("kind", "value"), [("recall", 0.5), ("precision", 0.25), ("fpr", 0.75)])
def test_figures_of_groups_are_those_of_the_rows(kind, value) -> None:
    truth_NC = np.array([[1], [1], [0], [0], [0], [0], [np.nan]], np.float32)
    decided_NC = np.array([[1], [0], [1], [1], [1], [0], [1]], bool)
    labels = LabelSpace(("a",), Task.MULTILABEL)
    scores = Probs(np.linspace(0.1, 0.9, 7)[:, None])
    tune = Predictions(tuple("abcdefg"), scores, truth_NC, labels, Role.TUNE, np.arange(7) // 2)
    decision = fit_decision(tune, calibrate="none", strict=False, **{kind: {"a": 0.5}})
    assert demands_measured(decision, tune, decided_NC)[0]["value"] == pytest.approx(value)


def test_words_say_whether_it_was_kept(decision) -> None:
    decided_NC = decision.decide(rows().scores)
    found = demands_measured(decision, rows(), decided_NC)
    kept, budget = demand_lines({"demands": found})
    assert kept.startswith("a, recall >= 0.75: ")
    assert ", kept; " in kept
    assert budget.startswith("b, alerts <= 0.5: ")
    missed = {**found[0], "value": 0.5, "low": None, "high": None}
    (said,) = demand_lines({"demands": [missed]})
    assert said == f"a, recall >= 0.75: 0.500 here, missed; {found[0]['alerts']} alerts"
    (close,) = demand_lines({"demands": [{**missed, "value": 0.7496}]})
    assert close.startswith("a, recall >= 0.75: 0.7496 here, missed")
    undefined = {**missed, "value": None}
    assert demand_lines({"demands": [undefined]}) == ["a, recall >= 0.75: n/a here"]


def test_what_cannot_be_met_is_said_and_old_runs_demand_nothing() -> None:
    lines = demand_lines({"demands": [], "unmet": ["a: recall >= 1; the nearest cut has"]})
    assert lines == ["not to be had on the tune rows: a: recall >= 1; the nearest cut has"]
    assert demand_lines({}) == []


def test_nothing_demanded_nothing_measured() -> None:
    assert demands_measured(fit_decision(rows()), rows(), np.zeros((10, 2), bool)) == []
