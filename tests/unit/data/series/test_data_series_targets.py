"""Labels of windows: worked by hand, and against a loop that reads as the definition does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.series.targets import (
    CUT_OFF,
    NOWHERE,
    UNKNOWN_FUTURE,
    UNLABELLED,
    UNLABELLED_AHEAD,
    FrameLabels,
    call,
    next_event,
)

NONE = 255


def frames_of(label, future=None, classes=2):
    label_T = np.array(label, np.int32)
    future_T = np.full(len(label_T), NONE, np.int32) if future is None else np.array(future)
    return FrameLabels(label_T, future_T.astype(np.int32), NONE, classes)


def called(target, label, spans, horizon=0, **more):
    first, end = (np.array(x, np.int64) for x in zip(*spans, strict=True))
    found = call(target, frames_of(label, **more), first, end, horizon=horizon)
    return found.label_N.tolist(), {why: out.tolist() for why, out in found.why.items() if any(out)}


def test_horizon_holds_no_frame_of_the_window_and_its_own_last_one():
    # The event is in frame 4. A window that ends before frame 2 sees frames 2 and 3 ahead.
    label = [0, 0, 0, 0, 1, 0, 0]
    spans = [(0, 2), (0, 3), (0, 4), (0, 5)]
    assert called("horizon", label, spans, horizon=2)[0] == [0, 1, 1, 0]


def test_a_positive_within_the_window_alone_is_no_future():
    assert called("horizon", [0, 1, 0, 0], [(0, 2)], horizon=2) == ([0], {})
    assert called("any", [0, 1, 0, 0], [(0, 2)], horizon=2) == ([1], {})


def test_a_horizon_that_is_cut_off_is_set_aside_even_with_an_event_in_what_is_left():
    label = [0, 0, 0, 1]
    assert called("horizon", label, [(0, 1), (0, 2), (0, 4)], horizon=3) == (
        [1, -1, -1],
        {CUT_OFF: [False, True, True]},
    )


def test_any_takes_what_is_recorded_of_the_horizon_as_the_seed_did():
    assert called("any", [1, 0, 0, 0], [(0, 1), (1, 4), (3, 4)], horizon=9) == ([1, 0, 0], {})


def test_without_an_event_an_unlabelled_frame_ahead_leaves_the_answer_open():
    label = [0, 0, NONE, 0, NONE, 1, 0]
    assert called("horizon", label, [(0, 2), (0, 4)], horizon=2) == (
        [-1, 1],
        {UNLABELLED_AHEAD: [True, False]},
    )


def test_of_several_labels_the_first_event_counts():
    assert called("horizon", [0, 0, 2, 1, 0], [(0, 1)], horizon=4, classes=3)[0] == [2]
    assert called("any", [0, 0, 1, 2], [(0, 2)], horizon=2, classes=3)[0] == [1]


def test_majority_is_the_most_frequent_label_and_the_lower_of_two():
    label = [0, 1, 1, 2, 2, NONE, NONE, NONE]
    spans = [(0, 3), (0, 2), (1, 5), (3, 8), (5, 8)]
    assert called("majority", label, spans, classes=3) == (
        [1, 0, 1, 2, -1],
        {UNLABELLED: [False, False, False, False, True]},
    )


def test_future_is_the_stored_label_of_the_last_frame():
    future = [0, 1, 0, NONE]
    assert called("future", [0] * 4, [(0, 2), (0, 3), (0, 4)], future=future) == (
        [1, 0, -1],
        {UNKNOWN_FUTURE: [False, False, True]},
    )


def test_next_event_looks_at_the_frame_itself_and_on():
    assert next_event(frames_of([0, 1, 0, NONE, 1, 0])).tolist() == [
        1, 1, 4, 4, 4, NOWHERE, NOWHERE,
    ]  # fmt: skip


def oracle(target, frames, first, end, horizon):
    """Return the label of one window and why it has none, frame by frame."""
    label, total = frames.label_T.tolist(), len(frames.label_T)
    own = [x for x in label[first:end] if x != NONE]
    if target == "majority":
        if not own:
            return -1, UNLABELLED
        return max(sorted(set(own)), key=own.count), None
    if target == "future":
        stored = int(frames.future_T[end - 1])
        return (-1, UNKNOWN_FUTURE) if stored == NONE else (stored, None)
    if target == "horizon":
        if end + horizon > total:
            return -1, CUT_OFF
        looked = [label[t] for t in range(end, end + horizon)]
    else:
        looked = [label[t] for t in range(first, min(end + horizon, total))]
    for x in looked:
        if x > 0 and x != NONE:
            return x, None
    return (-1, UNLABELLED_AHEAD) if NONE in looked else (0, None)


@pytest.mark.parametrize("target", ["horizon", "any", "majority", "future"])
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_every_target_equals_a_loop_over_its_definition(target, data):
    classes = data.draw(st.integers(2, 4))
    one = st.sampled_from([0, 0, 0, *range(classes), NONE])
    total = data.draw(st.integers(1, 24))
    frames = frames_of(
        data.draw(st.lists(one, min_size=total, max_size=total)),
        data.draw(st.lists(one, min_size=total, max_size=total)),
        classes,
    )
    length, stride = data.draw(st.integers(1, total)), data.draw(st.integers(1, 5))
    horizon = data.draw(st.integers(0, 10))
    first = np.arange(0, total - length + 1, stride)
    found = call(target, frames, first, first + length, horizon=horizon)
    for n, start in enumerate(first.tolist()):
        label, why = oracle(target, frames, start, start + length, horizon)
        assert found.label_N[n] == label
        assert [reason for reason, out in found.why.items() if out[n]] == ([why] if why else [])
