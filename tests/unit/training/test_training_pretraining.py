"""Signs of collapse, told from figures worked by hand, and a step that learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from evenhand.errors import TrainingError
from evenhand.models.series import NETWORKS
from evenhand.models.series.pretrainer import Pretrainer
from evenhand.models.series.views import Hiding, view_table
from evenhand.training.objective import Objective
from evenhand.training.optim import adamw
from evenhand.training.passes import Pass
from evenhand.training.pretraining import (
    Health,
    PretrainStepper,
    effective_rank,
    health,
    scorer,
    spread_of,
)
from evenhand.types import Task
from tiny_series import STREAMS, table_of

SOUND = Health(
    loss=1.0, rebuilt=0.8, known_again=0.5, chance=0.1, spread=0.5, rank=9.0, windows=100
)
ROWS = np.arange(0, 20, 2)


def made():
    torch.manual_seed(0)
    encoder = NETWORKS.build("cnn", STREAMS, settings={"channels": 8, "dropout": 0})
    return Pretrainer(encoder, STREAMS, contrast=0.5, temperature=0.2)


def views(rows=ROWS, epoch=0):
    return view_table(table_of(), (), Hiding(0.3, 2), seed=0, epoch=epoch, rows_E=rows)


def test_spread_by_hand():
    assert spread_of(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 1.0
    assert spread_of(np.full((5, 3), 2.0)) == 0.0
    assert spread_of(np.zeros((5, 3))) == 0.0
    # Around (3, 0), one away from it: root of 2 over root of 9 + 9 + 1 + 1.
    assert spread_of(np.array([[3.0, 1.0], [3.0, -1.0]])) == pytest.approx((2 / 20) ** 0.5)


def test_effective_rank_by_hand():
    assert effective_rank(np.full((5, 3), 2.0)) == 1.0
    assert effective_rank(np.outer([1.0, 2.0, 4.0], [1.0, 1.0])) == pytest.approx(1.0)
    square = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert effective_rank(square) == pytest.approx(2.0)
    # Singular values 6 and 2, shares 3/4 and 1/4.
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert effective_rank(square * [3, 1]) == pytest.approx(expected)


def test_a_sound_encoder_has_no_faults():
    assert SOUND.faults() == []
    SOUND.refuse_collapse()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"spread": 0.009}, "spread is 0.009 of their length"),
        ({"rank": 1.9}, r"effective rank is 1\.90"),
        # Three standard errors of 100 draws at a tenth are 0.09.
        ({"known_again": 0.19}, r"19\.0% of 100 windows are known again, 10\.0% by chance"),
        ({"known_again": 1.0, "chance": 1.0}, r"100\.0% by chance"),
    ],
)
def test_each_sign_of_collapse_is_refused_in_words(changed, said):
    with pytest.raises(TrainingError, match=rf"\[E307\] pre-training has collapsed(.|\n)*{said}"):
        replace(SOUND, **changed).refuse_collapse()


@pytest.mark.parametrize("changed", [{"spread": 0.011}, {"rank": 2.1}, {"known_again": 0.2}])
def test_just_on_this_side_it_is_sound(changed):
    assert replace(SOUND, **changed).faults() == []


def test_an_encoder_that_always_gives_one_vector_is_found_out():
    model = made()
    for name, parameter in model.encoder.named_parameters():
        if name.endswith("weight"):
            torch.nn.init.zeros_(parameter)
    found = health(model, views(), batch_size=5)
    assert found.known_again <= found.chance + 0.3
    assert len(found.faults()) == 3


def test_figures_are_means_over_all_windows_in_evaluation_mode():
    model = made()
    one = health(model.eval(), views(), batch_size=5)
    assert health(model.train(), views(), batch_size=5) == one
    assert model.training
    assert one.windows == 10
    assert one.chance == pytest.approx(0.2)
    whole = health(model, views(), batch_size=10)
    assert whole.rebuilt == pytest.approx(one.rebuilt, rel=1e-5)
    assert whole.chance == pytest.approx(0.1)


def test_the_score_is_the_loss_on_fixed_views_and_listeners_hear_of_it():
    model, heard = made().eval(), []
    found = scorer(views(), batch_size=4, dtype=torch.float32)(model, heard.append)
    assert heard == [4, 8, 10]
    assert found["value"] == -found["loss"]
    assert found == scorer(views(), batch_size=4, dtype=torch.float32)(model, heard.append)


def stepper(model):
    return PretrainStepper(
        model=model,
        optimizer=adamw(model, lr=0.01, weight_decay=0.0),
        targets_NC=np.empty((0, 1), np.float32),
        dtype=torch.float32,
        clip=1e9,
        seed=0,
    )


def step(steps, number=0, epoch=0):
    objective = Objective(lambda logits_BC, _: logits_BC, Task.MULTICLASS, 1)
    examples = Pass(views(epoch=epoch), np.arange(len(ROWS)), ROWS)
    return steps.step(
        number, examples, [np.arange(5), np.arange(5, 10)], objective=objective, share=1.0
    )


def test_a_step_reports_the_mean_loss_of_its_batches_and_moves_the_encoder():
    model = made()
    before = [p.detach().clone() for p in model.parameters()]
    expected = health(model.eval(), views(), batch_size=5).loss
    model.train()
    assert step(stepper(model)).loss == pytest.approx(expected, rel=1e-5)
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_it_learns_to_tell_windows_apart_and_to_rebuild_them():
    model = made()
    first, steps = health(model, views(), batch_size=10), stepper(model)
    for number in range(60):
        step(steps, number, epoch=number)
    last = health(model, views(), batch_size=10)
    assert last.loss < first.loss - 0.5
    assert last.known_again >= 0.7
