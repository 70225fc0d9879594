"""From metadata.json and settings to a schema: what wins, and what is refused."""

import numpy as np
import pytest

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.series.gather import gather
from evenhand.data.series.records import SeriesSchema
from evenhand.errors import ConfigError, DataError


def schema(path, *, data=None, **config):
    found = gather(
        path, tune=None, report=None, data=DataConfig(**(data or {})), config=SeriesConfig(**config)
    )
    return found.schema


def frames_of(found):
    return found.window, found.stride, found.horizon


def test_defaults_then_metadata_then_settings(write, many):
    assert frames_of(schema(write(many))) == (40, 20, 0)
    path = write(many, window=2, stride=0.5, horizon=1)
    assert frames_of(schema(path)) == (20, 5, 10)
    assert frames_of(schema(path, window=3, horizon=2)) == (30, 5, 20)
    assert frames_of(schema(path, window=3, stride=3, rate=5)) == (15, 15, 5)
    assert frames_of(schema(write(many, window=3))) == (30, 15, 0)


def test_a_window_of_0_is_the_whole_recording(write, many):
    found = schema(write(many, window=0))
    assert frames_of(found) == (0, 0, 0)
    assert "windows  the whole recording  " in found.describe()


def test_the_target_that_is_meant(write, many, walk):
    stored = {**many, "z": {**walk(), "future_label": np.zeros(60, np.uint8)}}
    assert schema(write(many)).target == "majority"
    assert schema(write(many, horizon=1)).target == "horizon"
    assert schema(write(stored, name="stored")).target == "future"
    assert schema(write(stored, name="stored", horizon=1)).target == "horizon"
    assert schema(write(many, horizon=1, target="any")).target == "any"
    assert schema(write(many, horizon=1, target="any"), target="majority").target == "majority"
    assert schema(write(many, horizon=1), target="majority").horizon == 0
    assert schema(write(stored, name="stored", horizon=1), target="future").horizon == 10


def test_names_are_given_or_counted_up_to_the_largest(write, walk):
    files = {"a": walk(label=np.arange(60) % 3), "b": walk(label=np.full(60, 255))}
    assert schema(write(files)).names == ("0", "1", "2")
    assert schema(write(files, labels=["x", "y", "z", "never"])).names == ("x", "y", "z", "never")
    assert schema(write({"a": walk(label=np.zeros(60))}, name="one")).names == ("0", "1")


def test_streams_may_be_chosen(write, many):
    assert [s.name for s in schema(write(many), streams="traj").streams] == ["traj"]
    assert [s.name for s in schema(write(many), streams="traj,pose").streams] == ["pose", "traj"]
    with pytest.raises(
        ConfigError, match=r"\[E102\] series\.streams names [^?]*'trej'[^?]*did you mean 'traj'"
    ):
        schema(write(many), streams="trej")


def test_what_is_rounded_is_noted(write, many):
    found = schema(write(many, window=2.04, horizon=0.97))
    assert found.notes == (
        "a window of 2.04 s is not a whole number of frames at 10 Hz: 20 frames, 2 s",
        "a horizon of 0.97 s is not a whole number of frames at 10 Hz: 10 frames, 1 s",
    )


def test_a_rate_that_wins_over_the_stored_one_is_noted(write, many):
    path = write(many)
    assert schema(path, rate=20).notes == ("series.rate = 20 Hz, and metadata.json says 10 Hz",)


def test_it_comes_back_from_json(write, many):
    found = schema(write(many, units={"pose": "m"}, limits={"pose": 99}, horizon=1))
    assert SeriesSchema.from_dict(found.to_dict()) == found


def test_rate_may_come_from_a_setting_alone(write, many):
    path = write(many, rate=None)
    assert schema(path, rate=10).rate == 10
    with pytest.raises(DataError, match=r"\[E231\] metadata\.json lacks 'rate'"):
        schema(path)


def test_a_missing_file_shows_what_it_would_be(write, many):
    path = write(many)
    (path / "metadata.json").unlink()
    with pytest.raises(DataError, match=r"\[E231\] metadata\.json is missing") as error:
        schema(path)
    assert '"dimensions": {"pose": 3, "traj": 2}' in error.value.fix


REFUSED = [
    ({}, {"window": 0.01}, r"\[E102\] the window is shorter than a frame[^/]*series\.window=0\.1"),
    ({"window": 0.01}, {}, r"\[E231\] the window is shorter than a frame"),
    ({"horizon": 0.01}, {}, r"\[E231\] the horizon is shorter than a frame"),
    ({}, {"stride": 0.01}, r"\[E102\] the stride is shorter than a frame"),
    ({"stride": 0}, {}, r"\[E231\] the stride is shorter than a frame"),
    ({}, {"target": "horizon"}, r"\[E231\] metadata\.json lacks 'horizon'"),
    ({}, {"target": "future"}, r"\[E233\] the target is future_label, and no recording"),
    ({"horizon": 1}, {"window": 0}, r"\[E105\] a window that is the whole recording"),
    ({}, {"horizon": 1, "target": "majority"}, r"\[E105\] the target looks at the window alone"),
]


@pytest.mark.parametrize(("said", "config", "message"), REFUSED)
def test_what_cannot_be_is_refused(write, many, said, config, message):
    with pytest.raises((ConfigError, DataError), match=message):
        schema(write(many, **said), **config)


@pytest.mark.parametrize(
    "data",
    [{"text": "x"}, {"labels": "x"}, {"id": "x"}, {"header": "no"}, {"task": "multilabel"}],
)
def test_settings_of_tables_are_refused(write, many, data):
    with pytest.raises(
        ConfigError, match=rf"\[E105\] only tables read[^?]*data\.{next(iter(data))}"
    ):
        schema(write(many), data=data)


def test_recordings_without_any_label_and_too_many_unnamed_ones_are_refused(write, walk):
    path = write({"a": {k: v for k, v in walk().items() if k != "label"}})
    with pytest.raises(DataError, match=r"\[E233\] no recording has a label"):
        schema(path)
    path = write({"a": {**walk(), "label": np.full(60, 300)}}, name="many")
    with pytest.raises(DataError, match=r'\[E206\] labels without names[^?]*"unlabelled": 300'):
        schema(path)


def test_a_group_that_no_recording_has_is_refused_with_a_hint(write, many):
    path = write(many, recordings={"r00": {"person": "p"}})
    assert schema(path, data={"group": "person"}).group == "person"
    assert (
        schema(write(many, group="person", recordings={"r00": {"person": "p"}})).group == "person"
    )
    with pytest.raises(
        DataError, match=r"\[E205\] no recording has the group 'persn'[^?]*'person'\?"
    ):
        schema(path, data={"group": "persn"})
    path = write(many, group="person", name="bare")
    with pytest.raises(DataError, match=r"\[E205\][^?]*of no recording"):
        schema(path)
    assert schema(path, data={"group": "none"}).group is None
