"""A folder of recordings: which file is whose, and what becomes of damaged ones."""

import numpy as np
import pytest

from evenhand.data.series.folder import (
    is_series,
    refuse_absent,
    refuse_no_folder,
    survey,
)
from evenhand.data.series.metadata import read_metadata
from evenhand.data.series.recording import Manner
from evenhand.data.series.records import Stream
from evenhand.durable import file_sha256
from evenhand.errors import DataError, MissingFileError

MANNER = Manner((Stream("pose", 3), Stream("traj", 2)), "refuse", 255)


def look(path, corrupt="refuse"):
    return survey(path, read_metadata(path), MANNER, corrupt)


def test_what_is_a_folder_of_series(write, walk, tmp_path):
    assert is_series(write({}, name="metadata-alone"))
    assert is_series(str(write({"a": walk()})))
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "empty" / "a.npz", x=[1])
    assert is_series(tmp_path / "empty")
    (tmp_path / "empty" / "a.npz").rename(tmp_path / "empty" / ".a.npz")
    others = [
        tmp_path / "empty",
        tmp_path / "absent",
        "owner/name",
        "x" * 9999,
        "a\0b",
        None,
        {"a": []},
    ]
    assert not any(is_series(other) for other in others)


def test_what_is_none_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"\[E202\] that is no folder of series\n  got: .*x"):
        refuse_no_folder(tmp_path / "x")
    with pytest.raises(MissingFileError, match="got: dict"):
        refuse_no_folder({})


def test_recordings_by_name_with_their_files_and_hashes(write, walk):
    path = write(
        {"b": walk(5), "a1": walk(5), "a2": walk(7)},
        recordings={"A": {"files": ["a1.npz", "a2.npz"], "person": "p"}},
    )
    (path / ".hidden.npz").write_bytes(b"x")
    (path / "notes.txt").write_text("x")
    found = look(path)
    assert [(o.name, o.frames) for o in found.outlines] == [("A", 12), ("b", 5)]
    assert found.outlines[0].record.value("person") == "p"
    names = ("metadata.json", "a1.npz", "a2.npz", "b.npz")
    assert found.sha256 == {str(path / name): file_sha256(path / name) for name in names}
    assert (found.damaged, found.notes) == ((), ())


def test_recordings_without_files_and_arrays_that_nothing_reads_are_noted(write, walk):
    path = write({"a": {**walk(5), "camera": [1]}}, recordings={"gone": {}, "a": {}})
    assert look(path).notes == (
        f"{path / 'metadata.json'} names 1 recordings without a file (gone)",
        "arrays that nothing reads: camera",
    )


def test_a_recording_of_which_a_file_is_missing_is_refused(write, walk):
    path = write({"a1": walk(5)}, recordings={"A": {"files": ["a1.npz", "a2.npz"]}})
    with pytest.raises(
        DataError, match=r"\[E231\] recording 'A' names a file that is not there"
    ) as e:
        look(path)
    assert e.value.fix == "did you mean 'a1.npz'?"


def test_a_file_of_a_recordings_name_that_it_does_not_name_is_refused(write, walk):
    path = write({"a": walk(5), "b": walk(5)}, recordings={"a": {"files": ["b.npz"]}})
    with pytest.raises(DataError, match=r"\[E231\] recording 'a' names other files than the one"):
        look(path)


def test_the_first_damaged_file_is_refused_by_name(write, walk):
    path = write({"a": walk(5), "b": walk(5), "c": walk(5)})
    for name in ("b", "c"):
        (path / f"{name}.npz").write_bytes((path / "a.npz").read_bytes()[:-9])
    with pytest.raises(DataError, match=r"\[E232\] b\.npz is damaged"):
        look(path)


def test_damaged_recordings_are_set_aside_whole_even_where_only_a_checksum_shows_it(write, walk):
    path = write(
        {"a": walk(5), "b1": walk(5), "b2": walk(5), "c": {"pose": np.ones((5, 4))}},
        recordings={"b": {"files": ["b1.npz", "b2.npz"]}},
    )
    content = bytearray((path / "b2.npz").read_bytes())
    content[200] ^= 1
    (path / "b2.npz").write_bytes(content)
    found = look(path, "skip")
    assert [o.name for o in found.outlines] == ["a"]
    assert [(bad.name, bad.error.code) for bad in found.damaged] == [("b", "E232"), ("c", "E233")]
    assert [note.partition(" (")[0] for note in found.notes] == [
        "set aside: b2.npz is damaged: an array is damaged",
        "set aside: the stream 'pose' is not 3 numbers a frame",
    ]


def test_labels_that_cannot_be_are_never_set_aside(write, walk):
    path = write({"a": walk(5), "b": {**walk(5), "label": np.zeros(5)}})
    with pytest.raises(DataError, match=r"\[E206\] the labels of b\.npz are no whole numbers"):
        look(path, "skip")


def test_a_folder_in_which_nothing_is_left_is_refused(write, walk):
    path = write({})
    with pytest.raises(MissingFileError, match=r"\[E202\] there are no recordings\n.*no NPZ file"):
        look(path)
    (path / "a.npz").write_bytes(b"x")
    with pytest.raises(MissingFileError, match=r"all 1 are damaged, first .*a\.npz"):
        look(path, "skip")


def test_a_folder_that_ends_as_a_file_does_is_refused(write, walk):
    path = write({"a": walk(5)})
    (path / "b.npz").mkdir()
    with pytest.raises(DataError, match=r"\[E232\] b\.npz is damaged: it is no file"):
        look(path)


def test_a_stream_that_no_recording_holds_is_refused_with_a_hint(write, walk):
    path = write({"a": {"pose": np.ones((5, 3)), "trej": np.ones((5, 2))}})
    with pytest.raises(
        DataError, match=r"\[E233\] no recording of .* holds the stream 'traj'"
    ) as e:
        refuse_absent(look(path), MANNER.streams)
    assert e.value.fix == "did you mean 'trej'?"


def test_labels_are_never_proposed_for_a_stream(write):
    path = write({"a": {"pose": np.ones((5, 3)), "label": np.zeros(5, np.uint8)}})
    with pytest.raises(DataError, match=r"\[E233\] no recording of .* 'traj'") as e:
        refuse_absent(look(path), MANNER.streams)
    assert e.value.fix.startswith("take 'traj' out of dimensions")
