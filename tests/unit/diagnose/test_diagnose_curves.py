"""D205, D206, D207, D212: overfitting, rising tune loss, oscillating loss, a pass kept early."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def with_losses(by_hand, tune: list[float], *, fit: float = 0.1, best: int = -1):
    made = by_hand.records(list(np.linspace(0.5, 0.1, 400)), passes=len(tune))
    for i, (record, loss) in enumerate(zip(made["epochs"], tune, strict=True)):
        record |= {"tune_loss": loss, "fit_loss": fit, "best": i <= best % len(tune)}
    return made


@pytest.mark.parametrize(("tune", "fires"), [(0.19, False), (0.2, True)])
def test_the_gap_is_twice_the_fit_loss(patient, by_hand, tune, fires):
    finding = run("D205", patient(**with_losses(by_hand, [0.4, tune])))
    assert (finding is not None) == fires


def test_the_gap_names_pass_and_losses(patient, by_hand):
    finding = run("D205", patient(**with_losses(by_hand, [0.3, 0.4, 0.5], best=1)))
    assert finding.evidence == (
        "in pass 2, which was kept, the tune loss 0.400 is 4.0 times the fit loss 0.100"
    )


def test_a_ratio_of_two_small_losses_is_no_gap(patient, by_hand):
    assert run("D205", patient(**with_losses(by_hand, [0.3, 0.05], fit=0.01))) is None


@pytest.mark.parametrize(
    "config",
    [{"loss": {"name": "focal"}}, {"sampler": {"name": "weighted"}}, {"train": {"r_drop": 1.0}}],
)
def test_losses_of_two_kinds_are_not_compared(patient, by_hand, config):
    assert run("D205", patient(**with_losses(by_hand, [0.4, 0.4]), config=config)) is None


@pytest.mark.parametrize(
    ("last", "best", "severity"),
    [(0.219, -1, None), (0.23, -1, "warning"), (0.23, 1, "tip")],
)
def test_rising_is_a_tenth_above_the_lowest(patient, by_hand, last, best, severity):
    finding = run("D206", patient(**with_losses(by_hand, [0.4, 0.2, last], best=best)))
    assert (finding and finding.severity) == severity
    if severity == "warning":
        assert finding.evidence == (
            "it was lowest, 0.200, after pass 2 and is 0.230 after pass 3; pass 3 was kept"
        )
        assert finding.remedy == {"train": {"epochs": 2}}


def test_a_single_pass_cannot_rise(running, by_hand):
    assert run("D206", running(**with_losses(by_hand, [0.4]))) is None


def test_a_loss_that_jumps_between_stretches_oscillates(patient, by_hand):
    noise = np.random.default_rng(0).normal(0, 0.02, 400)
    level = np.where(np.arange(400) // 20 % 2, 0.9, 0.3)
    made = by_hand.records(list(level + noise))
    finding = run("D207", patient(**made, config={"optim": {"lr": 1e-3}}))
    assert finding.evidence.startswith("between 20 stretches of the run the mean loss jumped up 10")
    assert finding.remedy == {"optim": {"lr": 3e-4}}


def test_noise_from_batch_to_batch_is_no_oscillation(patient, by_hand):
    for seed in range(20):
        noise = np.random.default_rng(seed).gamma(4.0, 0.1, 400)
        assert run("D207", patient(**by_hand.records(list(noise)))) is None


def test_four_restarts_in_a_run_are_no_oscillation(patient, by_hand):
    saw = 0.3 + 0.5 * (1 - np.arange(400) % 80 / 80)
    assert run("D207", patient(**by_hand.records(list(saw)))) is None


def test_thirty_nine_steps_are_too_few_to_tell(patient, by_hand):
    losses = [0.1 if i // 5 % 2 else 1.0 for i in range(39)]
    assert run("D207", patient(**by_hand.records(losses))) is None


AT_HALF = {"train": {"metric": "macro_f1_at_half"}}


def chance(by_hand):
    truth_NC = by_hand.truth()
    return by_hand.predictions(np.random.default_rng(1).normal(size=truth_NC.shape), truth_NC)


@pytest.mark.parametrize(("lowest", "fires"), [(0.46, False), (0.45, True)])
def test_a_pass_kept_at_half_is_a_tenth_above_the_lowest_tune_loss(patient, by_hand, lowest, fires):
    made = with_losses(by_hand, [0.6, 0.5, 0.47, lowest], best=1)
    finding = run("D212", patient(**made, config=AT_HALF))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.severity == "warning"
        assert finding.evidence == (
            "macro_f1_at_half kept pass 2, with a tune loss of 0.500; it was 0.450 after pass 4"
        )
        assert finding.remedy == {"train": {"metric": "tuned_macro_f1"}}


def test_a_kept_pass_that_learnt_nothing_is_an_error(patient, by_hand):
    made = with_losses(by_hand, [0.6, 0.5, 0.4, 0.3], best=0)
    assert run("D212", patient(**made, tune=chance(by_hand), config=AT_HALF)).severity == "error"


@pytest.mark.parametrize("metric", ["tuned_macro_f1", "macro_ap", "neg_nll"])
def test_a_metric_without_a_fixed_cut_may_keep_what_it_likes(patient, by_hand, metric):
    made = with_losses(by_hand, [0.6, 0.5, 0.4, 0.3], best=0)
    assert run("D212", patient(**made, config={"train": {"metric": metric}})) is None


def test_a_pass_kept_after_the_lowest_is_no_matter_of_cuts(patient, by_hand):
    made = with_losses(by_hand, [0.6, 0.3, 0.5], best=2)
    assert run("D212", patient(**made, config=AT_HALF)) is None
