"""Distribution-balanced loss: weights know which labels come together."""

import math

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.types import FitStatistics, Task

LOG_2 = math.log(2)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def build(task=Task.MULTILABEL, **settings):
    fit = FitStatistics(task, 8, np.array([4.0, 1.0]), np.full(2, 8.0))
    return LOSSES.build("distribution-balanced", fit, settings=settings)


def test_weights_by_hand():
    rows_BC = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    weights_BC = build().weights(rows_BC)
    expected = [[0.2, 0.8], [1, 4], [0.25, 1], [1, 1]]
    expected_BC = [[0.1 + sigmoid(10 * (r - 0.2)) for r in row] for row in expected]
    torch.testing.assert_close(weights_BC, torch.tensor(expected_BC))


def test_value_by_hand():
    bias = 0.5 * math.log(1 / 7)
    loss = build(kappa=0.5, scale=2)
    value = loss(torch.tensor([[0.0, -bias]]), torch.tensor([[1.0, 0.0]]))
    first, second = 0.1 + sigmoid(8), 0.1 + sigmoid(38)
    assert value.item() == pytest.approx(first * LOG_2 + second * LOG_2 / 2)


def test_scale_makes_a_negative_fade_faster():
    plain = {"alpha": 0.5, "beta": 0, "kappa": 0}
    logits_BC = torch.full((1, 2), -2.0, requires_grad=True)
    for scale, slope in ((1, sigmoid(-2)), (3, sigmoid(-6))):
        value = build(**plain, scale=scale)(logits_BC, torch.zeros(1, 2)).sum()
        (gradient_BC,) = torch.autograd.grad(value, logits_BC)
        assert gradient_BC.tolist() == [pytest.approx([slope, slope])]


def test_one_label_a_row_is_refused():
    with pytest.raises(ConfigError, match=r"fix: --set loss\.name=class-balanced") as caught:
        build(Task.MULTICLASS)
    assert caught.value.code == "E105"
