"""The real samples of series, read from small files in the form of their packages."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from evenhand.errors import DataError, FetchError
from evenhand.samples import hapt, vowels, watch
from evenhand.samples.fetch import Archive
from evenhand.samples.hapt import parse_tables
from evenhand.samples.series import UNLABELLED, DrawnSeries
from evenhand.samples.vowels import parse_ts
from evenhand.samples.watch import parse_npy
from pickled import array, many, mapping, objects, plain, table, whole

AXES = ("acc-x", "acc-y", "acc-z", "gyro-x", "gyro-y", "gyro-z")
SENSED = np.arange(12, dtype=np.float64).reshape(6, 2)


def hapt_table(labels: list[int]) -> bytes:
    numbers = np.array([[0, 1], labels])
    return table({AXES: SENSED, ("sequence", "label"): numbers})


def test_hapt_tables_become_recordings() -> None:
    content = whole(mapping({7: many(hapt_table([-1, 1]), hapt_table([12, 12]))}))
    first, second = parse_tables(content)
    assert (first.name, second.name) == ("p07-1", "p07-2")
    assert first.record == {"person": "p07"}
    assert first.label_T.tolist() == [UNLABELLED, 0]
    assert hapt.FORM.labels[second.label_T[0]] == "lie_to_stand"
    np.testing.assert_array_equal(first.streams["acc"], [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(first.streams["gyro"], [[6, 8, 10], [7, 9, 11]])
    assert first.streams["acc"].dtype == np.float32


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (plain([1]), "AttributeError"),
        (mapping({1: many(plain({"a": 1}))}), "AttributeError"),
        (mapping({1: many(table({AXES: SENSED}))}), "KeyError 'label'"),
        (mapping({1: many(table({AXES: SENSED[:5]}))}), "ValueError"),
        (mapping({"one": many(hapt_table([1, 1]))}), "ValueError"),
    ],
)
def test_other_pickles_are_no_hapt_tables(part: bytes, why: str) -> None:
    with pytest.raises(FetchError, match=f"E108(.|\\n)*no tables by person: {why}"):
        parse_tables(whole(part))


def test_hapt_comes_out_of_its_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(whole(mapping({1: many(hapt_table([1, -1]))})))
    packed = tar_of({"k/K/res/HAPT.pkl.gz": content, "k/K/__init__.py": b"raise SystemExit"})
    monkeypatch.setattr(hapt, "fetch", lambda archive, *, client: packed)
    drawn = hapt.SAMPLE.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnSeries)
    assert [recording.name for recording in drawn.recordings] == ["p01-1"]
    assert drawn.ledger[0].startswith("read and kept: 1 recordings of 1 people")


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"cut off")[:-9]], ids=["another form", "cut off"]
)
def test_hapt_archive_that_cannot_be_unpacked(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tar_of({"k/K/res/HAPT.pkl.gz": content})
    monkeypatch.setattr(hapt, "fetch", lambda archive, *, client: packed)
    with pytest.raises(FetchError, match="E108"):
        hapt.SAMPLE.draw(0, leave_nothing)


def test_hapt_archive_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tar_of({"k/K/res/HAPT.pkl.gz": gzip.compress(bytes(101))})
    monkeypatch.setattr(hapt, "fetch", lambda archive, *, client: packed)
    monkeypatch.setattr(hapt, "UNPACKED_BYTES", 100)
    with pytest.raises(FetchError, match="more than 100 bytes once unpacked"):
        hapt.SAMPLE.draw(0, leave_nothing)


TS = b"""#about
@problemName JapaneseVowels
@dimensions 2
@classLabel true 1 2 3
@data
1.5,2.5:3,4:2

-1:0:1
"""


def test_ts_lines_become_recordings() -> None:
    first, second = parse_ts(TS, part="train")
    assert (first.name, second.name) == ("train-001", "train-002")
    np.testing.assert_array_equal(first.streams["cepstrum"], [[1.5, 3.0], [2.5, 4.0]])
    assert first.label_T.tolist() == [1, 1]
    assert second.label_T.tolist() == [0]
    assert first.record == {"split": "fit"}
    assert next(parse_ts(TS, part="test")).record == {"split": "report"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"1,2:3,4:9", "'9' is not in list"),
        (b"1,2:3:1", "inhomogeneous"),
        (b"1:2:3:1", "3 dimensions"),
        (b"1,?:3,4:1", "could not convert"),
        (b"nothing", "'nothing' is not in list"),
    ],
)
def test_other_ts_lines_are_refused_by_number(line: bytes, why: str) -> None:
    with pytest.raises(DataError, match=rf"E204(.|\n)*got: train, line 9: .*{why}"):
        list(parse_ts(TS + line, part="train"))


def test_ts_without_a_head_is_refused() -> None:
    with pytest.raises(DataError, match="line 1: '@classlabel'"):
        list(parse_ts(b"1:1", part="train"))


def test_vowels_keep_the_split_of_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = "aeon/datasets/data/JapaneseVowels/JapaneseVowels"
    packed = zip_of(
        {f"{folder}_TRAIN.ts": TS, f"{folder}_TEST.ts": TS, f"{folder}_eq_TEST.ts": b"x"}
    )
    monkeypatch.setattr(vowels, "fetch", lambda archive, *, client: packed)
    drawn = vowels.SAMPLE.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnSeries)
    roles = [(recording.name, recording.record["split"]) for recording in drawn.recordings]
    assert roles == [
        ("train-001", "fit"),
        ("train-002", "fit"),
        ("test-001", "report"),
        ("test-002", "report"),
    ]


def watch_file(titles: list[str], exercises: np.ndarray) -> bytes:
    held = {
        "X": many(array(np.arange(12.0).reshape(2, 6)), array(np.ones((3, 6)))),
        "y": array(exercises),
        "subject": array(np.array([4, 10])),
        "side": array(np.array([1.0, 0.0])),
        "X_labels": plain(titles),
        "y_labels": plain(watch.LABELS),
    }
    head = io.BytesIO()
    shape = {"descr": "|O", "fortran_order": False, "shape": ()}
    np.lib.format.write_array_header_1_0(head, shape)
    return head.getvalue() + whole(objects((), mapping(held)))


def test_watch_file_becomes_recordings() -> None:
    first, second = parse_npy(watch_file(watch.CHANNELS, np.array([1, 6])))
    assert (first.name, second.name) == ("p04-right-abd", "p10-left-row")
    assert first.record == {"person": "p04", "side": "right"}
    assert first.label_T.tolist() == [1, 1]
    assert second.label_T.tolist() == [6, 6, 6]
    np.testing.assert_array_equal(first.streams["acc"], [[0, 1, 2], [6, 7, 8]])
    np.testing.assert_array_equal(first.streams["gyro"], [[3, 4, 5], [9, 10, 11]])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"no array", "magic string"),
        (watch_file(["ax"], np.array([1, 6])), "no table of exercises: ValueError"),
        (watch_file(watch.CHANNELS, np.array([1, 7])), "no table of exercises: IndexError"),
        (watch_file(watch.CHANNELS, np.array([1])), "no table of exercises: ValueError"),
    ],
)
def test_other_watch_files_are_refused(content: bytes, why: str) -> None:
    with pytest.raises(FetchError, match=f"E108(.|\\n)*{why}"):
        parse_npy(content)


def test_watch_file_of_numbers_is_refused() -> None:
    page = io.BytesIO()
    np.save(page, np.zeros(3))
    with pytest.raises(FetchError, match=r"an NPY file of float64 and shape \(3,\)"):
        parse_npy(page.getvalue())


def test_watch_comes_out_of_its_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    content = watch_file(watch.CHANNELS, np.array([0, 2]))
    packed = zip_of({"seglearn/data/watch_dataset.npy": content, "seglearn/data/x.npy": b""})
    monkeypatch.setattr(watch, "fetch", lambda archive, *, client: packed)
    drawn = watch.SAMPLE.draw(0, leave_nothing)
    assert isinstance(drawn, DrawnSeries)
    assert drawn.ledger[0].startswith("read and kept: 2 recordings of 2 people")


def tar_of(members: dict[str, bytes]) -> bytes:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w:gz") as packed:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return page.getvalue()


def zip_of(members: dict[str, bytes]) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return page.getvalue()


def leave_nothing(archive: Archive, folder: Path) -> None:
    """Stand for a client that is never asked."""
