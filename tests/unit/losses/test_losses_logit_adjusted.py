"""Logit adjustment and balanced softmax: the shares of the classes are taken out."""

import math

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.losses.ce import ce_loss
from evenhand.types import FitStatistics, Task

LOGITS_BC = 3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 0, 1]]


def build(name, task, positives=(60.0, 30.0, 10.0), **settings):
    counts_C = np.array(positives)
    fit = FitStatistics(task, 100, counts_C, np.full(len(counts_C), 100.0))
    return LOSSES.build(name, fit, settings=settings)


def test_equal_scores_predict_the_shares():
    values_B = build("logit-adjusted", Task.MULTICLASS)(torch.zeros(3, 3), torch.eye(3))
    assert values_B.exp().tolist() == pytest.approx([1 / 0.6, 1 / 0.3, 1 / 0.1])


def test_half_the_prior_by_hand():
    loss = build("logit-adjusted", Task.MULTICLASS, (64.0, 36.0), tau=0.5)
    values_B = loss(torch.zeros(2, 2), torch.eye(2))
    assert values_B.exp().tolist() == pytest.approx([1.4 / 0.8, 1.4 / 0.6])


def test_each_label_is_a_problem_of_two_classes():
    loss = build("logit-adjusted", Task.MULTILABEL, (20.0,))
    values_B = loss(torch.zeros(2, 1), torch.tensor([[1.0], [0.0]]))
    assert values_B.exp().tolist() == pytest.approx([5, 1.25])


def test_balanced_softmax_by_its_own_formula():
    counts_C = torch.tensor([60.0, 30.0, 10.0])
    weighed_BC = counts_C * LOGITS_BC.exp()
    expected_B = -((ONE_BC * weighed_BC).sum(dim=1) / weighed_BC.sum(dim=1)).log()
    values_B = build("balanced-softmax", Task.MULTICLASS)(LOGITS_BC, ONE_BC)
    torch.testing.assert_close(values_B, expected_B)


def test_smoothing_is_that_of_the_plain_loss():
    raised_BC = LOGITS_BC + torch.tensor([0.6, 0.3, 0.1]).log()
    values_B = build("logit-adjusted", Task.MULTICLASS, smoothing=0.2)(LOGITS_BC, ONE_BC)
    torch.testing.assert_close(values_B, ce_loss(raised_BC, ONE_BC, smoothing=0.2))


def test_class_without_rows_counts_as_half_a_row():
    loss = build("logit-adjusted", Task.MULTICLASS, (100.0, 0.0))
    value = loss(torch.zeros(1, 2), torch.eye(2)[1:])
    assert value.item() == pytest.approx(math.log(100.5 / 0.5))


def test_balanced_softmax_of_many_labels_is_refused():
    with pytest.raises(ConfigError, match=r"fix: --set loss\.name=logit-adjusted") as caught:
        build("balanced-softmax", Task.MULTILABEL)
    assert caught.value.code == "E105"
