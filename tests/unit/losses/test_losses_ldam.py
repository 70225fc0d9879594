"""LDAM: margins by the fourth root of the counts, weights late in the run."""

import math

import numpy as np
import pytest
import torch

from evenhand.losses import LOSSES, Deferred, loss_at
from evenhand.losses.ldam import softmax_ldam_loss
from evenhand.types import FitStatistics, Task

LOGITS_BC = 3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 0, 1]]


def build(task, positives, rows, **settings):
    fit = FitStatistics(task, rows, np.array(positives), np.full(len(positives), float(rows)))
    return LOSSES.build("ldam", fit, settings=settings)


def test_margins_of_classes_by_hand():
    values_B = build(Task.MULTICLASS, [16.0, 1.0], 17, margin=1)(torch.zeros(2, 2), torch.eye(2))
    assert values_B.tolist() == pytest.approx([math.log1p(math.exp(0.5)), math.log1p(math.e)])


def test_margins_of_either_side_of_a_label_by_hand():
    loss = build(Task.MULTILABEL, [1.0], 17, margin=1)
    values_B = loss(torch.zeros(2, 1), torch.tensor([[0.0], [1.0]]))
    assert values_B.tolist() == pytest.approx([math.log1p(math.exp(0.5)), math.log1p(math.e)])


@pytest.mark.parametrize("margins", [(0.5, 1.0, 2.0), (0.0, 10.0, 10.0)])
def test_each_row_is_cross_entropy_with_its_own_class_lowered(margins):
    lowered_BC = LOGITS_BC - ONE_BC * torch.tensor(margins)
    expected_B = torch.nn.functional.cross_entropy(lowered_BC, ONE_BC, reduction="none")
    values_B = softmax_ldam_loss(LOGITS_BC, ONE_BC, margins=margins)
    torch.testing.assert_close(values_B, expected_B)


def test_sure_row_keeps_the_slope_that_its_margin_asks_for():
    logits_BC = torch.tensor([[20.0, 0.0]], requires_grad=True)
    value = softmax_ldam_loss(logits_BC, torch.eye(2)[:1], margins=(10.0, 0.0))
    value.sum().backward()
    assert value.item() == pytest.approx(math.log1p(math.exp(-10)), abs=1e-4)
    assert logits_BC.grad[0, 1].item() == pytest.approx(1 / (1 + math.exp(10)), rel=1e-2)


@pytest.mark.parametrize("task", list(Task))
def test_weights_come_late(task):
    # Two rows and one have the effective numbers 1.5 and 1, so they weigh 0.8 and 1.2.
    loss = build(task, [2.0, 1.0], 3, margin=0, defer=0.5, beta=0.5)
    plain_B = build(task, [2.0, 1.0], 3, margin=0, defer=1)(torch.zeros(2, 2), torch.eye(2))
    early_B, late_B = (loss_at(loss, s)(torch.zeros(2, 2), torch.eye(2)) for s in (0.49, 0.5))
    torch.testing.assert_close(early_B, plain_B)
    assert (late_B / plain_B).tolist() == pytest.approx([0.8, 1.2])


def test_never_deferred_is_one_loss():
    assert not isinstance(build(Task.MULTICLASS, [2.0, 1.0], 3, defer=1), Deferred)
