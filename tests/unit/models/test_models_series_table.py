"""Windows as the network reads them: values, masks, padding, missing streams."""

import numpy as np
import pytest

from evenhand.data.series import Frames, Scaler, Windows
from evenhand.errors import ConfigError
from evenhand.models.series import WindowTable, table
from tiny_series import frames_of, table_of, windows_of


def by_hand():
    """Return windows (0, 1, 2) and (3, 4) of two recordings, of one stream a number wide."""
    values = np.array([[1], [3], [5], [7], [0]], np.float32)
    known = np.array([True, True, True, True, False])
    frames = Frames({"x": values}, {"x": known}, np.array([0, 3, 5]), ("a", "b"))
    first, end = np.array([0, 3]), np.array([3, 5])
    return Windows(frames, first, end, np.arange(2), np.zeros(2, np.float32), np.full(2, np.nan))


def test_values_are_scaled_unknown_ones_are_0_and_padding_is_neither_inside_nor_known():
    scaler = Scaler({"x": np.array([3.0])}, {"x": np.array([2.0])})
    batch = WindowTable(by_hand(), scaler, ("x",)).batch(np.array([0, 1]))
    assert batch["x:values_BTD"][..., 0].tolist() == [[-1, 0, 1], [2, 0, 0]]
    assert batch["x:known_BT"].tolist() == [[True] * 3, [True, False, False]]
    assert batch["inside_BT"].tolist() == [[True] * 3, [True, True, False]]
    assert batch["x:values_BTD"].dtype == np.float32
    assert list(batch) == ["inside_BT", "x:values_BTD", "x:known_BT"]


def test_rows_come_in_the_order_that_was_asked_for():
    made = table_of()
    assert made.lengths().tolist()[:4] == [12, 11, 10, 9]
    rows = np.array([5, 2, 5])
    batch = made.batch(rows)
    for b, row in enumerate(rows):
        alone = made.batch(np.array([row]))
        for name, values in alone.items():
            np.testing.assert_array_equal(batch[name][b, : values.shape[1]], values[0])
            assert not batch[name][b, values.shape[1] :].any()


def test_frames_scaled_once_equal_frames_scaled_batch_by_batch(monkeypatch):
    rows = np.array([0, 7, 3])
    once, again = table_of(), table_of()
    monkeypatch.setattr(table, "COPIED", 0)
    later = again.batch(rows)
    assert not again._frames.scaled
    monkeypatch.undo()
    for name, values in once.batch(rows).items():
        assert values.tobytes() == later[name].tobytes(), name


def test_frames_are_scaled_as_the_scaler_says_in_portions_of_any_size(monkeypatch):
    monkeypatch.setattr(table, "PORTION", 7)
    made = table_of()
    (first,), (end,) = made.windows.first_N[4:5], made.windows.end_N[4:5]
    expected = made.scaler.apply("pose", made.windows.frames.values["pose"][first:end])
    expected[~made.windows.frames.known["pose"][first:end]] = 0
    np.testing.assert_array_equal(made.batch(np.array([4]))["pose:values_BTD"][0], expected)


def test_a_batch_may_be_written_to_without_changing_the_table():
    made, rows = table_of(), np.arange(3)
    first = made.batch(rows)
    for values in first.values():
        values[:] = 1
    assert made.batch(rows)["pose:values_BTD"].std() > 0.5


def test_only_the_frames_of_the_windows_are_kept():
    windows = windows_of(frames_of()).take(np.array([8, 10]))
    made = WindowTable(windows, Scaler.fit(windows), ("traj",))
    assert made._frames.values["traj"].shape == (24, 2)
    assert list(made._frames.values) == ["traj"]


def test_without_a_stream_nothing_of_it_is_known():
    made, rows = table_of(), np.arange(4)
    all_of, less = made.batch(rows), made.without("traj").batch(rows)
    assert not less["traj:known_BT"].any()
    assert not less["traj:values_BTD"].any()
    for name in ("inside_BT", "pose:values_BTD", "pose:known_BT"):
        np.testing.assert_array_equal(less[name], all_of[name])
    assert made.without("traj").without("pose").hidden == {"pose", "traj"}
    assert made.hidden == frozenset()


def test_a_stream_that_is_not_there_cannot_be_left_out():
    with pytest.raises(ConfigError, match=r"\[E101\] there is no stream(.|\n)*did you mean 'pose'"):
        table_of().without("poses")


def test_frames_that_lie_on_disk_are_read_as_they_are(tmp_path):
    windows = windows_of(frames_of())
    np.save(tmp_path / "pose.npy", windows.frames.values["pose"])
    mapped = np.load(tmp_path / "pose.npy", mmap_mode="r")
    on_disk = Frames(
        {**windows.frames.values, "pose": mapped},
        windows.frames.known,
        windows.frames.starts_R,
        windows.frames.names,
    )
    here, there = table_of(windows), table_of(windows_of(on_disk))
    rows = np.array([2, 9])
    for name, values in here.batch(rows).items():
        np.testing.assert_array_equal(there.batch(rows)[name], values)
