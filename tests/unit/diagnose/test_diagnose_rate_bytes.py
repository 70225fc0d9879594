"""D202, D203, D213 where all weights start at random: other rates are usual, the head's as well."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.diagnose import CHECKS


def run(code, patient):
    return CHECKS.build(code, patient, settings={})


def config_of(**optim):
    return {"model": {"backbone": "bytes"}, "optim": optim}


@pytest.fixture
def chance(by_hand):
    """Return scores that say nothing of the truth, and a loss that never fell."""
    truth_NC = by_hand.truth()
    tune = by_hand.predictions(np.random.default_rng(7).normal(size=truth_NC.shape), truth_NC)
    return {**by_hand.records([0.5] * 100), "tune": tune}


@pytest.mark.parametrize(("lr", "fires"), [(4.9e-6, True), (5e-6, False)])
def test_too_low_leads_to_its_own_usual_rate(patient, lr, fires):
    finding = run("D202", patient(config=config_of(lr=lr)))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.remedy == {"optim": {"lr": 2e-3}}


def test_a_head_named_beside_it_is_raised_to_the_same(patient):
    finding = run("D202", patient(config=config_of(lr=1e-6, head_lr=1e-6)))
    assert finding.remedy == {"optim": {"lr": 2e-3, "head_lr": 2e-3}}


@pytest.mark.parametrize(("lr", "fires"), [(2e-3, False), (9e-3, False), (1e-2, True)])
def test_its_usual_rate_is_not_too_high_where_nothing_is_learnt(patient, chance, lr, fires):
    finding = run("D203", patient(**chance, config=config_of(lr=lr)))
    assert (finding is not None) == fires


@pytest.mark.parametrize(("lr", "remedy"), [(0.5, 2e-3), (0.01, 1e-3)])
def test_a_loss_that_grows_leads_to_a_lower_rate_that_still_learns(patient, by_hand, lr, remedy):
    made = by_hand.records([0.5] * 100 + [0.8] * 100)
    finding = run("D203", patient(**made, config=config_of(lr=lr)))
    assert finding.remedy == {"optim": {"lr": remedy}}


@pytest.mark.parametrize(("head_lr", "fires"), [(1e-4, False), (5e-5, True)])
def test_a_head_is_slow_that_is_slower_than_the_rest(patient, chance, head_lr, fires):
    finding = run("D213", patient(**chance, config=config_of(lr=1e-4, head_lr=head_lr)))
    assert (finding is not None) == fires
    if finding is not None:
        assert finding.remedy == {"optim": {"head_lr": 1e-4}}
        assert finding.advice == "where all weights are new they can learn alike; unset, they do"
