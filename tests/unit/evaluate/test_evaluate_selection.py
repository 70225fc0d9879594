"""Selection: values by hand, and no choosing on report rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from evenhand.decide import crossfit
from evenhand.errors import ConfigError, DataError
from evenhand.evaluate.selection import SELECTION
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

NAMES = (
    "tuned_macro_f1",
    "macro_f1_at_half",
    "macro_ap",
    "micro_f1",
    "weighted_f1",
    "neg_nll",
)


def make(
    probs: list[list[float]], truth: list[list[float]], task: Task = Task.MULTILABEL
) -> Predictions:
    truth_NC = np.array(truth, dtype=np.float32)
    ids = tuple(str(i) for i in range(len(truth)))
    labels = LabelSpace(tuple("abcdef"[: truth_NC.shape[1]]), task)
    return Predictions(ids, Probs(np.array(probs)), truth_NC, labels, Role.TUNE)


@pytest.fixture
def four_rows() -> Predictions:
    """a: hit, hit, alarm, right; b: missed, right, right, right."""
    probs = [[0.9, 0.4], [0.5, 0.1], [0.6, 0.1], [0.2, 0.1]]
    return make(probs, [[1, 1], [1, 0], [0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macro_f1_at_half", (0.8 + 0.0) / 2),
        ("micro_f1", 4 / 6),
        ("weighted_f1", (2 * 0.8 + 0.0) / 3),
        ("macro_ap", ((1 / 2 + 1 / 2 * 2 / 3) + 1) / 2),
        ("neg_nll", sum(map(math.log, [0.9, 0.5, 0.4, 0.8, 0.4, 0.9, 0.9, 0.9])) / 8),
    ],
)
def test_values_by_hand(four_rows: Predictions, name: str, expected: float) -> None:
    assert SELECTION.factory(name)(four_rows) == pytest.approx(expected)


def test_multiclass_decides_by_the_likeliest_class() -> None:
    probs = [[0.4, 0.35, 0.25], [0.3, 0.45, 0.25], [0.2, 0.6, 0.2]]
    rows = make(probs, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], Task.MULTICLASS)
    assert SELECTION.factory("micro_f1")(rows) == pytest.approx(2 / 3)
    assert SELECTION.factory("macro_f1_at_half")(rows) == pytest.approx((1 + 2 / 3 + 0) / 3)
    expected = (math.log(0.4) + math.log(0.45) + math.log(0.2)) / 3
    assert SELECTION.factory("neg_nll")(rows) == pytest.approx(expected)


def test_unknown_cells_count_nowhere(four_rows: Predictions) -> None:
    truth_NC = four_rows.truth_NC.copy()
    truth_NC[:, 1] = np.nan
    half_known = replace(four_rows, truth_NC=truth_NC)
    assert SELECTION.factory("macro_f1_at_half")(half_known) == pytest.approx(0.8)
    expected = sum(map(math.log, [0.9, 0.5, 0.4, 0.8])) / 4
    assert SELECTION.factory("neg_nll")(half_known) == pytest.approx(expected)


def test_nothing_known_is_undefined(four_rows: Predictions) -> None:
    unknown = replace(four_rows, truth_NC=np.full((4, 2), np.nan, dtype=np.float32))
    for name in ("macro_f1_at_half", "macro_ap", "micro_f1", "weighted_f1", "neg_nll"):
        assert math.isnan(SELECTION.factory(name)(unknown))


def test_saturated_logits_still_rank() -> None:
    truth_NC = np.array([[1, 0], [0, 1]], dtype=np.float32)
    scores = Logits(np.array([[900.0, 800.0], [800.0, 900.0]]))
    labels = LabelSpace(("a", "b"), Task.MULTILABEL)
    rows = Predictions(("1", "2"), scores, truth_NC, labels, Role.TUNE)
    assert SELECTION.factory("macro_ap")(rows) == 1.0


def test_tuned_macro_f1_is_the_cross_fitted_one_and_sees_past_half() -> None:
    random = np.random.default_rng(0)
    truth_NC = (random.random((200, 2)) < 0.2).astype(np.float32)
    low = (0.05 + 0.2 * truth_NC + 0.05 * random.random((200, 2))).tolist()
    rows = make(low, truth_NC.tolist())
    tuned = SELECTION.factory("tuned_macro_f1")(rows)
    assert tuned == crossfit(rows, calibrate="none", shrink="none").macro_f1
    assert tuned > 0.95
    assert SELECTION.factory("macro_f1_at_half")(rows) == 0.0


def test_the_roll_call_is_the_contract() -> None:
    assert SELECTION.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_report_rows_are_refused(four_rows: Predictions, name: str) -> None:
    with pytest.raises(DataError, match=r"\[E212\].*choosing an epoch"):
        SELECTION.factory(name)(replace(four_rows, role=Role.REPORT))


def test_a_misspelt_metric_gets_a_hint() -> None:
    with pytest.raises(ConfigError, match="did you mean 'macro_ap'"):
        SELECTION.factory("macro_app")


@pytest.mark.parametrize("name", NAMES)
def test_each_says_what_it_is(name: str) -> None:
    assert len(SELECTION.describe(name)) > 20
