"""Shifts undo what weighting did to the scores; deferred losses change when they say."""

import itertools
import math

import numpy as np
import pytest
import torch

from evenhand.losses import (
    BATCHWISE,
    CORRECTIONS,
    HARD_TARGETS,
    LOSSES,
    Deferred,
    Shifted,
    corrects,
    loss_at,
    shift_of,
)
from evenhand.losses.bce import bce_loss
from evenhand.losses.ce import ce_loss
from evenhand.losses.zlpr import zlpr_loss
from evenhand.training.objective import Objective
from evenhand.types import FitStatistics, Task

SHARES_C = np.array([0.3, 0.6, 0.1])
FIT = {
    task: FitStatistics(task, 100, np.array([60.0, 30.0, 10.0]), np.full(3, 100.0)) for task in Task
}
SHIFTED = [
    ("weighted-bce", Task.MULTILABEL, {"weights": "balanced"}),
    ("weighted-bce", Task.MULTILABEL, {"weights": "sqrt"}),
    ("weighted-ce", Task.MULTICLASS, {"weights": "balanced"}),
    ("focal", Task.MULTILABEL, {"gamma": 0, "alpha": 0.75}),
    ("focal", Task.MULTICLASS, {"gamma": 0, "alpha": "balanced"}),
    ("class-balanced", Task.MULTILABEL, {"beta": 0.99}),
    ("class-balanced", Task.MULTICLASS, {"beta": 0.99}),
    ("distribution-balanced", Task.MULTILABEL, {"beta": 0, "scale": 1, "kappa": 0.5}),
    ("logit-adjusted", Task.MULTILABEL, {"tau": 1}),
    ("logit-adjusted", Task.MULTICLASS, {"tau": 0.5}),
    ("balanced-softmax", Task.MULTICLASS, {}),
]


def best_scores(loss, rows_BC, weights_B):
    """Return the scores that minimise the expected loss of a model which sees no input."""
    scores_C = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([scores_C], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        search.zero_grad()
        value = (weights_B * loss(scores_C.expand_as(rows_BC), rows_BC)).sum()
        value.backward()
        return value

    search.step(closure)
    return scores_C.detach().numpy()


def outcomes(task):
    """Return every possible row and its probability, for labels with the shares SHARES_C."""
    if task is Task.MULTICLASS:
        return torch.eye(3, dtype=torch.float64), torch.from_numpy(SHARES_C)
    rows_BC = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    chances_B = np.where(rows_BC == 1, SHARES_C, 1 - SHARES_C).prod(axis=1)
    return torch.from_numpy(rows_BC), torch.from_numpy(chances_B)


@pytest.mark.parametrize(("name", "task", "settings"), SHIFTED)
def test_best_scores_less_the_shift_are_those_of_the_data(name, task, settings):
    loss = LOSSES.build(name, FIT[task], settings=settings)
    assert isinstance(loss, Shifted)
    undone_C = best_scores(loss, *outcomes(task)) - shift_of(loss, 3)
    if task is Task.MULTILABEL:
        assert undone_C == pytest.approx(np.log(SHARES_C / (1 - SHARES_C)), abs=1e-4)
    else:
        shares_C = np.exp(undone_C) / np.exp(undone_C).sum()
        assert shares_C == pytest.approx(SHARES_C, abs=1e-4)


def test_shifts_by_hand():
    def shift(name, task, **settings):
        return shift_of(LOSSES.build(name, FIT[task], settings=settings), 3).tolist()

    assert shift("weighted-bce", Task.MULTILABEL) == pytest.approx(
        [math.log(40 / 60), math.log(70 / 30), math.log(9)]
    )
    assert shift("weighted-ce", Task.MULTICLASS) == pytest.approx(
        [math.log(100 / 180), math.log(100 / 90), math.log(100 / 30)]
    )
    assert shift("focal", Task.MULTILABEL, alpha=0.75) == pytest.approx([math.log(3)] * 3)
    assert shift("focal", Task.MULTICLASS, alpha=(1, 2, 5)) == pytest.approx(
        [0, math.log(2), math.log(5)]
    )
    assert shift("logit-adjusted", Task.MULTICLASS, tau=2) == pytest.approx(
        [-2 * math.log(0.6), -2 * math.log(0.3), -2 * math.log(0.1)]
    )
    assert shift("logit-adjusted", Task.MULTILABEL) == pytest.approx(
        [-math.log(0.6 / 0.4), -math.log(0.3 / 0.7), -math.log(1 / 9)]
    )


@pytest.mark.parametrize("name", ["bce", "focal", "asymmetric", "distribution-balanced", "zlpr"])
def test_loss_without_known_shift_is_not_wrapped(name):
    loss = LOSSES.build(name, FIT[Task.MULTILABEL], settings={})
    assert not isinstance(loss, Shifted)
    assert shift_of(loss, 3).tolist() == [0, 0, 0]


def test_deferred_loss_changes_at_its_start():
    loss = Deferred(bce_loss, ce_loss, start=0.8)
    logits_BC, targets_BC = torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0, 0.0]])
    assert torch.equal(loss(logits_BC, targets_BC), bce_loss(logits_BC, targets_BC))
    assert [loss.at(share) for share in (0.0, 0.79, 0.8, 0.99)] == [bce_loss] * 2 + [ce_loss] * 2


def test_shifted_loss_may_be_deferred():
    loss = Shifted(Deferred(bce_loss, ce_loss, start=0.5), (1.0, 2.0))
    assert loss_at(loss, 0.4) == Shifted(bce_loss, (1.0, 2.0))
    assert loss_at(loss, 0.5) == Shifted(ce_loss, (1.0, 2.0))


def test_deferred_loss_has_the_shift_of_its_last_form():
    loss = Deferred(bce_loss, Shifted(ce_loss, (1.0, 2.0)), start=0.5)
    assert shift_of(loss, 2).tolist() == [1, 2]
    assert loss_at(loss, 0.5) == loss.after


@pytest.mark.parametrize("loss", [bce_loss, Shifted(zlpr_loss, (0.0,))])
def test_other_losses_stay_as_they_are(loss):
    assert loss_at(loss, 0.7) is loss


def test_objective_follows_its_loss():
    objective = Objective(Deferred(bce_loss, zlpr_loss, start=0.5), Task.MULTILABEL, 2)
    assert objective.at(0.2) == Objective(bce_loss, Task.MULTILABEL, 2)
    assert objective.at(0.6) == Objective(zlpr_loss, Task.MULTILABEL, 2)


@pytest.mark.parametrize(
    ("name", "settings", "phrase"),
    [
        ("bce", {}, None),
        ("auto", {"smoothing": 0.1}, None),
        ("zlpr", {}, None),
        ("weighted-bce", {}, "loss weighted-bce (weights)"),
        ("weighted-ce", {"weights": (1, 1, 1)}, None),
        ("focal", {"gamma": 0}, None),
        ("focal", {"gamma": 0, "alpha": "balanced"}, "loss focal (alpha)"),
        ("focal", {"alpha": 0.25}, "loss focal (gamma, alpha)"),
        ("asymmetric", {"clip": 0}, "loss asymmetric (gamma_negative)"),
        ("class-balanced", {"beta": 0}, None),
        ("distribution-balanced", {"beta": 0, "kappa": 0, "scale": 1}, None),
        ("logit-adjusted", {"tau": 0}, None),
        ("balanced-softmax", {}, "loss balanced-softmax"),
        ("ldam", {"defer": 1}, "loss ldam (margin)"),
        ("soft-f1", {}, "loss soft-f1 (share)"),
    ],
)
def test_what_a_loss_corrects(name, settings, phrase):
    assert corrects(name, settings) == phrase


def test_sets_name_registered_losses():
    assert set(LOSSES.names()) >= CORRECTIONS | HARD_TARGETS | BATCHWISE
