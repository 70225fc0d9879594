"""Mixing of the vectors of a batch: what moves, how far, and what stays."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import ConfigError
from evenhand.models.mixers import between, rare_fellows
from evenhand.models.mixing import MIXERS, needs_soft_targets

NAN = torch.nan
DTYPES = (torch.float32, torch.bfloat16, torch.float64)


def mixed(name, vectors_BD, targets_BC, seed=0, **settings):
    mixer = MIXERS.build(name, settings=settings)
    return mixer(vectors_BD, targets_BC, torch.Generator().manual_seed(seed))


def batch(rows=32, width=5, classes=4):
    random = np.random.default_rng(2)
    vectors_BD = torch.tensor(random.normal(size=(rows, width)), dtype=torch.float32)
    targets_BC = torch.tensor(random.random((rows, classes)) < 0.2, dtype=torch.float32)
    return vectors_BD, targets_BC


def test_mixing_is_listed_without_torch():
    code = (
        "import sys; from evenhand.models.mixing import MIXERS; print(*MIXERS.names());"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["none", "mixup", "smote"]


def test_none_returns_what_was_given():
    vectors_BD, targets_BC = batch()
    got = mixed("none", vectors_BD, targets_BC)
    assert got[0] is vectors_BD
    assert got[1] is targets_BC


@pytest.mark.parametrize("name", MIXERS.names())
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_and_types_stay_and_nothing_is_written_to(name, dtype):
    vectors_BD, targets_BC = batch()
    vectors_BD = vectors_BD.to(dtype)
    targets_BC[0, 0] = NAN
    before = vectors_BD.clone(), targets_BC.clone()
    after = mixed(name, vectors_BD, targets_BC)
    for given_BX, had_BX, got_BX in zip((vectors_BD, targets_BC), before, after, strict=True):
        assert torch.equal(given_BX.nan_to_num(9), had_BX.nan_to_num(9))
        assert got_BX.shape == given_BX.shape
        assert got_BX.dtype == given_BX.dtype
        assert got_BX.nan_to_num(0).isfinite().all()


@pytest.mark.parametrize(("name", "settings"), [("mixup", {}), ("smote", {"rare": 1})])
def test_the_generator_alone_decides(name, settings):
    vectors_BD, targets_BC = batch()
    first_BD, _ = mixed(name, vectors_BD, targets_BC, seed=1, **settings)
    torch.manual_seed(99)
    again_BD, _ = mixed(name, vectors_BD, targets_BC, seed=1, **settings)
    other_BD, _ = mixed(name, vectors_BD, targets_BC, seed=2, **settings)
    assert torch.equal(first_BD, again_BD)
    assert not torch.equal(first_BD, other_BD)


@pytest.mark.parametrize("name", MIXERS.names())
def test_a_single_row_stays_as_it_is(name):
    vectors_BD, targets_BC = torch.tensor([[1.0, -2.0]]), torch.tensor([[1.0, 0.0]])
    for got_BX, own_BX in zip(
        mixed(name, vectors_BD, targets_BC), (vectors_BD, targets_BC), strict=True
    ):
        assert torch.allclose(got_BX, own_BX)


@pytest.mark.parametrize("name", MIXERS.names())
def test_gradients_reach_the_vectors(name):
    vectors_BD, targets_BC = batch()
    vectors_BD.requires_grad_()
    got_BD, _ = mixed(name, vectors_BD, targets_BC)
    got_BD.sum().backward()
    assert vectors_BD.grad.isfinite().all()
    assert vectors_BD.grad.sum().item() == pytest.approx(vectors_BD.numel(), rel=1e-5)


def test_soft_targets_are_said_by_name():
    assert [needs_soft_targets(name) for name in MIXERS.names()] == [False, True, False]


def test_unknown_names_and_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match=r"(?s)E101.*did you mean 'mixup'"):
        needs_soft_targets("mix-up")
    with pytest.raises(ConfigError, match="E102"):
        needs_soft_targets("mixup", {"alpha": 0})
    with pytest.raises(ConfigError, match="E102"):
        MIXERS.build("smote", settings={"rare": 0})


def test_between_by_hand():
    own, other = torch.tensor([[1.0, 0.0], [4.0, 8.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    got = between(own, other, torch.tensor([0.75, 0.25]))
    assert got.tolist() == [[0.75, 0.25], [1.0, 2.0]]


def test_share_1_is_oneself_whatever_the_other_holds():
    own = torch.tensor([[1.0, NAN, 3.0]])
    got = between(own, torch.tensor([[NAN, 2.0, torch.inf]]), torch.tensor([1.0]))
    assert torch.equal(got.nan_to_num(9), own.nan_to_num(9))


def test_unknown_on_either_side_stays_unknown():
    own, other = torch.tensor([[1.0, NAN, 0.0]]), torch.tensor([[NAN, 1.0, 1.0]])
    got = between(own, other, torch.tensor([0.5]))
    assert got.isnan().tolist() == [[True, True, False]]


def test_mixup_moves_targets_by_the_share_of_their_vectors():
    vectors_BD = torch.eye(16)
    got_BD, got_BC = mixed("mixup", vectors_BD, vectors_BD, alpha=1.0)
    assert torch.equal(got_BD, got_BC)
    assert got_BD.sum(dim=1) == pytest.approx(torch.ones(16))
    assert got_BD.sum(dim=0) != pytest.approx(torch.ones(16))
    assert ((got_BD > 0).sum(dim=1) <= 2).all()


def test_mixup_shares_are_of_the_beta_distribution():
    vectors_BD = torch.eye(2000)
    own = mixed("mixup", vectors_BD, vectors_BD, alpha=2.0)[0].diagonal()
    assert own.mean().item() == pytest.approx(0.5, abs=0.02)
    assert own.var().item() == pytest.approx(1 / (4 * (2 * 2.0 + 1)), abs=0.005)


def test_mixup_of_small_alpha_takes_one_of_the_two():
    vectors_BD, _ = batch()
    got_BD, _ = mixed("mixup", vectors_BD, vectors_BD, alpha=0.01)
    gaps_BB = torch.cdist(got_BD, vectors_BD)
    assert (gaps_BB.min(dim=1).values < 0.05).float().mean() > 0.9


# Label 0 on four rows of ten, label 1 on two, label 2 on one, label 3 unknown on all but one.
TARGETS = torch.zeros(10, 4)
TARGETS[:4, 0] = 1
TARGETS[3:5, 1] = 1
TARGETS[5, 2] = 1
TARGETS[:, 3] = NAN
TARGETS[6, 3] = 1


def fellows(rare):
    return rare_fellows(TARGETS, rare).nonzero().tolist()


def test_fellows_share_the_rarest_label_of_a_row():
    assert fellows(0.3) == [[3, 4], [4, 3]]


def test_a_label_at_the_share_is_not_rare():
    assert fellows(0.2) == []


def test_shares_count_the_rows_that_know_the_label():
    known = TARGETS.clone()
    known[6:, 1] = NAN
    assert rare_fellows(known, 0.3).any().item() is False
    assert rare_fellows(known, 0.34).sum().item() == 2


def test_fellows_of_all_labels_where_all_are_rare():
    wanted = [[i, j] for i in range(3) for j in range(4) if i != j] + [[3, 4], [4, 3]]
    assert fellows(1.0) == wanted


def test_smote_moves_rare_rows_towards_the_nearest_fellow_and_leaves_the_rest():
    vectors_BD = torch.arange(20.0).reshape(10, 2)
    got_BD, got_BC = mixed("smote", vectors_BD, TARGETS, rare=0.3)
    moved_B = (got_BD != vectors_BD).any(dim=1)
    assert moved_B.nonzero().flatten().tolist() == [3, 4]
    steps = (got_BD - vectors_BD)[[3, 4]] / torch.tensor([2.0, -2.0])[:, None]
    assert steps[:, 0] == pytest.approx(steps[:, 1], abs=1e-5)
    assert ((steps > 0) & (steps < 1)).all()
    assert torch.equal(got_BC.nan_to_num(9), TARGETS.nan_to_num(9))


def test_smote_chooses_the_nearest():
    vectors_BD = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 1.0]])
    got_BD, _ = mixed("smote", vectors_BD, torch.eye(2)[[0, 0, 0]], rare=1)
    assert torch.equal(got_BD, vectors_BD)
    targets_BC = torch.tensor([[1.0, 0], [1, 0], [1, 0], [0, 1]])
    got_BD, _ = mixed("smote", torch.cat([vectors_BD, torch.ones(1, 2)]), targets_BC, rare=1)
    assert got_BD[0, 0] == 0
    assert 0 < got_BD[0, 1] < 1
    assert got_BD[2, 0] == 0
    assert 0 < got_BD[1, 0] < 10


@given(st.integers(1, 12), st.integers(1, 4), st.floats(0.01, 1), st.integers(0, 10**6))
def test_smote_stays_within_the_label(rows, classes, rare, seed):
    random = np.random.default_rng(seed)
    targets_BC = torch.tensor(random.choice([0.0, 1.0, NAN], (rows, classes)), dtype=torch.float32)
    vectors_BD = torch.tensor(random.normal(size=(rows, 3)), dtype=torch.float32)
    got_BD, _ = mixed("smote", vectors_BD, targets_BC, seed=seed, rare=rare)
    fellows_BB = rare_fellows(targets_BC, rare)
    alone_B = ~fellows_BB.any(dim=1)
    assert torch.equal(got_BD[alone_B], vectors_BD[alone_B])
    shared_BB = (targets_BC == 1).float() @ (targets_BC == 1).float().T
    assert (shared_BB[fellows_BB] > 0).all()
    assert not fellows_BB.diagonal().any()
