"""D201, D301, D308: too few steps, too few of the rows, too few of a label."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS
from evenhand.types import FitStatistics, Task


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def chance(by_hand):
    truth_NC = by_hand.truth()
    return by_hand.predictions(np.random.default_rng(7).normal(size=truth_NC.shape), truth_NC)


@pytest.mark.parametrize(("steps", "fires"), [(99, True), (100, False)])
def test_a_run_that_was_still_getting_better_needs_100_steps(patient, by_hand, steps, fires):
    made = by_hand.records(list(np.linspace(0.5, 0.2, steps)))
    finding = run("D201", patient(**made, facts={"steps_done": steps}))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.severity == "warning"
        assert finding.evidence == (
            "99 optimizer steps over 2,000 fit rows; the tune loss was still falling in the last "
            "pass"
        )


def test_a_run_that_no_longer_got_better_may_be_short(patient, by_hand):
    made = by_hand.records(list(np.linspace(0.5, 0.2, 60)))
    made["epochs"][-1]["tune_loss"] = 0.96 * made["epochs"][-2]["tune_loss"]
    assert run("D201", patient(**made, facts={"steps_done": 60})) is None
    made["epochs"][-1]["tune_loss"] = 0.94 * made["epochs"][-2]["tune_loss"]
    assert run("D201", patient(**made, facts={"steps_done": 60})) is not None
    assert run("D201", patient(**made, facts={"steps_done": 60, "stopped": "patience"})) is None


@pytest.mark.parametrize(("steps", "fires"), [(599, True), (600, False)])
def test_a_run_that_learnt_nothing_needs_600(patient, by_hand, steps, fires):
    made = by_hand.records([0.5] * steps)
    finding = run("D201", patient(**made, tune=chance(by_hand), facts={"steps_done": steps}))
    assert (finding and finding.severity) == ("error" if fires else None)


def test_rows_that_were_learnt_by_heart_were_given_steps_enough(patient, by_hand):
    made = by_hand.records(list(np.linspace(0.5, 0.01, 300)))
    made["epochs"][-1]["tune_loss"] = 1.0
    assert run("D201", patient(**made, tune=chance(by_hand), facts={"steps_done": 300})) is None


def test_learning_the_shares_alone_is_no_fall(patient, by_hand):
    # From log 2 to the entropy of the shares, which no text was read for.
    share = np.array([0.4, 0.2, 0.1])
    entropy = float(-(share * np.log(share) + (1 - share) * np.log(1 - share)).mean())
    made = by_hand.records(list(np.linspace(np.log(2), entropy, 100)) + [entropy] * 300)
    sick = patient(**made, tune=chance(by_hand))
    assert sick.prior_loss == pytest.approx(entropy)
    assert sick.fall == pytest.approx(0, abs=1e-9)
    assert run("D201", sick).evidence == (
        "400 optimizer steps over 2,000 fit rows; the scores are no better than chance, and the "
        "fit loss did not fall"
    )


def test_the_remedy_makes_600_steps(patient, by_hand):
    made = by_hand.records([0.5] * 7, passes=1)
    fit = FitStatistics(Task.MULTILABEL, 2000, np.array([800.0, 400, 200]), np.full(3, 2000.0))
    finding = run("D201", patient(**made, fit=fit, facts={"steps_done": 7}))
    # 63 batches of 32 a pass: ten passes.
    assert finding.remedy == {"train": {"epochs": 10}}


def test_fifty_rows_need_small_batches_as_well(patient, by_hand):
    made = by_hand.records([0.5] * 7, passes=1)
    fit = FitStatistics(Task.MULTILABEL, 50, np.array([20.0, 10, 5]), np.full(3, 50.0))
    config = {"train": {"max_steps": 7, "accumulate": 2}}
    finding = run("D201", patient(**made, fit=fit, facts={"steps_done": 7}, config=config))
    assert finding.remedy == {
        "train": {"max_steps": 600, "epochs": 40, "batch_size": 8, "accumulate": 1}
    }


@pytest.mark.parametrize(("steps", "severity"), [(29, "error"), (30, "warning")])
def test_a_ranking_from_a_few_batches_counts_for_nothing(patient, by_hand, steps, severity):
    made = by_hand.records(list(np.linspace(0.5, 0.2, steps)), passes=1)
    assert run("D201", patient(**made, facts={"steps_done": steps})).severity == severity


@pytest.mark.parametrize(("planned", "fires"), [(29, True), (30, False)])
def test_a_hopeless_plan_is_told_at_once(running, by_hand, planned, fires):
    made = by_hand.records([0.5] * 5, passes=1)
    finding = run("D201", running(**made, facts={"planned_steps": planned}))
    assert (finding is not None) == fires


@pytest.mark.parametrize(("share", "severity"), [(0.5, None), (0.49, "tip"), (None, None)])
def test_a_share_of_the_rows_is_a_tip_while_labels_have_rows(patient, share, severity):
    finding = run("D301", patient(facts={"data_share": share}))
    assert (finding and finding.severity) == severity


def test_a_share_that_starves_a_label_is_a_warning(patient):
    fit = FitStatistics(Task.MULTILABEL, 2170, np.array([800.0, 400, 4]), np.full(3, 2170.0))
    sick = patient(fit=fit, facts={"data_share": 0.05}, config={"data": {"sample": 2170}})
    finding = run("D301", sick)
    assert finding.severity == "warning"
    assert finding.evidence == (
        "5.0% of the rows were used; the rarest label, grief, has 4 fit rows"
    )
    assert finding.remedy == {"data": {"sample": 43400}}


def test_a_capped_pass_is_uncapped(patient):
    sick = patient(facts={"data_share": 0.1}, config={"train": {"steps_per_epoch": 6}})
    # 20,000 rows in batches of 32.
    assert run("D301", sick).remedy == {"train": {"steps_per_epoch": 625}}


def uneven(*positives, rows=2000, task=Task.MULTICLASS):
    return FitStatistics(task, rows, np.array(positives, float), np.full(3, float(rows)))


@pytest.mark.parametrize(
    ("positives", "fires"),
    [
        ((800, 400, 19), True),
        ((800, 400, 20), False),
        ((190, 60, 19), True),
        ((189, 60, 19), False),
        ((800, 400, 0), False),
    ],
)
def test_a_class_of_fewer_than_20_rows_and_a_tenth_of_the_commonest(patient, positives, fires):
    assert (run("D308", patient(fit=uneven(*positives))) is not None) == fires


def test_what_to_do_about_seldom_drawn_classes(patient):
    finding = run("D308", patient(fit=uneven(1800, 7, 3)))
    assert finding.severity == "tip"
    assert finding.evidence == (
        "2 of 3 classes have fewer than 20 fit rows; the rarest, grief, has 3, and the commonest "
        "1,800"
    )
    assert finding.remedy == {"sampler": {"name": "square-root"}}


@pytest.mark.parametrize(
    "config",
    [
        {"sampler": {"name": "weighted"}},
        {"loss": {"name": "focal"}},
        {"mix": {"name": "smote"}},
        {"train": {"batch_size": 2001}},
    ],
)
def test_no_second_correction_and_none_that_a_batch_leaves_no_choice(patient, config):
    fit = uneven(1800, 7, 3)
    assert run("D308", patient(fit=fit)) is not None
    assert run("D308", patient(fit=uneven(1800, 7, 3, task=Task.MULTILABEL))) is None
    assert run("D308", patient(fit=fit, config=config)) is None
