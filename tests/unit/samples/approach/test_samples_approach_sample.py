"""The sample that comes out of the simulation."""

import hashlib

import numpy as np
import pytest

from evenhand.samples import SAMPLES
from evenhand.samples.approach import draw_approach
from evenhand.samples.series import DrawnSeries


@pytest.fixture(scope="module")
def drawn() -> DrawnSeries:
    return draw_approach(0)


@pytest.fixture(scope="module")
def other() -> DrawnSeries:
    return draw_approach(1)


def test_recordings_have_the_form_that_metadata_promises(drawn: DrawnSeries) -> None:
    assert drawn.form.metadata(drawn.recordings)["dimensions"] == {"pose": 72, "traj": 2}
    for recording in drawn.recordings:
        shapes = {name: values.shape for name, values in recording.streams.items()}
        frames = len(recording.label_T)
        assert shapes == {"pose": (frames, 72), "traj": (frames, 2)}
        assert all(values.dtype == np.float32 for values in recording.streams.values())
        assert set(recording.label_T.tolist()) <= {0, 1}


def test_values_are_finite_and_within_the_limits(drawn: DrawnSeries) -> None:
    for recording in drawn.recordings:
        assert np.isfinite(recording.streams["pose"]).all()
        assert np.abs(recording.streams["pose"]).max() < 2.5
        assert np.abs(recording.streams["traj"]).max() < 7


def test_names_do_not_depend_on_the_seed(drawn: DrawnSeries, other: DrawnSeries) -> None:
    """Else a copy with another seed would leave recordings of the first behind."""
    names = [recording.name for recording in drawn.recordings]
    assert names == [recording.name for recording in other.recordings]
    assert (names[0], names[-1], len(set(names))) == ("s00-0", "s47-4", 240)


def test_sessions_keep_people_apart(drawn: DrawnSeries) -> None:
    assert drawn.form.group == "session"
    sessions = {r.record["person"]: set() for r in drawn.recordings}
    for recording in drawn.recordings:
        sessions[recording.record["person"]].add(recording.record["session"])
    assert {len(found) for found in sessions.values()} == {1}


def test_windows_foretell_two_seconds(drawn: DrawnSeries) -> None:
    counts = np.bincount(
        [label for r in drawn.recordings for label in drawn.form.window_labels(r.label_T)]
    )
    assert f"{counts[0] / counts[1]:.1f}:1" in SAMPLES["approach"].facts
    assert 7_000 < counts.sum() < 9_000


def test_the_same_seed_gives_the_same_bytes(drawn: DrawnSeries, other: DrawnSeries) -> None:
    def digest(series: DrawnSeries) -> str:
        return hashlib.sha256(b"".join(series.pages().values())).hexdigest()

    assert digest(draw_approach(0)) == digest(drawn)
    assert digest(other) != digest(drawn)


def test_it_says_that_nobody_is_real(drawn: DrawnSeries) -> None:
    sample = SAMPLES["approach"]
    assert sample.title.startswith("synthetic")
    assert sample.source.startswith("synthetic")
    assert drawn.ledger[0] == "read: nothing; every recording is simulated by evenhand"
