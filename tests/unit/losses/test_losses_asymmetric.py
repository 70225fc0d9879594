"""Asymmetric loss: easy negatives are free, positives keep their weight."""

import math

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.losses.asymmetric import asymmetric_loss
from evenhand.losses.focal import sigmoid_focal_loss
from evenhand.types import FitStatistics, Task


def test_both_sides_by_hand():
    logit = math.log(3)
    value = asymmetric_loss(
        torch.tensor([[logit, logit]]),
        torch.tensor([[1.0, 0.0]]),
        gamma_positive=1,
        gamma_negative=2,
        clip=0.05,
    )
    assert value.item() == pytest.approx(0.25 * -math.log(0.75) + 0.7**2 * -math.log(0.3))


def test_negative_below_the_clip_costs_nothing_and_has_no_gradient():
    logits_BC = torch.tensor([[math.log(0.04 / 0.96)]], requires_grad=True)
    value = asymmetric_loss(
        logits_BC, torch.zeros(1, 1), gamma_positive=0, gamma_negative=0.5, clip=0.05
    )
    value.sum().backward()
    assert (value.item(), logits_BC.grad.item()) == (0, 0)


def test_one_focus_for_both_sides_is_focal_loss():
    logits_BC = 3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    targets_BC = torch.rand(6, 3, generator=torch.Generator().manual_seed(2))
    values_B = asymmetric_loss(logits_BC, targets_BC, gamma_positive=2, gamma_negative=2, clip=0)
    torch.testing.assert_close(values_B, sigmoid_focal_loss(logits_BC, targets_BC, gamma=2))


def test_very_wrong_negative_is_bounded_by_the_clip():
    value = asymmetric_loss(
        torch.tensor([[1e4]]), torch.zeros(1, 1), gamma_positive=0, gamma_negative=4, clip=0.05
    )
    assert value.item() == pytest.approx(0.95**4 * -math.log(0.05))


def test_one_label_a_row_is_refused():
    fit = FitStatistics(Task.MULTICLASS, 10, np.array([5.0, 5.0]), np.full(2, 10.0))
    with pytest.raises(ConfigError, match=r"fix: --set loss\.name=focal") as caught:
        LOSSES.build("asymmetric", fit, settings={})
    assert caught.value.code == "E105"
