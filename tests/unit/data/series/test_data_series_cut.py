"""Windows of recordings: where they begin, what they are called, what becomes of the rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.series.cut import TOO_SHORT, cut, cut_labelled, window_names
from evenhand.data.series.records import Frames, SeriesSchema, Stream
from evenhand.data.series.reel import Facts, Reel
from evenhand.data.series.targets import CUT_OFF
from evenhand.errors import DataError


def reel_of(*labels, future=None):
    starts = np.cumsum([0, *map(len, labels)])
    total = int(starts[-1])
    frames = Frames(
        {"x": np.zeros((total, 1), np.float32)},
        {"x": np.ones(total, bool)},
        starts,
        tuple("abc"[: len(labels)]),
    )
    label_F = np.concatenate(labels).astype(np.int32)
    future_F = np.full(total, 255, np.int32) if future is None else np.array(future, np.int32)
    return Reel(frames, label_F, future_F, Facts())


def schema_of(**changes):
    settings = {"rate": 2, "window": 3, "stride": 2, "horizon": 2, "target": "horizon"}
    return SeriesSchema((Stream("x", 1),), **{**settings, "names": ("no", "yes"), **changes})


def test_windows_begin_every_stride_and_end_within_their_recording():
    windows = cut(reel_of([0] * 8, [0] * 2, [0] * 3).frames, schema_of())
    assert windows.first_N.tolist() == [0, 2, 4, 10]
    assert windows.end_N.tolist() == [3, 5, 7, 13]
    assert windows.recording_N.tolist() == [0, 0, 0, 2]
    assert np.isnan(windows.current_N).all()
    assert np.isnan(windows.wait_N).all()


def test_a_window_of_0_is_the_whole_recording():
    windows = cut(reel_of([0] * 8, [0]).frames, schema_of(window=0, stride=0, target="majority"))
    assert (windows.first_N.tolist(), windows.end_N.tolist()) == ([0, 8], [8, 9])


def test_names_are_seconds_from_the_start_of_the_recording():
    reel = reel_of([0] * 8, [0] * 5)
    schema = schema_of(rate=15, stride=1)
    ids, texts = window_names(cut(reel.frames, schema), schema)
    assert ids[:3] == ["a@0", "a@0.067", "a@0.133"]
    assert texts[0] == "a 0-0.2 s"
    assert ids[6] == "b@0"
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("rate", [0.1, 1, 9.99, 10, 15, 1000, 44_100])
def test_no_two_windows_of_a_recording_share_a_name(rate):
    frames = Frames({}, {}, np.array([0, 20_001]), ("a",))
    schema = schema_of(rate=rate, window=1, stride=1)
    ids, _ = window_names(cut(frames, schema), schema)
    assert len(set(ids)) == 20_001


def test_labels_with_what_is_known_at_the_last_frame():
    # 2 Hz. Windows of frames 0-2, 2-4, 4-6; horizons are frames 3-4, 5-6, 7-8 (cut off).
    found = cut_labelled(reel_of([0, 0, 0, 0, 1, 255, 0, 0]), schema_of())
    assert found.windows.first_N.tolist() == [0]
    assert found.label_N.tolist() == [1]
    assert found.windows.current_N.tolist() == [0]
    assert found.windows.wait_N.tolist() == [1.0]
    assert found.aside[0][CUT_OFF] == ["a@2"]
    assert sum(map(len, found.aside[0].values())) == 2


def test_present_label_and_wait_are_nan_where_nobody_knows():
    schema = schema_of(target="any", horizon=0, window=1, stride=1)
    found = cut_labelled(reel_of([1, 0, 255, 1, 0]), schema)
    assert found.windows.current_N.tolist() == [1, 0, 1, 0]
    np.testing.assert_array_equal(found.windows.wait_N, [1.5, 1.0, np.nan, np.nan])


def test_the_next_recording_is_not_the_future_of_this_one():
    found = cut_labelled(reel_of([0] * 5, [1] * 5), schema_of(stride=1))
    assert found.label_N.tolist() == [0, 1]
    assert np.isnan(found.windows.wait_N[0])


def test_a_recording_shorter_than_a_window_is_set_aside_as_one():
    found = cut_labelled(reel_of([0] * 2, [0] * 5), schema_of())
    assert found.aside[0] == {TOO_SHORT: ["a@0"]}
    assert found.windows.recording_N.tolist() == [1]


@pytest.mark.parametrize("value", [2, -1, 254])
def test_a_label_without_a_name_is_refused_with_its_frame(value):
    with pytest.raises(
        DataError, match=r"\[E206\] a frame has a label beyond 0 to 1 \(no, yes\)"
    ) as e:
        cut_labelled(reel_of([0] * 5, [0, 0, value, 0, 0]), schema_of())
    assert e.value.got == f"{value} in frame 2 of label of 'b'"
    assert ("labels count from 0" in e.value.fix) == (value < 0)
    with pytest.raises(DataError, match="of future_label of 'a'"):
        cut_labelled(reel_of([0, 0, 0], future=[0, value, 0]), schema_of(target="future"))


@given(
    st.lists(st.sampled_from([0, 0, 0, 1, 255]), min_size=1, max_size=30),
    st.integers(1, 6),
    st.integers(1, 4),
)
@settings(deadline=None)
def test_present_label_and_wait_equal_a_loop_over_the_frames(label, window, stride):
    schema = schema_of(target="any", horizon=0, window=window, stride=stride, rate=4)
    windows = cut_labelled(reel_of(label), schema).windows
    for row, end in enumerate(windows.end_N.tolist()):
        last = end - 1
        coming = [t for t in range(end, len(label)) if label[t] == 1]
        current = np.nan if label[last] == 255 else label[last]
        np.testing.assert_array_equal(windows.current_N[row], np.float32(current))
        wait = (coming[0] - last) / 4 if coming else np.nan
        np.testing.assert_array_equal(windows.wait_N[row], wait)
