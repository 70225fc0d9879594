"""Whole recordings: any window, most windows, and what a constant answer is worth."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.errors import DataError
from evenhand.evaluate.sequences import sequence_level
from evenhand.evaluate.systems import Question
from evenhand.types import FitStatistics, Task
from windows_by_hand import one_hot, places, predictions

FIT = FitStatistics(Task.MULTICLASS, 10, np.array([7.0, 3.0]), np.array([10.0, 10.0]))
ASKED = Question(resamples=200)


def level(recordings, truth, given, **more):
    return sequence_level(
        predictions(truth, groups=more.get("groups")),
        one_hot(given) == 1,
        places(recordings, ends=np.arange(len(truth)) + 1.0),
        fit=FIT,
        question=ASKED,
    )


def test_a_recording_has_what_some_or_most_of_its_windows_have() -> None:
    recordings = list("aaabbbcccddd")
    truth = [0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    given = [0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0]
    found = level(recordings, truth, given)
    assert found["recordings"] == 4
    # Any: truth a c, given a b c; two hits, one alarm, no miss.
    some = found["any"]["per_class"]
    assert [(row["name"], row["support"]) for row in some] == [("stop", 2)]
    assert some[0]["precision"]["value"] == pytest.approx(2 / 3)
    assert some[0]["recall"]["value"] == 1.0
    assert found["any"]["macro_f1"]["value"] == pytest.approx(0.8)
    assert found["any"]["accuracy"]["value"] == 0.75
    assert found["any"]["baseline"]["name"] == "always-positive"
    assert found["any"]["baseline"]["macro_f1"]["value"] == pytest.approx(2 / 3)
    # Majority: truth c, given c; all right. Always rest: F1 6/7 and 0.
    most = found["majority"]
    assert most["macro_f1"]["value"] == 1.0
    assert most["baseline"]["macro_f1"]["value"] == pytest.approx(3 / 7)
    assert most["baseline"]["difference"]["value"] == pytest.approx(4 / 7)


def test_of_labels_as_frequent_the_lower_one_is_the_majority() -> None:
    found = level(list("aabb"), [0, 1, 1, 1], [1, 0, 1, 1])
    assert [row["support"] for row in found["majority"]["per_class"]] == [1, 1]
    assert found["majority"]["accuracy"]["value"] == 1.0


def test_recordings_of_one_group_are_drawn_together() -> None:
    recordings, truth = list("aabbccdd"), [0, 0, 1, 1, 0, 0, 1, 1]
    given = [0, 0, 1, 1, 1, 1, 1, 1]
    apart = level(recordings, truth, given)
    together = level(recordings, truth, given, groups=[0] * 8)
    assert apart["any"]["accuracy"]["low"] < 0.75 < apart["any"]["accuracy"]["high"]
    assert together["any"]["accuracy"] == {"value": 0.75, "low": 0.75, "high": 0.75}


def test_recordings_of_one_window_are_the_windows() -> None:
    assert level(list("abcd"), [0, 1, 0, 1], [0, 1, 0, 1]) is None


def test_windows_of_a_recording_need_not_stand_together() -> None:
    mixed = level(list("abab"), [1, 0, 0, 0], [1, 0, 0, 0])
    assert mixed["any"]["per_class"][0]["support"] == 1
    assert mixed["any"]["macro_f1"]["value"] == 1.0


def test_three_labels_have_a_line_each_above_the_first() -> None:
    found = sequence_level(
        predictions([0, 1, 2, 0, 1, 1], names=("rest", "turn", "stop")),
        one_hot([0, 1, 0, 0, 1, 1], 3) == 1,
        places(list("aaabbb"), ends=[1, 2, 3, 1, 2, 3]),
        fit=FitStatistics(Task.MULTICLASS, 9, np.array([4.0, 3.0, 2.0]), np.full(3, 9.0)),
        question=ASKED,
    )
    assert [(r["name"], r["support"], r["f1"]["value"]) for r in found["any"]["per_class"]] == [
        ("turn", 2, 1.0),
        ("stop", 1, 0.0),
    ]


def test_places_must_be_those_of_the_rows() -> None:
    with pytest.raises(DataError, match=r"\[E211\] places and predictions"):
        sequence_level(
            predictions([0, 1]),
            one_hot([0, 1]) == 1,
            places(["a"], ends=[1.0]),
            fit=FIT,
            question=ASKED,
        )
