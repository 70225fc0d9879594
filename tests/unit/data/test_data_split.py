import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

from evenhand.data.split import assign, folds, units_of
from evenhand.types import Role

TEXTS = st.lists(
    st.sampled_from(["a", "A ", "b", "c", "d  e", "D E", "f"]), min_size=1, max_size=40
)


def random_truth(rows, shares, seed):
    random = np.random.default_rng(seed)
    return (random.random((rows, len(shares))) < np.array(shares)).astype(np.float32)


def deviation(truth_NC, part_N, parts):
    whole = truth_NC.mean(axis=0)
    return np.mean([np.abs(truth_NC[part_N == p].mean(axis=0) - whole) for p in range(parts)])


def test_shares_are_met_exactly_where_they_can_be():
    truth_NC = np.eye(2, dtype=np.float32)[[0] * 70 + [1] * 30]
    part_N = assign(truth_NC, {Role.FIT: 0.7, Role.TUNE: 0.2, Role.REPORT: 0.1}, seed=0)
    for c, rows in ((0, 70), (1, 30)):
        counts = np.bincount(part_N[truth_NC[:, c] == 1])
        assert counts.tolist() == [rows * 7 // 10, rows // 5, rows // 10]


def test_one_part_takes_every_row():
    assert assign(np.ones((3, 2), np.float32), [1.0], seed=0).tolist() == [0, 0, 0]


def test_no_rows_no_parts():
    assert assign(np.zeros((0, 2), np.float32), [0.5, 0.5], seed=0).size == 0


def test_unknown_and_absent_labels_count_for_nothing():
    truth_NC = np.full((10, 2), np.nan, dtype=np.float32)
    assert np.bincount(assign(truth_NC, [0.5, 0.5], seed=0)).tolist() == [5, 5]


def test_same_seed_same_parts_other_seed_other_parts():
    truth_NC = random_truth(200, [0.3, 0.1], 0)
    one, again, other = (assign(truth_NC, [0.5, 0.5], seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


@pytest.mark.parametrize("seed", range(10))
def test_label_with_as_many_rows_as_parts_has_one_in_each(seed):
    truth_NC = random_truth(100, [0.4, 0.0], seed)
    truth_NC[[3, 50, 99], 1] = 1
    part_N = assign(truth_NC, [0.8, 0.1, 0.1], seed=seed)
    assert sorted(part_N[[3, 50, 99]]) == [0, 1, 2]


@given(TEXTS, st.integers(0, 10))
@settings(deadline=None)
def test_duplicates_never_straddle_parts(texts, seed):
    truth_NC = random_truth(len(texts), [0.5, 0.2], seed)
    part_N = assign(truth_NC, [0.6, 0.2, 0.2], units=units_of(texts), seed=seed)
    homes = {}
    for text, part in zip(texts, part_N, strict=True):
        assert homes.setdefault(" ".join(text.casefold().split()), part) == part


@given(TEXTS, st.data())
@settings(deadline=None)
def test_units_are_the_closure_of_texts_and_groups(texts, data):
    size = len(texts)
    group = st.one_of(st.none(), st.integers(0, 5))
    groups = data.draw(st.lists(group, min_size=size, max_size=size))
    units = units_of(texts, groups)
    keys = [" ".join(text.casefold().split()) for text in texts]
    label = list(range(size))
    for _ in range(size):
        for i in range(size):
            for j in range(size):
                if keys[i] == keys[j] or (groups[i] is not None and groups[i] == groups[j]):
                    label[i] = label[j] = min(label[i], label[j])
    assert all(
        (label[i] == label[j]) == (units[i] == units[j]) for i in range(size) for j in range(i)
    )


def test_groups_stay_whole_in_folds():
    groups = np.repeat(np.arange(30), 5)
    fold_N = folds(random_truth(150, [0.5, 0.1], 0), 5, units=groups, seed=0)
    assert set(fold_N) == set(range(5))
    assert all(len(set(fold_N[groups == g])) == 1 for g in range(30))


def test_quality_is_that_of_the_reference_library():
    ours, theirs = [], []
    for seed in range(3):
        truth_NC = random_truth(1000, [0.5, 0.2, 0.05, 0.02, 0.008], seed)
        ours.append(deviation(truth_NC, folds(truth_NC, 5, seed=seed), 5))
        reference = MultilabelStratifiedKFold(5, shuffle=True, random_state=seed)
        fold_N = np.empty(1000, dtype=int)
        for k, (_, rows) in enumerate(reference.split(truth_NC, truth_NC)):
            fold_N[rows] = k
        theirs.append(deviation(truth_NC, fold_N, 5))
    assert np.mean(ours) <= 1.1 * np.mean(theirs)
