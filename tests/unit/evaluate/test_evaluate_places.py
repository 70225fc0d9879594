"""Where windows lie: from frames to seconds, to disk and back."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.data.series import Frames, SeriesSchema, Stream, Windows
from evenhand.errors import DataError, MissingFileError
from evenhand.evaluate.places import Places, load_places, save_places

FRAMES = Frames(
    {"x": np.zeros((50, 1), np.float32)},
    {"x": np.ones(50, bool)},
    np.array([0, 20, 50]),
    ("a", "b"),
)
SCHEMA = SeriesSchema((Stream("x", 1),), 10.0, 10, 5, 0, "horizon", ("no", "yes"))
WINDOWS = Windows(
    FRAMES,
    np.array([5, 20, 35]),
    np.array([15, 30, 45]),
    np.array([0, 1, 1]),
    np.array([1, np.nan, 0], np.float32),
    np.array([np.nan, 0.4, 1.2]),
)


def test_seconds_count_from_the_beginning_of_each_recording() -> None:
    places = Places.of(["p", "q", "r"], WINDOWS, SCHEMA)
    assert places.recordings == ("a", "b", "b")
    assert places.start_N.tolist() == [0.5, 0.0, 1.5]
    assert places.end_N.tolist() == [1.5, 1.0, 2.5]


def test_they_come_back_from_disk(tmp_path) -> None:
    places = Places.of(["p", "q", "r"], WINDOWS, SCHEMA)
    save_places(tmp_path / "w.parquet", places)
    again = load_places(tmp_path / "w.parquet")
    assert (again.ids, again.recordings) == (places.ids, places.recordings)
    for name in ("start_N", "end_N", "current_N", "wait_N"):
        np.testing.assert_array_equal(getattr(again, name), getattr(places, name))


def test_places_of_other_windows_are_refused() -> None:
    places = Places.of(["p", "q", "r"], WINDOWS, SCHEMA)
    places.refuse_other(["p", "q", "r"])
    with pytest.raises(DataError, match=r"\[E211\] places and predictions are of other windows"):
        places.refuse_other(["q", "p", "r"])


def test_a_file_that_is_missing_or_another(tmp_path) -> None:
    with pytest.raises(MissingFileError, match=r"\[E202\] there is no such file of places"):
        load_places(tmp_path / "w.parquet")
    (tmp_path / "w.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"\[E204\] that is no file of places"):
        load_places(tmp_path / "w.parquet")
