"""Confident learning held against cleanlab: what is equal, what differs, and that it pays.

Shapes: N rows, C classes.
"""

import numpy as np
import pytest
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_label_issues as find_several
from cleanlab.multilabel_classification.rank import get_label_quality_scores

from evenhand.audit.confident import (
    confident,
    confident_joint,
    contradicted,
    suspects,
    thresholds,
)
from evenhand.audit.suspects import doubts

CASES = range(300)


def one_label(seed, rows=None, classes=None):
    """Return given classes ``(N,)``, probabilities ``(N, C)``, and where the class is wrong."""
    random = np.random.default_rng(seed)
    rows, classes = rows or random.integers(20, 200), classes or random.integers(2, 7)
    shares = random.dirichlet(np.ones(classes))
    truth = random.choice(classes, rows, p=shares)
    truth[:2] = 0, 1
    scores = random.normal(size=(rows, classes)) + random.uniform(0, 4) * np.eye(classes)[truth]
    scores += np.log(shares + 0.01)
    given = np.where(random.random(rows) < 0.1, random.integers(classes, size=rows), truth)
    given[:2] = 0, 1
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return given, probs, given != truth


def outvoted(given, probs):
    """Say where several classes are sure and an unsure one is likeliest of all.

    There cleanlab counts the unsure one; the paper's equation 1 counts the likeliest sure one.
    """
    sure = probs >= thresholds(given, probs) - 1e-6
    best = probs.argmax(axis=1)
    return (sure.sum(axis=1) > 1) & ~sure[np.arange(len(given)), best]


@pytest.mark.parametrize("seed", CASES)
def test_thresholds_are_cleanlabs(seed):
    given, probs, _ = one_label(seed)
    there = np.bincount(given, minlength=probs.shape[1]) > 0
    ours, theirs = thresholds(given, probs), get_confident_thresholds(given, probs)
    assert ours[there] == pytest.approx(theirs[there], rel=1e-12)
    assert np.isinf(ours[~there]).all()
    assert (theirs[~there] == 2).all()


@pytest.mark.parametrize("seed", CASES)
def test_the_joint_is_cleanlabs_but_for_outvoted_rows(seed):
    given, probs, _ = one_label(seed)
    usual = ~outvoted(given, probs)
    level = np.minimum(thresholds(given, probs), 2)
    best = confident(given, probs)[usual]
    ours = np.zeros((probs.shape[1],) * 2, int)
    np.add.at(ours, (given[usual][best >= 0], best[best >= 0]), 1)
    if usual.all():
        assert (ours == confident_joint(given, probs)).all()
    np.fill_diagonal(ours, ours.diagonal().clip(min=1))
    theirs = compute_confident_joint(given[usual], probs[usual], thresholds=level, calibrate=False)
    assert (ours == theirs).all()


def test_contradicted_rows_are_cleanlabs_but_for_outvoted_rows():
    equal = 0
    for seed in CASES:
        given, probs, _ = one_label(seed)
        ours = contradicted(given, probs)
        theirs = find_label_issues(given, probs, filter_by="confident_learning", n_jobs=1)
        assert not (ours & ~theirs).any()
        missed = theirs & ~ours
        assert (outvoted(given, probs) & (confident(given, probs) == given))[missed].all()
        equal += not missed.any()
    assert equal > 250


@pytest.mark.parametrize("seed", range(50))
def test_two_classes_of_one_level_are_ranked_as_by_self_confidence(seed):
    random = np.random.default_rng(seed)
    likely = random.integers(520, 1020, 150) / 1024
    wrong = random.random(150) < 0.2
    # Each row has a mirror image, so that both classes have one level, to the last bit.
    given = np.r_[wrong, ~wrong].astype(int)
    probs = np.r_[np.c_[likely, 1 - likely], np.c_[1 - likely, likely]]
    own = probs[np.arange(300), given]
    ours, other = suspects(given, probs)
    theirs = find_label_issues(
        given, probs, filter_by="predicted_neq_given", return_indices_ranked_by="self_confidence"
    )
    assert len(ours) >= 10
    assert own[ours].tolist() == own[theirs[: len(ours)]].tolist()
    assert (other == 1 - given[ours]).all()


def planted(seed, rare=1.0):
    """Return labels of which a twentieth of the rows got one wrong one instead, and who they are.

    ``rare`` is how well the model knows the rarest of eight labels, beside the commonest.
    """
    random = np.random.default_rng(seed)
    share = np.geomspace(0.3, 0.02, 8)
    truth = random.random((800, 8)) < share
    truth[np.arange(800), random.integers(8, size=800)] |= ~truth.any(axis=1)
    scores = random.normal(size=truth.shape) * 1.2 + 3 * np.linspace(1, rare, 8) * truth
    flipped = random.random(800) < 0.05
    given = truth.copy()
    for i in np.flatnonzero(flipped):
        given[i] = np.arange(8) == random.choice(np.flatnonzero(~truth[i]))
    return given.astype(np.float32), 1 / (1 + np.exp(-scores - np.log(share))), flipped


@pytest.mark.parametrize("seed", range(5))
def test_levels_of_several_labels_are_cleanlabs(seed):
    given, probs, _ = planted(seed)
    lists = [np.flatnonzero(row).tolist() for row in given]
    theirs = get_confident_thresholds(lists, probs, multi_label=True)[:, 1]
    assert [probs[given[:, c] == 1, c].mean() for c in range(8)] == pytest.approx(theirs)


def test_no_filter_of_cleanlabs_finds_more_wrong_classes_in_as_many_rows():
    ours, theirs = 0, np.zeros(6)
    ways = [
        {"filter_by": name, "return_indices_ranked_by": rank}
        for name in ("confident_learning", "prune_by_noise_rate", "low_self_confidence")
        for rank in ("self_confidence", "normalized_margin")
    ]
    for seed in range(40):
        given, probs, wrong = one_label(seed, rows=500, classes=5)
        rows, _ = suspects(given, probs)
        ours += wrong[rows].sum()
        theirs += [
            wrong[find_label_issues(given, probs, n_jobs=1, **way)[: len(rows)]].sum()
            for way in ways
        ]
    assert ours >= theirs.max()


@pytest.mark.parametrize("rare", [1.0, 0.5, 0.2])
def test_no_ranking_of_cleanlabs_finds_more_wrong_labels_in_as_many_rows(rare):
    ours, theirs = 0, np.zeros(3)
    for seed in range(20):
        given, probs, wrong = planted(seed, rare)
        lists = [np.flatnonzero(row).tolist() for row in given]
        doubt, _ = doubts(given, probs)
        rows = np.flatnonzero(doubt)
        ours += wrong[rows].sum()
        ranked = [
            find_several(lists, probs, filter_by="confident_learning", n_jobs=1,
                         return_indices_ranked_by="self_confidence"),
            np.argsort(get_label_quality_scores(lists, probs)),
            np.argsort(get_label_quality_scores(
                lists, probs, aggregator_kwargs={"method": "softmin", "temperature": 0.1}
            )),
        ]  # fmt: skip
        theirs += [wrong[order[: len(rows)]].sum() for order in ranked]
    assert ours >= theirs.max()
