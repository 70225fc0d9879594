"""Class-balanced loss: weights from the effective numbers of either side."""

import math

import numpy as np
import pytest
import torch

from evenhand.losses import LOSSES
from evenhand.types import FitStatistics, Task


def build(task, positives, rows, **settings):
    fit = FitStatistics(task, rows, np.array(positives), np.full(len(positives), float(rows)))
    return LOSSES.build("class-balanced", fit, settings=settings)


def test_classes_by_hand():
    loss = build(Task.MULTICLASS, [3.0, 2.0, 1.0], 6, beta=0.5)
    inverse = np.array([1 / 1.75, 1 / 1.5, 1.0])
    values_B = loss(torch.zeros(3, 3), torch.eye(3)) / math.log(3)
    assert values_B.tolist() == pytest.approx((inverse / inverse.mean()).tolist())


def test_both_sides_of_a_label_by_hand():
    loss = build(Task.MULTILABEL, [2.0], 6, beta=0.5)
    values_B = loss(torch.zeros(2, 1), torch.tensor([[1.0], [0.0]])) / math.log(2)
    assert values_B.tolist() == pytest.approx([10 / 9, 8 / 9])


@pytest.mark.parametrize("task", list(Task))
def test_focus_by_hand(task):
    loss = build(task, [2.0, 2.0], 4, gamma=2)
    values_B = loss(torch.tensor([[math.log(3), 0.0]]), torch.eye(2)[:1])
    expected = 0.25**2 * -math.log(0.75)
    other = 0.5**2 * math.log(2) if task is Task.MULTILABEL else 0
    assert values_B.item() == pytest.approx(expected + other)


def test_weight_of_a_class_without_rows_is_capped():
    loss = build(Task.MULTICLASS, [50.0, 50.0, 0.0], 100, cap=7)
    assert loss(torch.zeros(1, 3), torch.eye(3)[2:]).item() == pytest.approx(7 * math.log(3))
    both = build(Task.MULTILABEL, [0.0], 100, cap=7)(torch.zeros(1, 1), torch.zeros(1, 1))
    assert both.item() == pytest.approx(2 / 8 * math.log(2))
