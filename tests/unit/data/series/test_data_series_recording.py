"""A recording from its files: merged, one after another, checked, masked."""

import numpy as np
import pytest

from evenhand.data.series.metadata import Record
from evenhand.data.series.recording import Manner, outline, read_recording
from evenhand.data.series.records import Stream
from evenhand.errors import DataError

STREAMS = (Stream("pose", 3), Stream("traj", 2))
REFUSE, MASK = Manner(STREAMS, "refuse", 255), Manner(STREAMS, "mask", 255)


@pytest.fixture
def recording(tmp_path):
    """Return a function that writes files in order, and reads them as the recording ``walk``."""

    def read(*files, manner=REFUSE):
        paths = []
        for number, arrays in enumerate(files):
            paths.append((tmp_path / f"f{number}.npz", str(number)))
            np.savez(paths[-1][0], **arrays)
        return read_recording(outline("walk", Record(), paths, manner), manner)

    return read


def pose(frames, value=1.0):
    return np.full((frames, 3), value, np.float32)


def traj(frames, value=2.0):
    return np.full((frames, 2), value, np.float32)


def test_one_file(recording):
    found = recording({"pose": pose(2), "traj": traj(2), "label": np.array([0, 1], np.uint8)})
    assert found.values["pose"].tolist() == [[1, 1, 1]] * 2
    assert (found.values["traj"].dtype, found.label_T.dtype) == (np.float32, np.int32)
    assert found.known["pose"].tolist() == [True, True]
    assert (found.label_T.tolist(), found.future_T.tolist()) == ([0, 1], [255, 255])
    assert found.time_T is None


def test_files_of_the_same_streams_follow_each_other_in_time(recording):
    found = recording(
        {"pose": pose(1), "traj": traj(1, 7), "label": [1]},
        {"pose": pose(2, 5), "traj": traj(2, 8), "label": [0, 0]},
    )
    assert found.values["pose"][:, 0].tolist() == [1, 5, 5]
    assert found.values["traj"][:, 0].tolist() == [7, 8, 8]
    assert found.label_T.tolist() == [1, 0, 0]


def test_files_of_other_streams_are_merged_and_labels_may_stand_in_one_of_their_own(recording):
    found = recording(
        {"pose": pose(1)}, {"traj": traj(3)}, {"pose": pose(2, 5)}, {"label": [0, 1, 1]}
    )
    assert found.values["pose"][:, 0].tolist() == [1, 5, 5]
    assert found.values["traj"][:, 0].tolist() == [2, 2, 2]
    assert found.label_T.tolist() == [0, 1, 1]


def test_a_file_without_labels_leaves_its_frames_unlabelled(recording):
    found = recording({"pose": pose(1), "label": [1]}, {"pose": pose(2)})
    assert found.label_T.tolist() == [1, 255, 255]


def test_a_stream_that_the_recording_lacks_is_not_known_and_0(recording):
    found = recording({"pose": pose(2)})
    assert found.values["traj"].tolist() == [[0, 0], [0, 0]]
    assert found.known["traj"].tolist() == [False, False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300])
def test_a_frame_that_is_not_finite_is_refused_or_masked_alone(recording, bad):
    values = pose(3).astype(np.float64)
    values[1, 2] = bad
    with pytest.raises(DataError, match=r"\[E233\] recording 'walk' holds NaN") as error:
        recording({"pose": values})
    assert error.value.got.startswith(f"{bad} in frame 1, number 2 of 'pose' (1 frames in all")
    found = recording({"pose": values}, manner=MASK)
    assert found.known["pose"].tolist() == [True, False, True]
    assert found.values["pose"].tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", "i1", "<i8", "u2", "?"])
def test_other_numbers_become_float32(recording, dtype):
    found = recording({"pose": np.ones((2, 3), dtype)})
    assert found.values["pose"].dtype == np.float32
    assert found.values["pose"].tolist() == [[1, 1, 1]] * 2


def test_time_stamps_are_kept_beside(recording):
    found = recording({"pose": pose(2), "time": np.array([0.0, 0.1])})
    assert found.time_T.tolist() == [0, 0.1]


def test_labels_of_two_chains_must_agree(recording):
    same = recording({"pose": pose(2), "label": [0, 1]}, {"traj": traj(2), "label": [0, 1]})
    assert same.label_T.tolist() == [0, 1]
    with pytest.raises(DataError, match=r"\[E206\] two files of recording 'walk' contradict") as e:
        recording({"pose": pose(2), "label": [0, 1]}, {"traj": traj(2), "label": [0, 0]})
    assert e.value.got == "label of frame 1 is 1 in f0.npz and 0 in f1.npz"


REFUSED = [
    ([{"pose": pose(2), "traj": traj(3)}], "E233", r"differ in length\n.*pose 2, traj 3"),
    ([{"pose": pose(2), "label": [0]}], "E233", r"differ in length\n.*pose 2, label 1"),
    ([{"pose": pose(0), "traj": traj(0)}], "E233", "holds no frame"),
    ([{"x": pose(2)}], "E233", "holds neither a stream nor labels"),
    ([{"label": [0, 1]}], "E233", "recording 'walk' holds none of the streams"),
    ([{"pose": pose(2)[:, :2]}], "E233", r"not 3 numbers a frame\n.*shape \(2, 2\)\n  fix: mend"),
    ([{"pose": np.ones((2, 3, 1))}], "E233", r"pose\.reshape\(len\(pose\), -1\)"),
    ([{"pose": np.ones(3)}], "E233", r"not 3 numbers a frame\n.*shape \(3,\)"),
    ([{"pose": np.ones((2, 3), complex)}], "E233", "holds no real numbers"),
    ([{"pose": np.full((2, 3), "x")}], "E233", "holds no real numbers"),
    ([{"pose": pose(2), "label": [0.0, 1.0]}], "E206", r"no whole numbers\n.*of float64"),
    ([{"pose": pose(2), "label": ["a", "b"]}], "E206", "no whole numbers"),
    ([{"pose": pose(2), "label": [[0], [1]]}], "E233", r"label needs one number a frame"),
    ([{"pose": pose(2), "label": [0, 2**40]}], "E206", f"far out of any range\n  got: {2**40}"),
    ([{"pose": pose(2), "future_label": [0.5, 1]}], "E206", "no whole numbers"),
    (
        [{"pose": pose(2)}, {"traj": traj(3)}],
        "E233",
        r"do not have the same number of frames\n  got: f0\.npz 2, f1\.npz 3",
    ),
    (
        [{"pose": pose(2), "traj": traj(2)}, {"pose": pose(2)}],
        "E233",
        "hold 'pose', but not the same streams\n  got: f1.npz and f0.npz",
    ),
]


@pytest.mark.parametrize(("files", "code", "message"), REFUSED)
def test_what_does_not_fit_is_refused(recording, files, code, message):
    with pytest.raises(DataError, match=rf"\[{code}\]") as error:
        recording(*files)
    assert error.match(message)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "f.npz"
    np.savez(path, pose=pose(2))
    found = outline("walk", Record(), [(path, "")], REFUSE)
    np.savez(path, pose=pose(3))
    with pytest.raises(DataError, match=r"\[E233\] f\.npz has changed while it was read"):
        read_recording(found, REFUSE)


def test_labels_that_are_not_wanted_are_not_looked_at(recording):
    found = recording(
        {"pose": pose(2), "label": [0.5]}, manner=Manner(STREAMS, "refuse", 255, labels=False)
    )
    assert found.label_T.tolist() == [255, 255]


APART = ({"pose": pose(2)}, {"traj": traj(2), "score": [1.0, 2.0]}, {"label": [0, 1]})


def test_a_file_of_what_is_not_read_alone_is_passed_over(recording):
    only_pose = Manner(STREAMS[:1], "refuse", 255, passed=frozenset({"pose", "traj"}))
    found = recording(*APART, manner=only_pose)
    assert (list(found.values), found.label_T.tolist()) == (["pose"], [0, 1])
    unlabelled = Manner(STREAMS, "refuse", 255, labels=False, passed=frozenset({"label"}))
    found = recording(*APART, manner=unlabelled)
    assert found.values["traj"].tolist() == [[2, 2], [2, 2]]
    assert found.label_T.tolist() == [255, 255]


def test_a_file_of_a_name_that_nothing_knows_is_refused(recording):
    manner = Manner(STREAMS[:1], "refuse", 255, passed=frozenset({"pose", "traj"}))
    with pytest.raises(DataError, match=r"\[E233\] f1.npz holds neither a stream nor labels"):
        recording({"pose": pose(2)}, {"trai": traj(2)}, manner=manner)
    with pytest.raises(DataError, match=r"\[E233\] recording 'walk' holds none of the stre") as e:
        recording({"traj": traj(2)}, manner=manner)
    assert "f0.npz" in e.value.got
