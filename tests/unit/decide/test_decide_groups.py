"""Rows of one group never stand on both sides of a fold, and count as one piece of evidence."""

import numpy as np
import pytest

from evenhand.decide import fit_decision
from evenhand.decide.crossfit import crossfit
from evenhand.decide.folds import stratified_folds
from evenhand.decide.shrink import Plan, choose_strengths
from evenhand.errors import DataError
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
COPIES = 8


def noise(task: Task, *, grouped: bool) -> Predictions:
    """Scores of 60 rows that know nothing of the truth, each row eight times."""
    rng = np.random.default_rng(0)
    truth_NC = np.eye(3, dtype=np.float32)[rng.choice(3, size=60, p=[0.6, 0.3, 0.1])]
    z_NC = rng.normal(size=(60, 3))
    groups_N = np.tile(np.arange(60), COPIES)
    return Predictions(
        ids=tuple(map(str, range(60 * COPIES))),
        scores=Logits(z_NC[groups_N]),
        truth_NC=truth_NC[groups_N],
        labels=LabelSpace(("usual", "odd", "rare"), task),
        role=Role.TUNE,
        groups_N=groups_N if grouped else None,
    )


def parted(fold_N: np.ndarray, groups_N: np.ndarray) -> int:
    """Count the groups that have rows in more than one fold."""
    return len(np.unique(np.stack([fold_N, groups_N]), axis=1).T) - len(np.unique(groups_N))


@pytest.mark.parametrize("task", [ML, MC])
def test_no_group_is_parted_and_what_was_seen_before_is_no_evidence(task):
    settings = {"shrink": "none", "min_support": 1, "calibrate": "none"}
    alone, together = noise(task, grouped=False), noise(task, grouped=True)
    flattered, honest = crossfit(alone, **settings), crossfit(together, **settings)
    assert parted(honest.fold_N, together.groups_N) == 0
    assert parted(flattered.fold_N, together.groups_N) > 50
    assert honest.macro_f1 < flattered.macro_f1 - 0.02
    decision = fit_decision(together, **settings)
    assert decision.estimate.cross_fitted == honest.macro_f1


@pytest.mark.parametrize(("missed", "taken"), [(2, False), (3, True)])
def test_copies_are_no_further_evidence_that_a_cut_earns_its_place(missed, taken):
    # By hand as for 200 single rows: two missed positives gain 0.0256, 1.5 standard errors over
    # groups are 0.0271; three gain 0.0390 with 0.0337. Over rows the errors would be half.
    truth_NC = (np.arange(200) < 40).astype(np.float32)[:, None]
    probs_NC = np.where(truth_NC == 1, 0.9, 0.1)
    probs_NC[:missed] = 0.45
    groups_N = np.tile(np.arange(200), 4)
    rows = probs_NC[groups_N], truth_NC[groups_N], ML, Plan()
    assert (not np.isnan(choose_strengths(*rows, seed=0, groups_N=groups_N)).any()) == taken
    assert not np.isnan(choose_strengths(*rows, seed=0)).any()


def test_fewer_groups_than_folds_prove_nothing():
    groups_N = np.arange(100) % 4
    truth_NC = (np.arange(100) % 8 < 4).astype(np.float32)[:, None]
    probs_NC = 0.2 + 0.2 * truth_NC
    rows = probs_NC, truth_NC, ML, Plan()
    assert not np.isnan(choose_strengths(*rows, seed=0)).any()
    assert np.isnan(choose_strengths(*rows, seed=0, groups_N=groups_N)).all()


def test_groups_are_dealt_evenly():
    rng = np.random.default_rng(1)
    groups_N = rng.permutation(np.repeat(np.arange(100), 3))
    truth_NC = (np.array([0.1, 0.5])[None] > rng.random((100, 2)))[groups_N].astype(np.float32)
    fold_N = stratified_folds(truth_NC, 5, 7, groups_N=groups_N)
    assert parted(fold_N, groups_N) == 0
    np.testing.assert_array_equal(np.bincount(fold_N), [60] * 5)
    rare = np.bincount(fold_N[truth_NC[:, 0] == 1], minlength=5)
    assert rare.max() - rare.min() <= 3


def test_groups_of_one_row_change_nothing():
    truth_NC = (np.arange(50) % 3 == 0).astype(np.float32)[:, None]
    fold_N = stratified_folds(truth_NC, 5, 2, groups_N=np.arange(50)[::-1])
    np.testing.assert_array_equal(fold_N, stratified_folds(truth_NC, 5, 2))


def test_two_groups_give_two_folds_and_one_is_refused():
    rows = noise(MC, grouped=True)
    two = rows.take(np.flatnonzero(rows.groups_N < 2))
    assert parted(crossfit(two).fold_N, two.groups_N) == 0
    assert crossfit(two).fold_N.max() == 1
    one = rows.take(np.flatnonzero(rows.groups_N < 1))
    with pytest.raises(
        DataError, match=r"\[E207\].*two rows .* one group\n  got: 8 tune rows in 1 group"
    ):
        crossfit(one)
