"""ZLPR: present labels above zero, absent ones below, all pairs at once."""

import math

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.losses.zlpr import zlpr_loss
from evenhand.types import FitStatistics, Task


def test_by_hand():
    logits_BC = torch.tensor([[math.log(2), 0.0, -math.log(3)]])
    value = zlpr_loss(logits_BC, torch.tensor([[1.0, 0.0, 0.0]]))
    assert value.item() == pytest.approx(math.log(1.5) + math.log(7 / 3))


def test_row_without_labels_by_hand():
    value = zlpr_loss(torch.tensor([[0.0, math.log(2)]]), torch.zeros(1, 2))
    assert value.item() == pytest.approx(math.log(4))


def test_soft_target_and_smoothing_by_hand():
    soft = zlpr_loss(torch.zeros(1, 1), torch.full((1, 1), 0.5))
    assert soft.item() == pytest.approx(2 * math.log(1.5))
    smooth = zlpr_loss(torch.zeros(1, 1), torch.ones(1, 1), smoothing=0.2)
    assert smooth.item() == pytest.approx(math.log(1.9) + math.log(1.1))


def test_soft_target_is_met_on_its_side_of_zero():
    logits_BC = torch.tensor([[0.5 * math.log(0.7 / 0.3)]], requires_grad=True)
    zlpr_loss(logits_BC, torch.tensor([[0.7]])).sum().backward()
    assert logits_BC.grad.item() == pytest.approx(0, abs=1e-6)


def test_one_label_a_row_is_refused():
    fit = FitStatistics(Task.MULTICLASS, 10, np.array([5.0, 5.0]), np.full(2, 10.0))
    with pytest.raises(ConfigError, match=r"fix: --set loss\.name=ce") as caught:
        LOSSES.build("zlpr", fit, settings={})
    assert caught.value.code == "E105"
