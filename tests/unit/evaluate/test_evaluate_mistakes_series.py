"""Mistakes of windows: by recording, by moment, by time; intervals of whole groups."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenhand.errors import DataError
from evenhand.evaluate.mistakes import Judged
from evenhand.evaluate.mistakes_series import (
    by_seconds,
    by_time,
    moments,
    spoken,
    window_mistakes,
)
from evenhand.evaluate.mistakes_summary import head_lines
from evenhand.evaluate.report_mistakes import digest, mistakes_section
from evenhand.types import LabelSpace, Task
from windows_by_hand import NAMES, one_hot, places

nan = math.nan
RECORDINGS = ["a", "a", "b", "b", "c", "c"]
PLACES = places(
    RECORDINGS,
    ends=[1, 2, 1, 2, 1, 2],
    current=[0, 1, 0, 0, 0, nan],
    wait=[0.5, 0.1, nan, nan, 1.25, nan],
)
TRUTH, GIVEN = [1, 1, 0, 0, 1, 0], [0, 1, 0, 1, 0, 0]


def judged(groups=(0, 0, 1, 1, 2, 2)):
    return Judged(
        ids=PLACES.ids,
        texts=PLACES.ids,
        truth_NC=one_hot(TRUTH),
        decided_NC=one_hot(GIVEN) == 1,
        probs_NC=np.where(one_hot(GIVEN) == 1, 0.8, 0.2),
        labels=LabelSpace(NAMES, Task.MULTICLASS),
        groups_N=np.array(groups),
    )


def test_a_moment_is_told_by_the_last_frame_and_what_follows() -> None:
    assert moments(PLACES) == [
        "before an event",
        "in an event",
        "no event follows",
        "no event follows",
        "before an event",
        "moment unknown",
    ]
    assert spoken(PLACES)[0] == "a 0-1 s, 0.5 s before an event"
    assert spoken(PLACES)[1] == "a 1-2 s, in an event"


def test_recordings_with_the_largest_share_of_wrong_windows_come_first() -> None:
    found = window_mistakes(judged(), PLACES).to_dict()
    assert (found["rows"], found["wrong"]) == (6, 3)
    assert found["recordings"] == [
        {"name": "a", "rows": 2, "wrong": 1},
        {"name": "b", "rows": 2, "wrong": 1},
        {"name": "c", "rows": 2, "wrong": 1},
    ]
    assert found["words"] == []


def test_rates_by_moment_have_the_intervals_of_whole_groups_and_no_test() -> None:
    moment, time = window_mistakes(judged(), PLACES).to_dict()["effects"]
    assert [(part["value"], part["rows"], part["wrong"]) for part in moment["parts"]] == [
        ("in an event", 1, 0),
        ("before an event", 2, 2),
        ("no event follows", 2, 1),
        ("moment unknown", 1, 0),
    ]
    assert (moment["p"], moment["groups"]) == (None, 3)
    assert [part["value"] for part in time["parts"]] == ["1 s", "2 s"]
    one_group = window_mistakes(judged([0] * 6), PLACES).to_dict()["effects"][1]["parts"]
    assert [(part["low"], part["rate"], part["high"]) for part in one_group] == [
        (2 / 3, 2 / 3, 2 / 3),
        (1 / 3, 1 / 3, 1 / 3),
    ]


def test_of_one_label_only_its_own_mistakes_count() -> None:
    found = window_mistakes(judged(), PLACES, only="stop", shown=1).to_dict()
    assert [label["name"] for label in found["labels"]] == ["stop"]
    assert found["labels"][0]["missed"]["count"] == 2
    assert found["labels"][0]["missed"]["hardest"][0]["text"] == "a 0-1 s, 0.5 s before an event"
    assert found["labels"][0]["missed"]["hardest"][0]["nearest_fit"] == []
    with pytest.raises(DataError, match=r"\[E201\] that is no label"):
        window_mistakes(judged(), PLACES, only="stopp")


def test_quarters_of_time_keep_equal_ends_together() -> None:
    many = places(["a"] * 8, ends=[1, 1, 1, 1, 1, 2, 3, 4])
    assert by_time(many).order == ("1 s", "2 s", "3 to 4 s")


def test_lengths_are_cut_into_quarters_too() -> None:
    lengths_N = np.array([1, 1, 2, 2, 3, 4, 5, 6.0])
    many = places(["a"] * 8, ends=lengths_N + 1, length=lengths_N)
    assert by_seconds(many).order == ("1 s", "2 s", "3 to 4 s", "5 to 6 s")


def test_places_of_other_windows_are_refused() -> None:
    with pytest.raises(DataError, match=r"\[E211\] places and predictions"):
        window_mistakes(judged(), places(RECORDINGS[:5], ends=[1, 2, 1, 2, 1]))


def test_screen_and_page_tell_recordings_in_place_of_words() -> None:
    found = window_mistakes(judged(), PLACES).to_dict()
    lines = list(head_lines(found))
    assert lines[1] == "  recordings: a 1 of 2 wrong, b 1 of 2 wrong, c 1 of 2 wrong"
    assert lines[2].startswith("  by moment, intervals of 3 groups: in an event 0.0%")
    metrics = {"mistakes": digest(found), "task": "multiclass", "confusion": None}
    section = mistakes_section(metrics, texts={})
    assert section is not None
    told = [getattr(block, "text", getattr(block, "caption", "")) for block in section.blocks]
    assert "Recordings with the largest share of wrong windows: a (1 of 2)" in told[1]
    assert "95 % intervals of 3 groups of rows, each drawn as a whole" in told[2]
