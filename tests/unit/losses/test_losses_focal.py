"""Focal loss: sure rows fade, and alpha balances classes rather than scaling them all."""

import math

import numpy as np
import pytest
import torch

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES
from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.losses.focal import sigmoid_focal_loss, softmax_focal_loss
from evenhand.types import FitStatistics, Task

LOGITS_BC = 3 * torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
MANY_BC = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1]]).float()
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 1]]


def build(task, positives=(50.0, 20.0, 10.0), **settings):
    counts_C = np.array(positives)
    fit = FitStatistics(task, 100, counts_C, np.full(len(counts_C), 100.0))
    return LOSSES.build("focal", fit, settings=settings)


def test_sigmoid_form_by_hand():
    logit = math.log(3)
    value = sigmoid_focal_loss(torch.tensor([[logit, logit]]), torch.tensor([[1.0, 0.0]]), gamma=2)
    expected = 0.25**2 * -math.log(0.75) + 0.75**2 * -math.log(0.25)
    assert value.item() == pytest.approx(expected)


def test_softmax_form_by_hand():
    logits_BC = torch.tensor([[math.log(2), 0.0, 0.0]])
    value = softmax_focal_loss(logits_BC, torch.tensor([[0.0, 1.0, 0.0]]), gamma=2)
    assert value.item() == pytest.approx(0.75**2 * -math.log(0.25))


@pytest.mark.parametrize(
    ("task", "plain", "targets_BC"),
    [(Task.MULTILABEL, bce_loss, MANY_BC), (Task.MULTICLASS, ce_loss, ONE_BC)],
)
def test_gamma_nought_is_the_plain_loss(task, plain, targets_BC):
    for soft in (0.0, 0.3):
        mixed_BC = (1 - soft) * targets_BC + soft / 3
        values_B = build(task, gamma=0)(LOGITS_BC, mixed_BC)
        torch.testing.assert_close(values_B, plain(LOGITS_BC, mixed_BC))


@pytest.mark.parametrize(
    ("task", "weighted", "targets_BC"),
    [(Task.MULTILABEL, "weighted-bce", MANY_BC), (Task.MULTICLASS, "weighted-ce", ONE_BC)],
)
def test_smoothing_is_that_of_the_weighted_loss(task, weighted, targets_BC):
    fit = FitStatistics(task, 100, np.array([50.0, 20.0, 10.0]), np.full(3, 100.0))
    expected_B = LOSSES.build(weighted, fit, settings={"weights": (3, 3, 3), "smoothing": 0.2})
    alpha = 0.75 if task is Task.MULTILABEL else (3, 3, 3)
    scale = 4 if task is Task.MULTILABEL else 1
    values_B = build(task, gamma=0, alpha=alpha, smoothing=0.2)(LOGITS_BC, targets_BC)
    torch.testing.assert_close(scale * values_B, expected_B(LOGITS_BC, targets_BC))


def test_smoothed_focal_by_hand():
    logit = math.log(3)
    loss = build(Task.MULTILABEL, (50.0,), gamma=2, smoothing=0.2)
    expected = 0.9 * 0.25**2 * -math.log(0.75) + 0.1 * 0.75**2 * -math.log(0.25)
    assert loss(torch.tensor([[logit]]), torch.ones(1, 1)).item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("task", "targets_BC"), [(Task.MULTILABEL, MANY_BC), (Task.MULTICLASS, ONE_BC)]
)
def test_more_focus_costs_less_and_fades_sure_rows_most(task, targets_BC):
    sure_BC, unsure_BC = 4 * (2 * targets_BC - 1), 0.5 * (2 * targets_BC - 1)
    weak, strong = build(task, gamma=1), build(task, gamma=3)
    sure_B = strong(sure_BC, targets_BC) / weak(sure_BC, targets_BC)
    unsure_B = strong(unsure_BC, targets_BC) / weak(unsure_BC, targets_BC)
    assert (sure_B < unsure_B).all()
    assert (unsure_B < 1).all()


def test_number_as_alpha_weighs_positives_against_negatives():
    loss = build(Task.MULTILABEL, gamma=0, alpha=0.75)
    zeros_BC = torch.zeros(1, 3)
    absent = loss(zeros_BC, torch.zeros(1, 3)).item()
    present = loss(zeros_BC, torch.ones(1, 3)).item()
    assert (absent, present) == pytest.approx((3 * 0.25 * math.log(2), 3 * 0.75 * math.log(2)))


def test_balanced_alpha_is_the_share_of_negatives():
    loss = build(Task.MULTILABEL, gamma=0, alpha="balanced")
    zeros_BC = torch.zeros(3, 3)
    assert loss(zeros_BC, torch.eye(3)).tolist() == pytest.approx(
        [
            (a + b + c) * math.log(2)
            for a, b, c in ((0.5, 0.2, 0.1), (0.5, 0.8, 0.1), (0.5, 0.2, 0.9))
        ]
    )


def test_balanced_alpha_of_a_label_without_positives_is_capped():
    loss = build(Task.MULTILABEL, (0.0, 50.0), gamma=0, alpha="balanced", cap=9)
    value = loss(torch.zeros(1, 2), torch.tensor([[0.0, torch.nan]])).item()
    assert value == pytest.approx(0.1 * math.log(2))


def test_balanced_alpha_of_classes_is_inverse_to_their_counts():
    loss = build(Task.MULTICLASS, (70.0, 20.0, 10.0), gamma=0, alpha="balanced")
    values_B = loss(torch.zeros(3, 3), torch.eye(3)) / math.log(3)
    assert values_B.tolist() == pytest.approx([100 / 210, 100 / 60, 100 / 30])


def test_one_alpha_for_all_classes_is_refused_because_it_balances_nothing():
    with pytest.raises(ConfigError, match="balances nothing") as caught:
        build(Task.MULTICLASS, alpha=0.25)
    assert caught.value.code == "E105"


def test_own_alpha_a_class():
    loss = build(Task.MULTICLASS, gamma=0, alpha=(1, 2, 5))
    values_B = loss(torch.zeros(3, 3), torch.eye(3)) / math.log(3)
    assert values_B.tolist() == pytest.approx([1, 2, 5])


@pytest.mark.parametrize(
    ("alpha", "message"), [((0.5, 0.5), "2 numbers for 3"), ((0.5, 0.5, 1.5), "share between")]
)
def test_own_alpha_that_cannot_be_is_refused(alpha, message):
    with pytest.raises(ConfigError, match=message) as caught:
        build(Task.MULTILABEL, alpha=alpha)
    assert caught.value.code == "E102"


@pytest.mark.parametrize(
    "settings", [{"gamma": -1}, {"gamma": 6}, {"alpha": 1.0}, {"alpha": "most"}]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match="out of range") as caught:
        build(Task.MULTILABEL, **settings)
    assert caught.value.code == "E102"


def test_fractional_gamma_has_a_finite_gradient_where_the_model_is_certain():
    logits_BC = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    softmax_focal_loss(logits_BC, torch.tensor([[1.0, 0.0, 0.0]]), gamma=0.5).sum().backward()
    assert logits_BC.grad.tolist() == [[0.0, 0.0, 0.0]]
