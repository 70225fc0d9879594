"""Soft F1: the mean over rows is what the batch lacks to macro-F1."""

import pytest
import torch

from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.losses.soft_f1 import soft_f1_loss
from evenhand.types import Task

LOGITS_BC = 3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
MANY_BC = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 1]]).float()
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 0, 1]]


def soft_f1(logits_BC, targets_BC, task=Task.MULTILABEL, share=1.0):
    return soft_f1_loss(logits_BC, targets_BC, task=task, share=share)


def test_by_hand():
    values_B = soft_f1(torch.zeros(2, 1), torch.tensor([[1.0], [0.0]]))
    assert values_B.tolist() == pytest.approx([1 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("task", "targets_BC"), [(Task.MULTILABEL, MANY_BC), (Task.MULTICLASS, ONE_BC)]
)
def test_mean_is_what_the_batch_lacks(task, targets_BC):
    p_BC = LOGITS_BC.sigmoid() if task is Task.MULTILABEL else LOGITS_BC.softmax(dim=1)
    f_C = (2 * (p_BC * targets_BC).sum(dim=0) + 1) / ((p_BC + targets_BC).sum(dim=0) + 1)
    lacking = (1 - f_C).sum() if task is Task.MULTILABEL else (1 - f_C).mean()
    torch.testing.assert_close(soft_f1(LOGITS_BC, targets_BC, task).mean(), lacking)


def test_all_positive_scores_get_the_f1_of_that_baseline():
    targets_BC = (torch.arange(10_000) < 2880).float()[:, None]
    value = soft_f1(torch.full_like(targets_BC, 1e4), targets_BC).mean()
    assert 1 - value.item() == pytest.approx(2 * 0.288 / 1.288, abs=1e-4)


def test_right_scores_cost_nothing():
    values_B = soft_f1(1e4 * (2 * MANY_BC - 1), MANY_BC)
    assert values_B.tolist() == [0] * 6


def test_class_that_the_batch_lacks_is_pushed_down():
    logits_BC = torch.zeros(4, 1, requires_grad=True)
    soft_f1(logits_BC, torch.zeros(4, 1)).mean().backward()
    assert (logits_BC.grad > 0).all()


def test_unknown_class_of_a_row_costs_nothing():
    targets_BC = torch.tensor([[0.0, torch.nan, torch.nan], [1.0, 0.0, 0.0]])
    values_B = soft_f1(LOGITS_BC[:2], targets_BC, Task.MULTICLASS)
    alone = soft_f1(LOGITS_BC[1:2], targets_BC[1:], Task.MULTICLASS)
    assert values_B[0] == 0
    torch.testing.assert_close(values_B[1], 2 * alone[0])


@pytest.mark.parametrize(
    ("task", "plain", "targets_BC"),
    [(Task.MULTILABEL, bce_loss, MANY_BC), (Task.MULTICLASS, ce_loss, ONE_BC)],
)
def test_share_mixes_with_the_plain_loss(task, plain, targets_BC):
    pure_B, plain_B = soft_f1(LOGITS_BC, targets_BC, task), plain(LOGITS_BC, targets_BC)
    mixed_B = soft_f1(LOGITS_BC, targets_BC, task, share=0.25)
    torch.testing.assert_close(mixed_B, 0.25 * pure_B + 0.75 * plain_B)
