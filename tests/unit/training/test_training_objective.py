"""The objective: one weighted mean, exact whichever way a step is cut into batches."""

import math

import pytest
import torch

from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.training.objective import Objective
from evenhand.types import Task

MULTILABEL = Objective(bce_loss, Task.MULTILABEL, 4)
MULTICLASS = Objective(ce_loss, Task.MULTICLASS, 4)


def example(rows=7):
    generator = torch.Generator().manual_seed(3)
    logits_BC = torch.randn(rows, 4, generator=generator)
    targets_BC = torch.eye(4)[torch.randint(4, (rows,), generator=generator)]
    weights_B = torch.rand(rows, generator=generator) + 0.1
    return logits_BC, targets_BC, weights_B


def test_ignorance_costs_log_two_a_label_decision():
    value = MULTILABEL(torch.zeros(3, 4), example(3)[1])
    assert value.item() == pytest.approx(math.log(2))


def test_ignorance_costs_log_c_a_class_decision():
    value = MULTICLASS(torch.zeros(3, 4), example(3)[1])
    assert value.item() == pytest.approx(math.log(4))


def test_weighted_mean_by_hand():
    logits_BC = torch.tensor([[0.0, 0.0, 0.0, 0.0], [20.0, -20.0, -20.0, -20.0]])
    targets_BC = torch.eye(4)[[0, 0]]
    value = MULTILABEL(logits_BC, targets_BC, torch.tensor([1.0, 3.0]))
    assert value.item() == pytest.approx(math.log(2) / 4, rel=1e-6)


@pytest.mark.parametrize("objective", [MULTILABEL, MULTICLASS])
def test_equal_weights_are_no_weights(objective):
    logits_BC, targets_BC, _ = example()
    weighted = objective(logits_BC, targets_BC, torch.full((7,), 2.5))
    assert weighted.item() == pytest.approx(objective(logits_BC, targets_BC).item())


def test_weights_change_the_value():
    logits_BC, targets_BC, weights_B = example()
    plain, weighted = (
        MULTICLASS(logits_BC, targets_BC),
        MULTICLASS(logits_BC, targets_BC, weights_B),
    )
    assert plain.item() != pytest.approx(weighted.item(), rel=1e-3)


def test_examples_that_all_weigh_nothing_cost_nothing():
    logits_BC, targets_BC, _ = example()
    logits_BC.requires_grad_()
    value = MULTILABEL(logits_BC, targets_BC, torch.zeros(7))
    value.backward()
    assert value.item() == 0
    assert (logits_BC.grad == 0).all()


@pytest.mark.parametrize("objective", [MULTILABEL, MULTICLASS])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sizes", [(4, 4), (7, 1), (3, 3, 2), (1, 5, 2)])
def test_batches_of_a_step_add_up_to_the_whole(objective, weighted, sizes):
    logits_BC, targets_BC, weights_B = example(8)
    weights_B = weights_B if weighted else None
    total = 8.0 if weights_B is None else weights_B.sum().item()
    whole_BC = logits_BC.clone().requires_grad_()
    objective(whole_BC, targets_BC, weights_B).backward()
    parts_BC = logits_BC.clone().requires_grad_()
    added, start = 0.0, 0
    for size in sizes:
        rows = slice(start, start + size)
        values_B = objective.values(parts_BC[rows], targets_BC[rows])
        some_B = None if weights_B is None else weights_B[rows]
        share = objective.reduce(values_B, some_B, total)
        share.backward()
        added, start = added + share.item(), start + size
    assert added == pytest.approx(objective(logits_BC, targets_BC, weights_B).item(), rel=1e-6)
    torch.testing.assert_close(parts_BC.grad, whole_BC.grad, rtol=1e-5, atol=1e-8)


def test_unequal_halves_are_not_the_mean_of_their_means():
    logits_BC, targets_BC, _ = example(8)
    means = [
        MULTICLASS(logits_BC[rows], targets_BC[rows]).item() for rows in (slice(0, 7), slice(7, 8))
    ]
    whole = MULTICLASS(logits_BC, targets_BC).item()
    assert sum(means) / 2 != pytest.approx(whole, rel=1e-2)
    assert (7 * means[0] + means[1]) / 8 == pytest.approx(whole, rel=1e-6)
