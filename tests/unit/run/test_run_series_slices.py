"""Parts of windows by what is said of their recordings, also where two folders share names."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from evenhand.errors import DataError
from evenhand.run.series_slices import slicing_of
from windows_by_hand import places


@pytest.fixture
def run(tmp_path):
    """Return what a run of three folders keeps; ``r1`` stands in two of them."""
    sources = {"labels_file": None}
    for role, records in (
        ("data", {"r1": {"place": "hall", "floor": 2}, "r2": {"floor": 1}}),
        ("tune", {"r1": {"place": "yard"}}),
        ("report", None),
    ):
        folder = tmp_path / role
        folder.mkdir()
        if records is not None:
            about = {"rate": 10, "dimensions": {"x": 1}, "recordings": records}
            (folder / "metadata.json").write_text(json.dumps(about), encoding="utf-8")
        sources[role] = str(folder)
    return SimpleNamespace(manifest={"sources": sources}, folder=tmp_path)


PLACES = places(["fit/r1", "tune/r1", "fit/r2", "report/r9"], ends=[1.0, 2.0, 3.0, 4.5])


def test_a_recording_has_what_its_own_folder_says(run):
    found = slicing_of(run, PLACES, "place").values
    assert found == {"w0": "hall", "w1": "yard", "w2": "(empty)", "w3": "(empty)"}
    assert slicing_of(run, PLACES, "floor").values["w0"] == "2"


def test_every_window_has_a_recording_a_moment_a_time_and_a_length(run):
    assert slicing_of(run, PLACES, "recording").values["w1"] == "tune/r1"
    assert set(slicing_of(run, PLACES, "length").values.values()) == {"1 s"}
    assert set(slicing_of(run, PLACES, "moment").values.values()) == {"no event follows"}
    assert slicing_of(run, PLACES, "time").order == (
        "1 s",
        "2 s",
        "3 s",
        "4.5 s",
    )


def test_a_key_that_no_recording_has_is_refused_with_those_there_are(run):
    with pytest.raises(DataError, match=r"\[E205\] no recording has the key(.|\n)*floor, place"):
        slicing_of(run, PLACES, "plase")
    with pytest.raises(DataError, match=r"did you mean 'place'\?"):
        slicing_of(run, PLACES, "plase")
