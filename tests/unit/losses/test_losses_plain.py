"""The plain losses against torch's own and values by hand."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.losses import LOSSES, loss_at
from evenhand.types import FitStatistics, Task

LOGITS_BC = 3 * torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
MANY_BC = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [1, 1, 1], [0, 0, 1], [1, 0, 1]]).float()
ONE_BC = torch.eye(3)[[0, 1, 2, 0, 0, 1]]


def statistics(task, positives=(60.0, 30.0, 10.0)):
    return FitStatistics(task, 100, np.array(positives), np.full(len(positives), 100.0))


def build(name, task, **settings):
    return LOSSES.build(name, statistics(task), settings=settings)


def test_bce_by_hand():
    loss = build("bce", Task.MULTILABEL)
    value = loss(torch.tensor([[0.0, math.log(3)]]), torch.tensor([[1.0, 0.0]]))
    assert value.tolist() == pytest.approx([math.log(2) + math.log(4)])


def test_ce_by_hand():
    loss = build("ce", Task.MULTICLASS)
    value = loss(torch.tensor([[math.log(2), 0.0, 0.0]]), torch.tensor([[1.0, 0.0, 0.0]]))
    assert value.tolist() == pytest.approx([math.log(2)])


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_bce_smoothing_moves_targets_towards_one_half(smoothing):
    smooth_BC = MANY_BC * (1 - smoothing) + smoothing / 2
    expected_BC = functional.binary_cross_entropy_with_logits(
        LOGITS_BC, smooth_BC, reduction="none"
    )
    values_B = build("bce", Task.MULTILABEL, smoothing=smoothing)(LOGITS_BC, MANY_BC)
    torch.testing.assert_close(values_B, expected_BC.sum(dim=1))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_ce_smoothing_is_that_of_torch(smoothing):
    expected_B = functional.cross_entropy(
        LOGITS_BC, ONE_BC, label_smoothing=smoothing, reduction="none"
    )
    values_B = build("ce", Task.MULTICLASS, smoothing=smoothing)(LOGITS_BC, ONE_BC)
    torch.testing.assert_close(values_B, expected_B)


def test_bce_of_known_labels_is_that_of_those_columns_alone():
    targets_BC = MANY_BC.clone()
    targets_BC[:, 1] = torch.nan
    loss = build("bce", Task.MULTILABEL, smoothing=0.2)
    known = [0, 2]
    torch.testing.assert_close(
        loss(LOGITS_BC, targets_BC), loss(LOGITS_BC[:, known], MANY_BC[:, known])
    )


def test_ce_of_known_classes_is_that_of_those_columns_alone():
    targets_BC = ONE_BC[[0, 1, 0, 1, 0, 1]].clone()
    known_BC = targets_BC[:, :2].clone()
    targets_BC[:, 2] = torch.nan
    loss = build("ce", Task.MULTICLASS, smoothing=0.2)
    torch.testing.assert_close(loss(LOGITS_BC, targets_BC), loss(LOGITS_BC[:, :2], known_BC))


def test_ce_row_whose_class_is_unknown_costs_nothing():
    targets_BC = torch.tensor([[0.0, torch.nan, torch.nan]])
    assert build("ce", Task.MULTICLASS, smoothing=0.2)(LOGITS_BC[:1], targets_BC).item() == 0


@pytest.mark.parametrize(
    ("task", "plain", "targets_BC"),
    [(Task.MULTILABEL, "bce", MANY_BC), (Task.MULTICLASS, "ce", ONE_BC)],
)
def test_auto_is_the_plain_loss_of_the_task(task, plain, targets_BC):
    for settings in ({}, {"smoothing": 0.3}):
        auto_B = build("auto", task, **settings)(LOGITS_BC, targets_BC)
        assert torch.equal(auto_B, build(plain, task, **settings)(LOGITS_BC, targets_BC))


@pytest.mark.parametrize(
    ("name", "task", "instead"),
    [
        ("bce", Task.MULTICLASS, "ce"),
        ("ce", Task.MULTILABEL, "bce"),
        ("weighted-bce", Task.MULTICLASS, "weighted-ce"),
        ("weighted-ce", Task.MULTILABEL, "weighted-bce"),
    ],
)
def test_loss_for_the_other_task_is_refused_with_a_way_out(name, task, instead):
    with pytest.raises(ConfigError, match=f"fix: --set loss.name={instead}, or say") as caught:
        build(name, task)
    assert caught.value.code == "E105"


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_smoothing_out_of_range_is_refused(smoothing):
    with pytest.raises(ConfigError, match=r"loss\.smoothing") as caught:
        build("bce", Task.MULTILABEL, smoothing=smoothing)
    assert caught.value.code == "E102"


def test_unknown_loss_and_setting_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'focal'"):
        build("focl", Task.MULTILABEL)
    with pytest.raises(ConfigError, match="did you mean 'gamma'"):
        build("focal", Task.MULTILABEL, gama=2)


CHANGES = {
    "auto": {"smoothing": 0.1},
    "bce": {"smoothing": 0.1},
    "ce": {"smoothing": 0.1},
    "weighted-bce": {"weights": "sqrt", "smoothing": 0.1, "beta": 0.5, "cap": 2},
    "weighted-ce": {"weights": "sqrt", "smoothing": 0.1, "beta": 0.5, "cap": 2},
    "focal": {"gamma": 1, "alpha": "balanced", "cap": 2, "smoothing": 0.1},
    "asymmetric": {"gamma_positive": 1, "gamma_negative": 2, "clip": 0.2},
    "class-balanced": {"beta": 0.5, "gamma": 1, "cap": 1.1, "smoothing": 0.1},
    "distribution-balanced": {"alpha": 0.5, "beta": 1, "mu": 0.9, "kappa": 0.5, "scale": 5},
    "logit-adjusted": {"tau": 0.5, "smoothing": 0.1},
    "balanced-softmax": {"smoothing": 0.1},
    "ldam": {"margin": 2, "defer": 1, "beta": 0.5, "cap": 1.1},
    "zlpr": {"smoothing": 0.1},
    "soft-f1": {"share": 0.5},
}
NEEDED = {
    ("weighted-bce", "beta"): {"weights": "effective"},
    ("weighted-ce", "beta"): {"weights": "effective"},
    ("focal", "cap"): {"alpha": "balanced"},
}
ONE_LABEL_A_ROW = {"ce", "weighted-ce", "balanced-softmax"}
LATE = 0.9


@pytest.mark.parametrize(
    ("name", "setting"), [(name, key) for name, keys in CHANGES.items() for key in keys]
)
def test_every_setting_changes_the_value(name, setting):
    task = Task.MULTICLASS if name in ONE_LABEL_A_ROW else Task.MULTILABEL
    targets_BC = ONE_BC if task is Task.MULTICLASS else MANY_BC
    base = NEEDED.get((name, setting), {})
    changed = {**base, setting: CHANGES[name][setting]}
    before_B, after_B = (
        loss_at(build(name, task, **settings), LATE)(LOGITS_BC, targets_BC)
        for settings in (base, changed)
    )
    assert not torch.allclose(before_B, after_B, rtol=1e-3)


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_setting_is_among_the_proven(name):
    assert set(LOSSES.schema(name).model_fields) == set(CHANGES[name])
