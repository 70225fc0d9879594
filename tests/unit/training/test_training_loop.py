"""The loop: exact, and it says at once when something is no number."""

import math
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.errors import StoppedBySignal, TrainingError
from evenhand.losses import LOSSES, Deferred
from evenhand.models.tokens import TokenTable
from evenhand.training.checkpoint import Progress, load, newest
from evenhand.training.loop import Loop
from evenhand.training.objective import Objective
from evenhand.training.optim import adamw
from evenhand.training.passes import Pass, Passes
from evenhand.training.plan import Plan, enough_epochs
from evenhand.training.step import Stepper
from evenhand.types import FitStatistics, Task

ROWS, CLASSES, WORDS = 40, 3, 20
RANDOM = np.random.default_rng(0)
LENGTHS = RANDOM.integers(2, 9, ROWS)
IDS = RANDOM.integers(1, WORDS, LENGTHS.sum()).astype(np.int32)
TRUTH = (RANDOM.random((ROWS, CLASSES)) < 0.4).astype(np.float32)


class Bag(nn.Module):
    """Mean of word vectors, then one layer."""

    def __init__(self, dropout=0.0):
        super().__init__()
        torch.manual_seed(1)
        self.words = nn.Embedding(WORDS, 6)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(6, CLASSES)

    def forward(self, ids_BT, mask_BT):
        mask_BT1 = mask_BT[..., None]
        mean_BD = (self.words(ids_BT) * mask_BT1).sum(1) / mask_BT1.sum(1)
        return self.output(self.dropout(mean_BD))


class Recorder:
    """Keeps what hooks are told."""

    def __init__(self):
        self.steps, self.epochs, self.rows, self.ends = [], [], [], []

    def on_start(self, *, steps, done):
        self.planned = steps

    def on_step(self, record, rows):
        self.steps.append(record)
        self.rows.append(rows)

    def on_epoch(self, record):
        self.epochs.append(record)

    def on_end(self, reason):
        self.ends.append(reason)


def values(*numbers):
    """Return a score that gives these values pass after pass."""
    left = iter(numbers)
    return lambda model, listen: {"value": next(left), "tune_loss": 0.0, "macro_f1_half": 0.0}


TABLE = TokenTable(IDS, np.concatenate([[0], np.cumsum(LENGTHS)]), 0, 0)
ALL = Pass(TABLE, np.arange(ROWS), np.arange(ROWS))
PLAN = {
    "epochs": 1, "batch_size": 8, "accumulate": 1, "patience": 0, "checkpoint_every": 1000,
    "keep": 1, "lr": 0.01, "seed": 0, "metric": "f",
}  # fmt: skip


def make(folder, *, score=None, model=None, stepping=None, **changes):
    plan = Plan(**PLAN | changes)
    model = model or Bag()
    fit = FitStatistics.of(TRUTH, Task.MULTILABEL)
    return Loop(
        stepper=Stepper(
            model=model,
            optimizer=adamw(model, lr=plan.lr, weight_decay=0.0),
            targets_NC=TRUTH,
            dtype=torch.float32,
            clip=1e9,
            seed=plan.seed,
            **stepping or {},
        ),
        objective=Objective(LOSSES.build("bce", fit, settings={}), Task.MULTILABEL, CLASSES),
        schedule=lambda step, values: 1 / (step + 1),
        plan=plan,
        passes=Passes(TABLE, lambda share: np.ones(ROWS), plan.seed),
        score=score or values(*range(1, 99)),
        folder=folder,
        hooks=(Recorder(),),
    )


def one_step(loop, group):
    """Make one step over ``group`` and return what it measured."""
    return loop.stepper.step(0, ALL, group, objective=loop.objective, share=1.0)


def weights(loop):
    return torch.cat([p.detach().flatten() for p in loop.model.parameters()])


def test_two_batches_of_8_have_the_gradients_of_one_of_16(tmp_path):
    loops = [make(tmp_path / "a"), make(tmp_path / "b")]
    group = [np.arange(8), np.arange(8, 16)]
    first, second = one_step(loops[0], group), one_step(loops[1], [np.arange(16)])
    for one, other in zip(*(loop.model.parameters() for loop in loops), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-5, atol=1e-8)
    assert first.loss == pytest.approx(second.loss, rel=1e-6)
    assert first.norm == pytest.approx(second.norm, rel=1e-5)


def test_unequal_batches_count_by_their_rows(tmp_path):
    loops = [make(tmp_path / "a"), make(tmp_path / "b")]
    one_step(loops[0], [np.arange(3), np.arange(3, 16)])
    one_step(loops[1], [np.arange(16)])
    for one, other in zip(*(loop.model.parameters() for loop in loops), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-5, atol=1e-8)


def test_the_last_partial_group_is_a_step_as_well(tmp_path):
    loop = make(tmp_path, accumulate=3)
    progress = loop.run(Progress())
    assert loop.hooks[0].rows == [24, 16]
    assert progress.step == loop.hooks[0].planned == loop.steps() == 2


def test_what_only_training_needs_is_let_go_at_its_end(tmp_path):
    loop = make(tmp_path)
    loop.run(Progress())
    assert all(p.grad is None for p in loop.model.parameters())
    assert not loop.stepper.optimizer.state


@pytest.mark.parametrize(
    ("rows", "batch", "accumulate", "steps"),
    [(40, 8, 1, 5), (41, 8, 1, 6), (41, 8, 4, 2), (1, 8, 4, 1), (64, 8, 8, 1)],
)
def test_steps_of_a_pass(rows, batch, accumulate, steps):
    plan = Plan(**PLAN | {"batch_size": batch, "accumulate": accumulate})
    assert plan.pass_steps(rows) == steps


@pytest.mark.parametrize(("steps", "epochs"), [(1000, 3), (200, 3), (199, 4), (30, 20), (1, 40)])
def test_passes_when_nobody_said(steps, epochs):
    assert enough_epochs(steps) == epochs


def test_recorded_learning_rates_are_those_of_the_schedule(tmp_path):
    loop = make(tmp_path, epochs=2)
    loop.run(Progress())
    assert [r["lr"] for r in loop.hooks[0].steps] == [0.01 * (1 / (s + 1)) for s in range(10)]
    assert [r["step"] for r in loop.hooks[0].steps] == list(range(1, 11))
    assert {g["lr"] for g in loop.stepper.optimizer.param_groups} == {0.01 / 10}


def test_training_stops_after_patience_passes_without_gain(tmp_path):
    loop = make(tmp_path, epochs=9, patience=2, score=values(0.5, 0.7, 0.7, 0.6, 0.9))
    progress = loop.run(Progress())
    assert (progress.epoch, progress.best, progress.best_epoch) == (4, 0.7, 2)
    assert [r["best"] for r in loop.hooks[0].epochs] == [True, True, False, False]
    assert loop.hooks[0].ends == [
        "stopped after 4 passes: 2 without gain; pass 2 was best, f 0.7000"
    ]


def test_patience_0_never_stops(tmp_path):
    loop = make(tmp_path, epochs=5, score=values(0.9, 0.1, 0.1, 0.1, 0.1))
    assert loop.run(Progress()).epoch == 5


def test_the_best_weights_are_restored_not_the_last(tmp_path):
    after = []

    def score(model, listen):
        after.append(torch.cat([p.detach().flatten().clone() for p in model.parameters()]))
        return {"value": [0.1, 0.9, 0.2][len(after) - 1], "tune_loss": 0.0, "macro_f1_half": 0.0}

    loop = make(tmp_path, epochs=3, score=score)
    loop.run(Progress())
    assert torch.equal(weights(loop), after[1])
    assert not torch.equal(after[1], after[2])


def test_the_loss_of_a_pass_is_the_mean_over_its_rows(tmp_path):
    loop = make(tmp_path, batch_size=16)
    loop.run(Progress())
    seen = loop.hooks[0]
    mean = sum(r["loss"] * n for r, n in zip(seen.steps, seen.rows, strict=True)) / ROWS
    assert seen.epochs[0]["fit_loss"] == pytest.approx(mean)
    assert sum(seen.rows) == ROWS


def test_a_loss_that_is_no_number_stops_on_that_step_and_reaches_nothing(tmp_path):
    loop = make(tmp_path, epochs=2, checkpoint_every=2, keep=9)
    hook, kept = loop.hooks[0], {}

    def poison(record, rows):
        hook.steps.append(record)
        if record["step"] == 7:
            kept["weights"] = weights(loop).clone()
            loop.stepper.targets_NC = np.full_like(TRUTH, np.inf)

    hook.on_step = poison
    with pytest.raises(TrainingError, match=r"\[E301\] .* not finite at step 8"):
        loop.run(Progress())
    assert len(hook.steps) == 7
    assert all(math.isfinite(r["loss"]) for r in hook.steps)
    assert torch.equal(weights(loop), kept["weights"])
    path, faults = newest(tmp_path)
    assert (path.name, faults) == ("step-000006", [])


def test_a_gradient_that_is_no_number_stops_too(tmp_path):
    loop = make(tmp_path)
    loop.model.words.weight.register_hook(lambda g: g * math.nan)
    before = weights(loop).clone()
    with pytest.raises(TrainingError, match=r"\[E301\](.|\n)*words.weight"):
        loop.run(Progress())
    assert torch.equal(weights(loop), before)


def test_a_metric_that_is_no_number_stops(tmp_path):
    with pytest.raises(TrainingError, match=r"\[E304\](.|\n)*f = nan after pass 1"):
        make(tmp_path, score=values(math.nan)).run(Progress())


def test_dropout_is_a_function_of_seed_and_step(tmp_path):
    runs = []
    for name, noise in (("a", 1), ("b", 2)):
        loop = make(tmp_path / name, model=Bag(dropout=0.5), epochs=2)
        torch.manual_seed(noise)
        loop.run(Progress())
        runs.append(weights(loop))
    assert torch.equal(*runs)
    other = make(tmp_path / "c", model=Bag(dropout=0.5), epochs=2, seed=1)
    other.run(Progress())
    assert not torch.equal(runs[0], weights(other))


def test_the_callers_random_state_is_left_alone(tmp_path):
    torch.manual_seed(4)
    before = torch.random.get_rng_state()
    loop = make(tmp_path, model=Bag(dropout=0.5))
    torch.random.set_rng_state(before)
    loop.run(Progress())
    assert torch.equal(torch.random.get_rng_state(), before)


class Interrupting(Recorder):
    """Sends a signal to this process after a step."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_step(self, record, rows):
        super().on_step(record, rows)
        if record["step"] == self.after:
            signal.raise_signal(signal.SIGTERM)


def test_a_signal_on_the_last_allowed_step_leaves_a_run_that_resumes_to_the_same(tmp_path):
    whole = make(tmp_path / "whole", epochs=3, max_steps=3)
    whole.run(Progress())
    asked = make(tmp_path / "asked", epochs=3, max_steps=3)
    asked.hooks = (Interrupting(3),)
    with pytest.raises(StoppedBySignal, match=r"\[E305\] .*(\n.*)*signal 15 after step 3"):
        asked.run(Progress())
    again = make(tmp_path / "asked", epochs=3, max_steps=3)
    path, _ = newest(tmp_path / "asked")
    progress = load(path, again.model, again.stepper.optimizer)
    assert (progress.step, progress.best_epoch) == (3, 0)
    assert again.run(progress).best_epoch == 1
    assert torch.equal(weights(again), weights(whole))
    assert again.facts["stopped"] == "steps"
    assert again.facts == whole.facts


def test_a_signal_while_tune_rows_are_scored_does_not_wait_for_the_end(tmp_path):
    def score(model, listen):
        signal.raise_signal(signal.SIGTERM)
        listen(1)
        raise AssertionError("scored to the end")

    loop = make(tmp_path, score=score)
    with pytest.raises(StoppedBySignal, match=r"\[E305\]"):
        loop.run(Progress())
    assert newest(tmp_path)[0].name == "step-000005"


def test_hooks_are_told_when_a_run_breaks_off(tmp_path):
    loop = make(tmp_path, score=values(math.nan))
    with pytest.raises(TrainingError, match="E304"):
        loop.run(Progress())
    assert loop.hooks[0].ends == ["broken off"]


def test_a_loss_that_changes_over_the_run_does_so_at_its_step(tmp_path):
    """From the half on the deferred loss is ten times the plain one: steps 3 and 4 of 5."""
    loop = make(tmp_path, lr=1e-12)
    plain = loop.objective.loss
    later = Deferred(plain, lambda x, y: 10 * plain(x, y), 0.5)
    loop.objective = replace(loop.objective, loss=later)
    loop.run(Progress())
    usual = make(tmp_path / "plain", lr=1e-12)
    usual.run(Progress())
    pairs = zip(loop.hooks[0].steps, usual.hooks[0].steps, strict=True)
    ratios = [one["loss"] / other["loss"] for one, other in pairs]
    assert ratios == pytest.approx([1, 1, 1, 10, 10], rel=1e-3)


def test_the_portions_of_a_batch_are_remembered(tmp_path):
    loop = make(tmp_path, stepping={"pieces": 1})
    progress = loop.run(Progress(pieces=4))
    assert (loop.stepper.pieces, progress.pieces) == (4, 4)
    assert '"pieces": 4' in (newest(tmp_path)[0] / "state.json").read_text("utf-8")
