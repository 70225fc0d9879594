import numpy as np
import pytest

from evenhand.audit.confident import (
    confident,
    confident_joint,
    first,
    half_relative,
    suspects,
    thresholds,
)
from evenhand.audit.suspects import doubts

GIVEN = np.array([0, 0, 0, 1, 1])
PROBS = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.4, 0.6]], np.float32)


def test_thresholds_are_mean_self_confidence():
    assert thresholds(GIVEN, PROBS) == pytest.approx([0.6, 0.65])
    assert np.isinf(thresholds(np.zeros(5, np.int64), PROBS)[1])


def test_joint_worked_by_hand():
    assert confident(GIVEN, PROBS).tolist() == [0, 0, 1, 1, -1]
    assert confident_joint(GIVEN, PROBS).tolist() == [[2, 1], [0, 1]]


def test_the_contradicted_row_is_suspected():
    rows, other = suspects(GIVEN, PROBS)
    assert rows.tolist() == [2]
    assert other.tolist() == [1]


def test_a_model_that_can_tell_little_suspects_little():
    random = np.random.default_rng(0)
    p = (0.5 + 0.05 * random.normal(size=500)).astype(np.float32)
    given = random.integers(2, size=500)
    assert len(suspects(given, np.column_stack([p, 1 - p]))[0]) == 0


def test_a_class_whose_rows_are_all_alike_reaches_its_threshold():
    probs = np.full((7, 3), 0.1, np.float32)
    probs[:, 0] = 0.8
    assert confident(np.zeros(7, np.int64), probs).tolist() == [0] * 7


def test_half_the_level_is_taken_off():
    probs = np.array([[0.5, 0.02, 0.3]], np.float32)
    level = np.array([1.0, 0.04, np.inf])
    assert half_relative(probs, level)[0] == pytest.approx(
        [np.log(0.5), np.log(0.02 / 0.2), -np.inf], rel=1e-6
    )


def test_the_greatest_doubts_come_first_and_none_is_made_up():
    doubt = np.array([0.5, 2.0, -1.0, 0.0, 2.0])
    assert first(doubt, 2).tolist() == [1, 4]
    assert first(doubt, 5).tolist() == [1, 4, 0]
    assert first(doubt, 0).tolist() == []


def test_sure_and_right_probabilities_give_no_suspect():
    given = np.arange(30) % 3
    probs = np.eye(3, dtype=np.float32)[given]
    assert len(suspects(given, probs)[0]) == 0
    assert confident_joint(given, probs).tolist() == (10 * np.eye(3)).tolist()


def test_planted_flips_are_found_worst_first():
    random = np.random.default_rng(3)
    truth = random.integers(4, size=2000)
    scores = random.normal(size=(2000, 4)) + 5 * np.eye(4)[truth]
    probs = (np.exp(scores) / np.exp(scores).sum(1, keepdims=True)).astype(np.float32)
    given = truth.copy()
    flipped = random.choice(2000, 100, replace=False)
    given[flipped] = (given[flipped] + 1 + random.integers(3, size=100)) % 4
    rows, other = suspects(given, probs)
    assert len(np.intersect1d(rows, flipped)) >= 75
    assert len(np.intersect1d(rows[:70], flipped)) >= 68
    assert (other == truth[rows]).mean() > 0.9


def test_several_labels_a_doubt_worked_by_hand():
    truth = np.array([[1, 0], [1, 0], [0, 1], [0, 0], [1, 0]], np.float32)
    probs = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.6], [0.1, 0.7], [0.1, 0.8]], np.float32)
    doubt, other = doubts(truth, probs)
    assert np.flatnonzero(doubt).tolist() == [3, 4]
    assert other[[3, 4]].tolist() == [1, 1]
    # Levels of both labels are 0.6; row 4 has the first and lacks the second, row 3 has none.
    assert doubt[4] == pytest.approx(-np.log(1 - 0.8) - np.log(0.1) + np.log(0.6) / 2, rel=1e-5)
    assert doubt[3] == pytest.approx(-np.log(1 - 0.7) - np.log(1 - 0.1) - np.log(0.4), rel=1e-5)


def test_an_unknown_label_is_never_lacking():
    truth = np.array([[1, np.nan], [1, 0], [0, 1]], np.float32)
    probs = np.array([[0.1, 0.9], [0.9, 0.1], [0.1, 0.8]], np.float32)
    assert doubts(truth, probs)[0].tolist() == [0, 0, 0]


def test_a_label_without_rows_is_never_lacking():
    truth = np.array([[1, 0], [1, 0]], np.float32)
    probs = np.array([[0.9, 0.9], [0.1, 0.9]], np.float32)
    assert doubts(truth, probs)[0].tolist() == [0, 0]
