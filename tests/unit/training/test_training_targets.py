"""Soft targets: the truth and a teacher in one matrix, and the loss that comes of it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.losses import LOSSES
from evenhand.training.targets import soft_targets
from evenhand.types import FitStatistics, Task

NAN = np.nan


def test_targets_by_hand():
    truth_NC = np.array([[1, 0], [0, 1], [NAN, 1]], np.float32)
    teacher_NC = np.array([[0.8, 0.1], [0.5, 0.5], [0.3, 0.9]])
    found_NC = soft_targets(truth_NC, teacher_NC, weight=0.25, task=Task.MULTILABEL)
    expected_NC = [[0.95, 0.025], [0.125, 0.875], [0.3, 0.975]]
    np.testing.assert_allclose(found_NC, expected_NC, rtol=1e-6)
    assert found_NC.dtype == np.float32


def test_a_multiclass_row_of_unknown_truth_is_the_teachers_as_a_whole():
    truth_NC = np.array([[1, 0, 0], [NAN, 1, 0], [NAN, NAN, NAN]], np.float32)
    teacher_NC = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])
    found_NC = soft_targets(truth_NC, teacher_NC, weight=0.5, task=Task.MULTICLASS)
    assert found_NC.tolist() == [[0.75, 0.125, 0.125], *teacher_NC[1:].tolist()]
    assert found_NC.sum(axis=1).tolist() == [1, 1, 1]


@pytest.mark.parametrize("task", list(Task))
def test_at_weight_0_the_truth_stays_what_it_is_the_unknown_included(task):
    truth_NC = np.array([[1, 0, NAN], [0, 1, 0]], np.float32)
    found_NC = soft_targets(truth_NC, np.full((2, 3), 0.7), weight=0.0, task=task)
    assert found_NC.tobytes() == truth_NC.tobytes()


def test_at_weight_1_the_truth_has_no_say():
    teacher_NC = np.array([[0.1, 0.9], [0.4, 0.6]])
    found = [
        soft_targets(np.array(truth, np.float32), teacher_NC, weight=1.0, task=Task.MULTILABEL)
        for truth in ([[1, 0], [1, 1]], [[0, 1], [NAN, 0]])
    ]
    assert found[0].tobytes() == found[1].tobytes() == teacher_NC.astype(np.float32).tobytes()


@pytest.mark.parametrize(("loss", "task"), [("bce", Task.MULTILABEL), ("ce", Task.MULTICLASS)])
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), weight=st.floats(0, 1), scale=st.floats(0.01, 20))
def test_cross_entropy_of_the_mixture_is_the_mixture_of_cross_entropies(
    loss, task, seed, weight, scale
):
    random = np.random.default_rng(seed)
    logits_NC = torch.tensor(random.normal(scale=scale, size=(5, 4)), requires_grad=True)
    if task is Task.MULTICLASS:
        truth_NC = np.eye(4, dtype=np.float32)[random.integers(4, size=5)]
        teacher_NC = random.dirichlet(np.ones(4), size=5)
    else:
        truth_NC = (random.random((5, 4)) < 0.3).astype(np.float32)
        teacher_NC = random.random((5, 4))
    plain = LOSSES.build(loss, FitStatistics.of(truth_NC, task), settings={})
    soft_NC = soft_targets(truth_NC, teacher_NC, weight=weight, task=task)

    def value_and_slope(targets_NC, share):
        value_N = share * plain(logits_NC, torch.tensor(targets_NC, dtype=torch.float64))
        (slope_NC,) = torch.autograd.grad(value_N.sum(), logits_NC)
        return value_N.detach(), slope_NC

    mixed = value_and_slope(soft_NC, 1.0)
    taught, told = value_and_slope(teacher_NC, weight), value_and_slope(truth_NC, 1 - weight)
    for found, one, other in zip(mixed, taught, told, strict=True):
        torch.testing.assert_close(found, one + other, rtol=1e-5, atol=1e-5)
