"""D202, D203, D204, D213: learning rates too low, too high, zero too early; a slow head."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


@pytest.mark.parametrize(("lr", "fires"), [(4.9e-6, True), (5e-6, False), (1e-9, True)])
def test_too_low_is_below_five_millionths(patient, lr, fires):
    finding = run("D202", patient(config={"optim": {"lr": lr}}))
    assert (finding is not None) == fires


def test_the_rate_of_seed_four(patient, by_hand):
    made = by_hand.records([0.5] * 400, peak=2e-6)
    finding = run("D202", patient(**made, config={"optim": {"lr": 2e-6, "head_lr": 2e-6}}))
    assert finding.severity == "error"
    assert finding.evidence == (
        "the peak rate is 2.0e-06, so 400 steps move a weight of the backbone by at most 8.0e-04; "
        "the fit loss did not fall"
    )
    assert finding.remedy == {"optim": {"lr": 1e-4, "head_lr": 1e-3}}


def test_a_head_that_learns_fast_excuses_a_backbone_that_does_not(patient):
    assert run("D202", patient(config={"optim": {"lr": 1e-6, "head_lr": 1e-3}})) is None


def test_a_low_rate_with_which_the_loss_fell_is_a_warning(patient):
    assert run("D202", patient(config={"optim": {"lr": 4e-6}})).severity == "warning"


@pytest.mark.parametrize(("end", "fires"), [(0.74, False), (0.8, True)])
def test_too_high_is_a_loss_that_grows_by_half(patient, by_hand, end, fires):
    made = by_hand.records([0.5] * 100 + [end] * 100)
    finding = run("D203", patient(**made, config={"optim": {"lr": 5e-2, "head_lr": 0.1}}))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.evidence == "at a peak rate of 5.0e-02 the loss went from 0.5 to 0.8"
        assert finding.remedy == {"optim": {"lr": 1e-4, "head_lr": 2e-4}}


def test_a_loss_that_grew_on_the_first_step_is_held_against_the_shares(patient, by_hand):
    made = by_hand.records([2.0] * 100)
    config = {"model": {"prior_bias": True}, "optim": {"lr": 0.5}}
    # The mean entropy of shares 0.4, 0.2 and 0.1.
    assert run("D203", patient(**made, config=config)).evidence == (
        "at a peak rate of 5.0e-01 the loss went from 0.499 to 2"
    )
    assert run("D203", patient(**made, config={"optim": {"lr": 0.5}})) is None
    beside = {"auxiliary_share": 0.4}
    assert run("D203", patient(**made, config=config, facts=beside)) is None


def test_a_high_rate_that_learns_nothing_is_a_warning(patient, by_hand):
    truth_NC = by_hand.truth()
    tune = by_hand.predictions(np.random.default_rng(7).normal(size=truth_NC.shape), truth_NC)
    made = by_hand.records([0.5] * 100)
    sick = {**made, "tune": tune}
    assert run("D203", patient(**sick, config={"optim": {"lr": 1e-3}})).severity == "warning"
    assert run("D203", patient(**sick, config={"optim": {"lr": 9e-4}})) is None
    assert run("D203", patient(config={"optim": {"lr": 1e-3}})) is None


def stopped_at(by_hand, last: int, total: int = 150):
    made = by_hand.records([0.3] * total)
    for record in made["steps"]:
        record["lr"] = 1e-4 * max(0.0, 1 - (record["step"] - 1) / last)
    return made


@pytest.mark.parametrize(
    ("last", "severity"), [(150, None), (136, None), (135, "warning"), (75, "error")]
)
def test_zero_for_a_tenth_of_the_steps_is_too_early(patient, by_hand, last, severity):
    made = stopped_at(by_hand, last)
    finding = run("D204", patient(**made, facts={"planned_steps": 150, "steps_done": 150}))
    assert (finding and finding.severity) == severity


def test_half_the_steps_counted_as_in_seed_nought(patient, by_hand):
    facts = {"planned_steps": 150, "steps_done": 150}
    made = stopped_at(by_hand, 75)
    finding = run("D204", patient(**made, facts=facts))
    assert finding.evidence == (
        "the rate is 0 from step 76 on: 75 of 150 steps so far changed nothing"
    )
    assert finding.remedy == {"schedule": {"name": "linear"}}
    fixed = patient(**made, facts=facts, config={"schedule": {"name": "linear", "steps": 75}})
    assert run("D204", fixed).remedy == {"schedule": {"steps": 150}}


def test_zero_is_seen_while_the_run_goes_on(running, by_hand):
    made = stopped_at(by_hand, 60, total=80)
    finding = run("D204", running(**made, facts={"planned_steps": 400}))
    assert "20 of 80 steps so far" in finding.evidence


def chance(by_hand):
    truth_NC = by_hand.truth()
    return by_hand.predictions(np.random.default_rng(1).normal(size=truth_NC.shape), truth_NC)


def test_the_head_of_seed_nought(patient, by_hand):
    config = {"optim": {"lr": 2e-5, "head_lr": 2e-5}}
    made = by_hand.records([0.5] * 336)
    finding = run(
        "D213", patient(**made, tune=chance(by_hand), config=config, facts={"steps_done": 336})
    )
    assert finding.severity == "error"
    assert finding.evidence == (
        "its peak rate is 2.0e-05, so 336 steps move its random weights by at most 6.7e-03; "
        "the fit loss did not fall"
    )
    assert finding.remedy == {"optim": {"head_lr": 2e-4}}


@pytest.mark.parametrize(
    "optim",
    [
        {"lr": 2e-5, "head_lr": None},
        {"lr": 2e-5, "head_lr": 2e-4},
        {"lr": 1e-4, "head_lr": 3e-4},
    ],
)
def test_a_head_that_is_fast_enough(patient, by_hand, optim):
    assert run("D213", patient(tune=chance(by_hand), config={"optim": optim})) is None


def test_a_slow_head_that_has_learnt_is_no_fault(patient):
    assert run("D213", patient(config={"optim": {"lr": 2e-5, "head_lr": 2e-5}})) is None


def test_a_slow_head_below_the_baseline_is_a_warning(patient, by_hand):
    systems = [
        by_hand.system("evenhand, a cut a label", "ours", 0.6, ap=True),
        by_hand.system("TF-IDF + logistic regression", "baseline", 0.7, ap=True),
    ]
    config = {"optim": {"lr": 2e-5, "head_lr": 2e-5}}
    assert run("D213", patient(config=config, systems=systems)).severity == "warning"
