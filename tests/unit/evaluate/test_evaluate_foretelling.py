"""Lead times and events by hand; windows in an event are kept apart from those before it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenhand.evaluate.foretelling import foretelling, weighted_median
from evenhand.evaluate.systems import Question
from windows_by_hand import one_hot, places, predictions

nan = math.nan
ASKED = Question(resamples=200)
RECORDINGS = list("aaaaa") + list("bbbb") + list("cc")
TRUTH = [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
GIVEN = [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 0]
CURRENT = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, nan]
WAIT = [4.0, 2.0, 1.5, 0.5, 0.1, 1.0, 0.2, 3.0, nan, nan, nan]
ENDS = [1.0, 3.0, 3.5, 4.5, 5.5, 2.0, 2.8, 0.5, 9.0, 1.0, 2.0]


def told(*, horizon=2.0, groups=None, given=GIVEN):
    return foretelling(
        predictions(TRUTH, groups=groups),
        one_hot(given) == 1,
        places(RECORDINGS, ends=ENDS, current=CURRENT, wait=WAIT),
        horizon=horizon,
        question=ASKED,
    )


def test_windows_before_and_in_events_have_figures_of_their_own() -> None:
    found = told()
    ahead, begun = found["ahead"], found["begun"]
    # Before: 9 windows, 5 positive, 2 hits, 2 alarms.
    assert (ahead["rows"], ahead["positives"]) == (9, 5)
    assert ahead["precision"]["value"] == 0.5
    assert ahead["recall"]["value"] == 0.4
    assert ahead["f1"]["value"] == pytest.approx(4 / 9)
    assert ahead["always_f1"]["value"] == pytest.approx(10 / 14)
    assert (begun["rows"], begun["positives"], begun["recall"]["value"]) == (1, 1, 1.0)


def test_lead_and_the_share_of_events_told_so_long_before() -> None:
    found = told()
    # Hits before an event: 1.5 s and 0.5 s. Two events: a at 5 s, and b at 3 s, never told.
    assert found["lead"]["hits"] == 2
    assert found["lead"]["value"] == 1.0
    assert found["events"] == 2
    shares = [(row["at_least"], row["events"], row["value"]) for row in found["foretold"]]
    assert shares == [(0.0, 2, 0.5), (0.5, 2, 0.5), (1.0, 2, 0.5), (1.5, 1, 1.0)]


def test_an_event_that_a_window_ends_in_is_not_foretold_by_it() -> None:
    only_in_one = [0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0]
    found = told(given=only_in_one)
    assert found["lead"] == {"hits": 0, "value": None, "low": None, "high": None}
    assert [row["value"] for row in found["foretold"]] == [0.0, 0.0, 0.0, 0.0]


def test_without_a_horizon_spans_are_parts_of_the_longest_lead() -> None:
    assert [row["at_least"] for row in told(horizon=0.0)["foretold"]] == [0.0, 0.5, 1.0, 1.5]


def test_events_are_drawn_with_the_group_of_their_recording() -> None:
    apart = told()["foretold"][0]
    together = told(groups=[0] * 11)["foretold"][0]
    assert (apart["low"], apart["high"]) == (0.0, 1.0)
    assert together == {"at_least": 0.0, "events": 2, "value": 0.5, "low": 0.5, "high": 0.5}


def test_a_window_of_another_events_label_is_no_hit() -> None:
    found = foretelling(
        predictions([1, 2], names=("rest", "turn", "stop")),
        one_hot([1, 1], 3) == 1,
        places(["a", "b"], ends=[1.0, 1.0], current=[0, 0], wait=[0.5, 0.5]),
        horizon=1.0,
        question=ASKED,
    )
    assert found["lead"]["hits"] == 1
    assert found["ahead"]["recall"]["value"] == 1.0


def test_nothing_before_an_event_gives_nothing() -> None:
    assert (
        foretelling(
            predictions([0, 1]),
            one_hot([0, 1]) == 1,
            places(["a", "a"], ends=[1.0, 2.0], current=[0, 1], wait=[nan, 0.1]),
            horizon=1.0,
            question=ASKED,
        )
        is None
    )


def test_a_positive_beyond_the_horizon_is_of_its_own_event() -> None:
    """Under ``any`` a window may hold an event that is over; the next one is not its own."""
    found = foretelling(
        predictions([1, 1]),
        one_hot([1, 1]) == 1,
        places(["a", "a"], ends=[1.0, 2.0], current=[0, 0], wait=[9.0, 0.5]),
        horizon=1.0,
        question=ASKED,
    )
    assert found["lead"]["hits"] == 1
    assert found["events"] == 1
    assert (found["ahead"]["rows"], found["ahead"]["positives"]) == (1, 1)
    assert (found["begun"]["rows"], found["begun"]["positives"]) == (0, 0)


@pytest.mark.parametrize("rows", [1, 2, 5, 8])
def test_the_median_of_values_that_count_once_is_the_plain_one(rows) -> None:
    values_K = np.sort(np.random.default_rng(rows).normal(size=rows))
    assert weighted_median(values_K, np.ones((rows, 1)))[0] == pytest.approx(np.median(values_K))


def test_a_value_that_counts_three_times_stands_there_three_times() -> None:
    values_K, weights_K = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 0.0, 3.0, 2.0])
    expected = np.median(np.repeat(values_K, weights_K.astype(int)))
    assert weighted_median(values_K, weights_K[:, None])[0] == expected
    assert math.isnan(weighted_median(values_K, np.zeros((4, 1)))[0])
    assert math.isnan(weighted_median(np.zeros(0), np.zeros((0, 1)))[0])
