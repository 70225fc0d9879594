"""Systems: rivals are decided as we are, differences are paired, equality is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.decide import Costs, crossfit, fit_decision
from evenhand.evaluate.intervals import paired_difference
from evenhand.evaluate.systems import (
    Question,
    Rival,
    System,
    baseline_systems,
    differences,
    equalled,
    measure,
    our_systems,
)
from evenhand.types import FitStatistics, LabelSpace, Logits, Predictions, Role, Task

QUESTION = Question(resamples=100)


def rows(*, knowledge: float, role: Role = Role.TUNE, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    truth_NC = (random.random((150, 2)) < [0.5, 0.2]).astype(np.float32)
    scores_NC = knowledge * truth_NC + random.normal(size=truth_NC.shape) - 1
    ids = tuple(str(i) for i in range(150))
    labels = LabelSpace(("a", "b"), Task.MULTILABEL)
    return Predictions(ids, Logits(scores_NC), truth_NC, labels, role)


def names(systems: list[System]) -> list[str]:
    return [system.name for system in systems]


def test_a_rival_is_decided_by_the_same_settings() -> None:
    rival = Rival("rival", rows(knowledge=1.0))
    question = replace(QUESTION, settings={"cuts": "global", "calibrate": "none"})
    fit = FitStatistics.of(rival.tune.truth_NC, Task.MULTILABEL)
    found = baseline_systems(rival.tune, fit, [rival], question)
    assert names(found) == ["rival", "majority", "prior", "all-positive"]
    crossed = crossfit(rival.tune, cuts="global", calibrate="none")
    np.testing.assert_array_equal(found[0].decided_NC, crossed.decided_NC)


def test_a_rival_with_report_rows_is_decided_by_its_own_tune_rows() -> None:
    report = rows(knowledge=1.0, role=Role.REPORT, seed=1)
    rival = Rival("rival", rows(knowledge=1.0), report)
    fit = FitStatistics.of(report.truth_NC, Task.MULTILABEL)
    found = baseline_systems(report, fit, [rival], QUESTION)[0]
    expected_NC = fit_decision(rival.tune).decide(report.scores)
    np.testing.assert_array_equal(found.decided_NC, expected_NC)


def test_differences_are_paired_and_begin_with_the_best_baseline() -> None:
    tune, weak = rows(knowledge=3.0), rows(knowledge=0.0)
    ours, _ = our_systems(tune, None, fit_decision(tune), QUESTION)
    fit = FitStatistics.of(tune.truth_NC, Task.MULTILABEL)
    rivals = [Rival("weak", weak), Rival("strong", rows(knowledge=2.5))]
    others = baseline_systems(tune, fit, rivals, QUESTION)
    found = differences(measure(tune, [*ours, *others], QUESTION))
    assert [d["name"] for d in found] == ["over strong", "over weak", "over fixed 0.5"]
    expected = paired_difference(
        tune.truth_NC, ours[0].decided_NC, decided_b_NC=others[1].decided_NC, resamples=100
    )
    assert found[0]["macro_f1"] == expected.to_dict()


def test_a_trivial_baseline_can_be_the_best() -> None:
    tune = rows(knowledge=3.0)
    ours, _ = our_systems(tune, None, fit_decision(tune), QUESTION)
    fit = FitStatistics.of(tune.truth_NC, Task.MULTILABEL)
    found = differences(
        measure(tune, [*ours, *baseline_systems(tune, fit, [], QUESTION)], QUESTION)
    )
    assert [d["name"] for d in found] == ["over all-positive", "over fixed 0.5"]


def test_a_system_less_itself_is_not_listed() -> None:
    tune = rows(knowledge=3.0)
    ours, _ = our_systems(tune, None, fit_decision(tune, cuts="fixed"), QUESTION)
    fit = FitStatistics.of(tune.truth_NC, Task.MULTILABEL)
    found = differences(
        measure(tune, [*ours, *baseline_systems(tune, fit, [], QUESTION)], QUESTION)
    )
    assert [d["name"] for d in found] == ["over all-positive"]


@pytest.mark.parametrize("flipped", [0, 1])
def test_always_positive_is_found_out(flipped: int) -> None:
    tune = rows(knowledge=0.0)
    decided_NC = np.ones((150, 2), dtype=bool)
    decided_NC[:flipped] = False
    fit = FitStatistics.of(tune.truth_NC, Task.MULTILABEL)
    systems = [System("ours", "ours", decided_NC, tune), *baseline_systems(tune, fit, [], QUESTION)]
    assert equalled(measure(tune, systems, QUESTION)) == ([] if flipped else ["all-positive"])


def test_one_model_under_several_cuts_is_ranked_once() -> None:
    tune = rows(knowledge=1.0)
    ours, _ = our_systems(tune, None, fit_decision(tune), QUESTION)
    first, *others = measure(tune, ours, QUESTION)
    assert all(other.ranked is first.ranked for other in others)


def test_rows_of_a_group_are_resampled_together() -> None:
    tune = rows(knowledge=1.0)
    ours, _ = our_systems(tune, None, fit_decision(tune), QUESTION)
    one_group = replace(tune, groups_N=np.zeros(len(tune), np.int64))
    apart, together = (measure(given, ours[:1], QUESTION)[0] for given in (tune, one_group))
    assert apart.one("macro_f1").low < apart.one("macro_f1").high
    assert together.one("macro_f1").low == together.one("macro_f1").high
    assert together.one("macro_f1").value == apart.one("macro_f1").value


def test_a_label_that_is_looked_for_has_a_baseline_and_an_f1_of_its_own() -> None:
    truth_NC = np.eye(2, dtype=np.float32)[np.arange(40) % 4 // 3]
    scores = Logits(np.random.default_rng(0).normal(size=(40, 2)))
    labels = LabelSpace(("rest", "stop"), Task.MULTICLASS)
    tune = Predictions(tuple(map(str, range(40))), scores, truth_NC, labels, Role.TUNE)
    fit = FitStatistics.of(truth_NC, Task.MULTICLASS)
    plain = baseline_systems(tune, fit, (), QUESTION)
    found = baseline_systems(tune, fit, (), replace(QUESTION, positive=1))
    assert names(plain) == ["majority", "prior"]
    assert names(found) == ["majority", "prior", "always-positive"]
    assert found[2].decided_NC.tolist() == [[False, True]] * 40
    rows_of = [m.row() for m in measure(tune, found, replace(QUESTION, positive=1))]
    # A quarter of the rows: F1 2 / 5 of the label, 0 of the other.
    assert rows_of[2]["positive_f1"]["value"] == pytest.approx(0.4)
    assert rows_of[2]["macro_f1"]["value"] == pytest.approx(0.2)
    assert rows_of[0]["positive_f1"]["value"] == 0.0
    assert "positive_f1" not in measure(tune, plain, QUESTION)[0].row()


DEMANDING = replace(QUESTION, settings={"recall": {"b": 0.99}, "precision": {"b": 0.99}})
ALL_CUTS = ["evenhand, a cut a label", "evenhand, one cut", "evenhand, fixed 0.5"]


def test_demands_are_the_runs_own_and_their_price_stands_below() -> None:
    tune = rows(knowledge=1.0)
    decision = fit_decision(tune, strict=False, **DEMANDING.settings)
    ours, _ = our_systems(tune, None, decision, DEMANDING)
    assert names(ours) == ["evenhand, as asked", *ALL_CUTS]
    asked_NC = crossfit(tune, **DEMANDING.settings).decided_NC
    np.testing.assert_array_equal(ours[0].decided_NC, asked_NC)
    for system, cuts in zip(ours[1:], ("per-label", "global", "fixed"), strict=True):
        np.testing.assert_array_equal(system.decided_NC, crossfit(tune, cuts=cuts).decided_NC)


@pytest.mark.parametrize("held_out", [False, True])
def test_a_rival_is_not_held_to_demands_that_it_cannot_meet(held_out: bool) -> None:
    report = rows(knowledge=0.0, role=Role.REPORT, seed=1) if held_out else None
    rival = Rival("rival", rows(knowledge=0.0), report)
    fit = FitStatistics.of(rival.tune.truth_NC, Task.MULTILABEL)
    question = replace(DEMANDING, settings={**DEMANDING.settings, "beta": 2.0})
    found = baseline_systems(report or rival.tune, fit, [rival], question)[0]
    expected_NC = crossfit(rival.tune, beta=2.0).decided_NC
    if report is not None:
        expected_NC = fit_decision(rival.tune, beta=2.0).decide(report.scores)
    np.testing.assert_array_equal(found.decided_NC, expected_NC)


def test_costs_are_sought_label_by_label_and_by_rivals_alike() -> None:
    tune, costs = rows(knowledge=1.0), Costs(sides={"b": (1.0, 20.0)})
    question = replace(QUESTION, settings={"costs": costs})
    ours, _ = our_systems(tune, None, fit_decision(tune, costs=costs), question)
    assert names(ours) == ALL_CUTS
    for system, cuts in zip(ours[1:], ("global", "fixed"), strict=True):
        np.testing.assert_array_equal(system.decided_NC, crossfit(tune, cuts=cuts).decided_NC)
    fit = FitStatistics.of(tune.truth_NC, Task.MULTILABEL)
    rival = baseline_systems(tune, fit, [Rival("rival", tune)], question)[0]
    np.testing.assert_array_equal(rival.decided_NC, ours[0].decided_NC)


def test_fixed_cuts_moved_by_costs_are_not_called_fixed() -> None:
    tune, costs = rows(knowledge=1.0), Costs(sides={"b": (1.0, 20.0)})
    settings = {"costs": costs, "cuts": "fixed", "calibrate": "none"}
    decision = fit_decision(tune, **settings)
    ours, _ = our_systems(tune, None, decision, replace(QUESTION, settings=settings))
    assert names(ours) == ["evenhand, as asked", *ALL_CUTS]
    np.testing.assert_array_equal(ours[3].decided_NC, tune.probs() >= 0.5)
