"""A step is the same step however its rows are portioned, and says what it cannot do."""

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.errors import TrainingError
from evenhand.losses import LOSSES
from evenhand.models.tokens import TokenTable
from evenhand.training.ema import Average
from evenhand.training.objective import Objective
from evenhand.training.optim import adamw
from evenhand.training.passes import Pass
from evenhand.training.step import Present, Stepper, out_of_memory
from evenhand.types import FitStatistics, Task

ROWS, CLASSES = 12, 3
RANDOM = np.random.default_rng(3)
TABLE = TokenTable(
    RANDOM.integers(1, 9, ROWS * 4).astype(np.int32), np.arange(0, ROWS * 4 + 1, 4), 0, 0
)
TRUTH = (RANDOM.random((ROWS, CLASSES)) < 0.4).astype(np.float32)
ALL = Pass(TABLE, np.arange(ROWS), np.arange(ROWS))
OBJECTIVE = Objective(
    LOSSES.build("bce", FitStatistics.of(TRUTH, Task.MULTILABEL), settings={}),
    Task.MULTILABEL,
    CLASSES,
)


class Bag(nn.Module):
    """Mean of word vectors, then one layer; memory for ``most`` rows at a time."""

    def __init__(self, *, dropout=0.0, most=99, error=None):
        super().__init__()
        torch.manual_seed(1)
        self.words = nn.Embedding(9, 6)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(6, CLASSES)
        self.most, self.seen = most, []
        self.error = error or torch.OutOfMemoryError("no memory")

    def forward(self, ids_BT, mask_BT, mix=None):
        if len(ids_BT) > self.most:
            raise self.error
        self.seen.append(len(ids_BT))
        vectors_BD = self.dropout(self.words(ids_BT).mean(1))
        return self.output(vectors_BD if mix is None else mix(vectors_BD))


def make(model, **settings):
    return Stepper(
        model=model,
        optimizer=adamw(model, lr=0.01, weight_decay=0.0),
        targets_NC=TRUTH,
        dtype=torch.float32,
        clip=1e9,
        seed=0,
        **settings,
    )


def step(stepper, *, number=0):
    return stepper.step(number, ALL, [np.arange(ROWS)], objective=OBJECTIVE, share=1.0)


def weights(model):
    return torch.cat([p.detach().flatten().clone() for p in model.parameters()])


def test_memory_that_runs_out_halves_the_batch_and_leaves_the_step_what_it_was():
    whole, short = make(Bag()), make(Bag(most=4))
    assert step(whole).loss == pytest.approx(step(short).loss, rel=1e-6)
    torch.testing.assert_close(weights(whole.model), weights(short.model), rtol=1e-5, atol=1e-7)
    assert (short.pieces, short.model.seen) == (4, [3, 3, 3, 3])


def test_later_steps_keep_to_the_portion_that_fits():
    stepper = make(Bag(most=6))
    step(stepper)
    stepper.model.seen.clear()
    step(stepper, number=1)
    assert stepper.model.seen == [6, 6]


def test_a_row_that_never_fits_is_said_in_three_lines():
    with pytest.raises(TrainingError, match=r"\[E306\] a single row does not fit"):
        step(make(Bag(most=0)))


def test_other_errors_of_the_model_are_not_taken_for_memory():
    stepper = make(Bag(most=4, error=RuntimeError("shapes do not match")))
    with pytest.raises(RuntimeError, match="shapes do not match"):
        step(stepper)
    assert stepper.pieces == 1


@pytest.mark.parametrize(
    ("error", "memory"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_which_errors_mean_memory(error, memory):
    assert out_of_memory(error) is memory


def test_r_drop_without_dropout_is_the_plain_step():
    plain, twice = make(Bag()), make(Bag(), r_drop=1.0)
    assert step(plain).loss == pytest.approx(step(twice).loss, rel=1e-6)
    torch.testing.assert_close(weights(plain.model), weights(twice.model), rtol=1e-5, atol=1e-7)
    assert twice.model.seen == [2 * ROWS]


def test_r_drop_adds_the_gap_between_the_two_passes():
    losses = [step(make(Bag(dropout=0.5), r_drop=weight)).loss for weight in (1e-9, 1.0, 2.0)]
    assert losses[0] < losses[1] < losses[2]
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-4)


def test_a_mixer_changes_vectors_and_targets_together():
    def turn(vectors_BD, targets_BC, generator):
        return vectors_BD.flip(0), targets_BC.flip(0)

    plain, mixed = make(Bag()), make(Bag(), mixer=turn)
    assert step(plain).loss == pytest.approx(step(mixed).loss, rel=1e-6)

    def apart(vectors_BD, targets_BC, generator):
        return vectors_BD, 1 - targets_BC

    assert step(make(Bag(), mixer=apart)).loss != pytest.approx(step(plain).loss, rel=1e-3)


def test_a_mixer_draws_the_same_numbers_in_a_repeated_step_and_others_in_the_next():
    drawn = []

    def note(vectors_BD, targets_BC, generator):
        drawn.append(torch.rand(3, generator=generator))
        return vectors_BD, targets_BC

    for number in (0, 0, 1):
        step(make(Bag(), mixer=note), number=number)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_the_average_follows_each_step():
    model = Bag()
    average = Average(model, decay=0.5)
    stepper = make(model, average=average)
    before = weights(model)
    step(stepper)
    after = weights(model)
    with average.applied():
        # The first update keeps min(0.5, 1/10) of the old average.
        torch.testing.assert_close(weights(model), 0.1 * before + 0.9 * after)
    assert torch.equal(weights(model), after)


class Twofold(Bag):
    """A bag with a second head of two labels over the same vectors."""

    def __init__(self):
        super().__init__()
        self.second = nn.Linear(6, 2)

    def forward_both(self, ids_BT, mask_BT):
        vectors_BD = self.words(ids_BT).mean(1)
        return self.output(vectors_BD), self.second(vectors_BD)


PRESENT = np.arange(ROWS) % 3 - 1


def test_the_present_label_costs_its_weighted_cross_entropy_and_nothing_where_unknown():
    present = Present(PRESENT, weight=0.5)
    logits_BA = torch.tensor([[0.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    found = present.values(logits_BA, np.array([1, 2, 0]))
    expected = [0.5 * np.log(2), 0.5 * np.log1p(np.exp(-2.0)), 0.0]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_a_step_adds_the_present_label_and_says_its_share():
    plain = step(make(Twofold()))
    both = step(make(Twofold(), present=Present(PRESENT, weight=0.5)))
    assert plain.auxiliary == 0.0
    added = both.loss - plain.loss
    assert added > 0.1
    assert both.auxiliary == pytest.approx(added / both.loss, rel=1e-5)


def test_the_head_of_the_present_learns_only_from_known_labels():
    def second(labels_N):
        model = Twofold()
        before = model.second.weight.detach().clone()
        step(make(model, present=Present(labels_N, weight=0.5)))
        return (model.second.weight - before).abs().max().item()

    assert second(PRESENT) > 0
    assert second(np.full(ROWS, -1)) == 0.0


def test_the_present_label_does_not_depend_on_how_rows_are_portioned():
    whole = make(Twofold(), present=Present(PRESENT, weight=0.5))
    cut = make(Twofold(), present=Present(PRESENT, weight=0.5), pieces=4)
    one, other = step(whole), step(cut)
    assert one.loss == pytest.approx(other.loss, rel=1e-6)
    assert one.auxiliary == pytest.approx(other.auxiliary, rel=1e-5)
    torch.testing.assert_close(weights(whole.model), weights(cut.model), rtol=1e-5, atol=1e-7)
