"""What is odd about recordings: units, speeds, clocks, labels of what comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.series.measures import Clock, Extent, Measure, measure
from evenhand.data.series.records import Stream
from evenhand.data.series.sanity import (
    beyond_limits,
    constant_numbers,
    leaking_future,
    odd_clocks,
    short_recordings,
    too_fast,
    unlike_spreads,
    unmeasured,
    wide_angles,
)
from evenhand.data.series.targets import FrameLabels


def known(frames):
    return np.ones(frames, bool)


def path_of(*x):
    return np.array(x, np.float32)[:, None]


def test_a_measure_by_hand_leaves_out_what_is_not_known():
    values = np.array([[0, 1], [3, 1], [0, 0], [4, -9]], np.float32)
    found = measure(values, np.array([True, True, False, True]))
    assert found == Measure(3, 1, largest=9, at=3, number=1, step=3, jump=3, jump_at=0)
    assert measure(values, known(4), held=False) == Measure()
    assert measure(path_of(5), known(1)) == Measure(1, 0, largest=5)


@given(st.lists(st.lists(st.integers(-50, 50), min_size=0, max_size=6), min_size=1, max_size=5))
@settings(deadline=None)
def test_extents_joined_are_the_extent_of_all(parts):
    whole = [x for part in parts for x in part]
    joined = Extent.of(np.zeros((0, 1), np.float32), known(0))
    for part in parts:
        joined = joined.join(Extent.of(np.array(part, np.float32).reshape(-1, 1), known(len(part))))
    assert joined.frames == len(whole)
    if whole:
        assert (joined.low_D[0], joined.high_D[0]) == (min(whole), max(whole))
        np.testing.assert_allclose(joined.mean_D[0], np.mean(whole), atol=1e-9)
        np.testing.assert_allclose(joined.squares_D[0] / len(whole), np.var(whole), atol=1e-9)


def test_a_spread_is_the_median_over_numbers_that_change():
    values = np.array([[0, 0, 7], [2, 20, 7]], np.float32)
    assert Extent.of(values, known(2)).spread() == pytest.approx(5.5)
    assert Extent.of(np.full((3, 2), 4, np.float32), known(3)).spread() == 0


def test_a_value_beyond_its_limit_is_named_with_frame_and_recording():
    streams = [Stream("v", 1, "m/s", 10), Stream("free", 1)]
    measures = {
        "v": [measure(path_of(1, 10), known(2)), measure(path_of(1, -1000), known(2))],
        "free": [Measure(largest=1e9)] * 2,
    }
    (found,) = beyond_limits(streams, measures, ["a", "b"])
    assert found.kind == "limit"
    assert found.said == (
        "v[0] is 1,000 m/s in frame 1 of 'b', and 10 m/s is the limit (1 of 2 recordings are "
        "beyond it)"
    )
    assert found.advice == "are the values in another unit than 'm/s'?"


@pytest.mark.parametrize(
    ("unit", "x", "said"),
    [
        ("m/s", (0, 1000), "moves at 1,000 m/s (frame 1 of 'a')"),
        ("mm/s", (0, 1000), None),
        ("km/h", (0, 1000), "moves at 278 m/s"),
        ("m", (0, 100, 200), "moves at 1,000 m/s (frames 0 to 1 of 'a')"),
        ("mm", (0, 100, 200), None),
        ("m", (0, 0.1, 0.2), None),
        ("", (0, 1000), None),
    ],
)
def test_a_speed_of_1000_metres_a_second_is_odd(unit, x, said):
    measures = {"x": [measure(path_of(*x), known(len(x)))]}
    found = list(too_fast([Stream("x", 1, unit)], measures, ["a"], 10))
    assert [said in f.said for f in found] == ([] if said is None else [True])


def test_one_jump_is_told_from_another_unit():
    x = path_of(0, 0.1, 0.2, 90, 90.1, 90.2)
    (found,) = too_fast([Stream("x", 1, "m")], {"x": [measure(x, known(6))]}, ["a"], 10)
    assert "frames 2 to 3" in found.said
    assert found.advice.startswith("does the tracker jump")
    (all_fast,) = too_fast([Stream("x", 1, "m")], {"x": [measure(1000 * x, known(6))]}, ["a"], 10)
    assert all_fast.advice == "are the values in another unit, such as mm?"


def test_a_gap_is_no_movement():
    x = path_of(0, 0, 90)
    measures = {"x": [measure(x, np.array([True, False, True]))]}
    assert list(too_fast([Stream("x", 1, "m")], measures, ["a"], 10)) == []


def test_degrees_given_as_radians_are_odd():
    streams = [Stream("x", 1, "rad"), Stream("y", 1, "deg")]
    measures = {name: [measure(path_of(0, 180), known(2))] for name in "xy"}
    (found,) = wide_angles(streams, measures, ["a"])
    assert found.said == "x[0] is 180 rad in frame 1 of 'a'"


def test_a_stream_that_spreads_a_thousand_times_as_far_in_the_same_unit_is_odd():
    streams = [Stream("pose", 1, "m"), Stream("traj", 1, "m"), Stream("other", 1, "s")]
    extents = {
        "pose": Extent.of(path_of(0, 1), known(2)),
        "traj": Extent.of(path_of(0, 1000), known(2)),
        "other": Extent.of(path_of(0, 1e6), known(2)),
    }
    (found,) = unlike_spreads(streams, extents)
    assert found.said == "traj spreads over 500 m and pose over 0.5 m, 1,000 times less"
    extents["traj"] = Extent.of(path_of(0, 100), known(2))
    assert list(unlike_spreads(streams, extents)) == []


def test_numbers_that_never_change_are_listed():
    values = np.array([[1, 2, 3], [1, 5, 3]], np.float32)
    (found,) = constant_numbers([Stream("x", 3)], {"x": Extent.of(values, known(2))})
    assert found.said == "2 of 3 numbers of x never change (0, 2)"


def test_missing_streams_and_masked_frames_are_counted():
    measures = {"x": [Measure(frames=3, unknown=1), Measure(), Measure(frames=4)]}
    lacking, masked = unmeasured([Stream("x", 1)], measures, ["a", "b", "c"])
    assert lacking.said == "1 of 3 recordings lack the stream 'x' (b)"
    assert masked.said == "1 of 8 frames of x (12.5%) hold NaN or infinity"


def test_clocks_by_hand():
    assert Clock.of(np.array([0, 1, 2, 2, 5, 6.0])) == Clock(1.0, backward=1, uneven=1, steps=5)
    assert Clock.of(np.array([3.0])) == Clock()
    assert Clock.of(np.array([0, np.nan, 2])).backward == 2
    assert Clock.of(np.array([0, np.inf, 0, 1, 2])) == Clock(1.0, backward=2, uneven=0, steps=4)
    assert Clock.of(np.array([np.inf, np.inf, -1e308, 1e308])) == Clock(0.0, backward=3, steps=3)


@pytest.mark.parametrize("unit", [1, 1e3, 1e9])
def test_an_even_clock_at_the_rate_is_not_odd_in_any_unit(unit):
    clock = Clock.of(np.arange(50) / 15 * unit)
    assert list(odd_clocks([clock, None], ["a", "b"], 15)) == []


def test_a_clock_that_contradicts_the_rate_or_is_uneven_is_odd():
    found = list(odd_clocks([Clock(1 / 30, 0, 0, 9), Clock(1 / 30, 2, 3, 9)], ["a", "b"], 15))
    assert [f.said for f in found] == [
        "the time stamps are 0.03333 apart, and at 15 Hz frames are 0.06667 s apart",
        "2 of 18 steps of the time stamps do not go forward (b)",
        "3 of 18 steps of the time stamps are not even (b)",
    ]


def test_recordings_shorter_than_a_window_are_named():
    (found,) = short_recordings([9, 10], ["a", "b"], 10)
    assert found.said == "1 of 2 recordings are shorter than a window of 10 frames (a)"
    assert list(short_recordings([10], ["b"], 10)) == []


def future(label, first, end, *, cut_off=255):
    """Return the stored label: an event in [t + first, t + end), ``cut_off`` at the end."""
    horizon = end - 1 if first else end
    return [
        cut_off if t + horizon >= len(label) else int(any(label[t + first : t + end]))
        for t in range(len(label))
    ]


LABEL = [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]


def frames_of(stored):
    return FrameLabels(np.array(LABEL, np.int32), np.array(stored, np.int32), 255, 2)


def test_a_future_label_of_what_comes_is_not_odd():
    assert list(leaking_future([frames_of(future(LABEL, 1, 4))], 3)) == []


@pytest.mark.parametrize(("end", "shown"), [(4, "[t, t + H]"), (3, "[t, t + H)")])
def test_a_future_label_that_holds_the_frames_own_label_is_odd(end, shown):
    stored = [
        255 if t + 3 >= len(LABEL) else int(any(LABEL[t : t + end])) for t in range(len(LABEL))
    ]
    (found,) = leaking_future([frames_of(stored)], 3)
    assert found.said.startswith(f"future_label equals the label of {shown} in 100.0%")


def test_a_future_label_of_0_where_nobody_knows_is_odd():
    (found,) = leaking_future([frames_of(future(LABEL, 1, 4, cut_off=0))], 3)
    assert found.said.startswith("3 frames whose horizon is not fully recorded")
