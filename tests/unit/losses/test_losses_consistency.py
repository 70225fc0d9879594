"""Consistency: half the symmetric divergence of two passes."""

import math

import pytest
import torch
from torch.nn import functional

from evenhand.losses.consistency import consistency
from evenhand.types import Task

GENERATOR = torch.Generator().manual_seed(1)
FIRST_BC = 3 * torch.randn(5, 3, generator=GENERATOR)
SECOND_BC = FIRST_BC + torch.randn(5, 3, generator=GENERATOR)
TARGETS_BC = torch.eye(3)[[0, 1, 2, 0, 1]]


def divergence(log_p, log_q):
    return functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(dim=1)


def test_labels_by_hand():
    value = consistency(
        torch.tensor([[math.log(3)]]), torch.zeros(1, 1), torch.ones(1, 1), Task.MULTILABEL
    )
    assert value.item() == pytest.approx(0.25 * math.log(3) / 2)


def test_softmax_is_that_of_torch():
    log_p_BC, log_q_BC = FIRST_BC.log_softmax(dim=1), SECOND_BC.log_softmax(dim=1)
    expected_B = (divergence(log_p_BC, log_q_BC) + divergence(log_q_BC, log_p_BC)) / 2
    values_B = consistency(FIRST_BC, SECOND_BC, TARGETS_BC, Task.MULTICLASS)
    torch.testing.assert_close(values_B, expected_B)


def test_labels_are_that_of_torch():
    log_p_B2C, log_q_B2C = (
        torch.stack([functional.logsigmoid(x), functional.logsigmoid(-x)], dim=1)
        for x in (FIRST_BC, SECOND_BC)
    )
    expected_BC = divergence(log_p_B2C, log_q_B2C) + divergence(log_q_B2C, log_p_B2C)
    values_B = consistency(FIRST_BC, SECOND_BC, TARGETS_BC, Task.MULTILABEL)
    torch.testing.assert_close(values_B, expected_BC.sum(dim=1) / 2)


@pytest.mark.parametrize("task", list(Task))
def test_equal_passes_agree_and_order_is_free(task):
    assert consistency(FIRST_BC, FIRST_BC, TARGETS_BC, task).tolist() == [0] * 5
    torch.testing.assert_close(
        consistency(FIRST_BC, SECOND_BC, TARGETS_BC, task),
        consistency(SECOND_BC, FIRST_BC, TARGETS_BC, task),
    )


@pytest.mark.parametrize("task", list(Task))
def test_unknown_labels_take_no_part(task):
    targets_BC = TARGETS_BC.clone()
    targets_BC[:, 1] = torch.nan
    targets_BC[4] = torch.nan
    spoiled_BC = torch.where(targets_BC.isnan(), torch.nan, SECOND_BC).requires_grad_()
    values_B = consistency(FIRST_BC, spoiled_BC, targets_BC, task)
    values_B.sum().backward()
    known = [0, 2]
    expected_B = consistency(FIRST_BC[:4, known], SECOND_BC[:4, known], TARGETS_BC[:4, known], task)
    torch.testing.assert_close(values_B[:4], expected_B)
    assert values_B[4] == 0
    assert (spoiled_BC.grad[targets_BC.isnan()] == 0).all()
    assert spoiled_BC.grad.isfinite().all()


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_extremes_are_finite_in_float32(task, dtype):
    first_BC = torch.tensor([[1e4, -1e4], [1e4, 1e4]], dtype=dtype).requires_grad_()
    second_BC = torch.tensor([[-1e4, 1e4], [1e4, -1e4]], dtype=dtype)
    values_B = consistency(first_BC, second_BC, torch.zeros(2, 2), task)
    values_B.sum().backward()
    assert values_B.dtype == torch.float32
    assert values_B.isfinite().all()
    assert first_BC.grad.isfinite().all()
