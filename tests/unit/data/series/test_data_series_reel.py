"""The cache of frames: filled once, mapped from disk, never trusted when damaged."""

from pathlib import Path

import numpy as np
import pytest

from evenhand.cache import cache_folder
from evenhand.data.series import npz, reel
from evenhand.data.series.metadata import Record
from evenhand.data.series.recording import Manner, outline
from evenhand.data.series.records import Stream
from evenhand.durable import file_sha256, folder_fault

MANNER = Manner((Stream("pose", 3), Stream("traj", 2)), "mask", 255)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def opened(monkeypatch):
    """Return a list that grows by the name of every NPZ file that is opened."""
    names = []

    class Counting(npz._Sparing):
        def __init__(self, raw):
            names.append(Path(raw.name).name)
            super().__init__(raw)

    monkeypatch.setattr(npz, "_Sparing", Counting)
    return names


def outlines(folder, manner=MANNER):
    return [
        outline(path.stem, Record(), [(path, file_sha256(path))], manner)
        for path in sorted(folder.glob("*.npz"))
    ]


def two(write, walk):
    second = {k: v for k, v in walk(4, seed=1).items() if k != "traj"}
    second["pose"][2, 1] = np.nan
    return write({"a": walk(6), "b": {**second, "future_label": np.array([0, 1, 255, 0])}})


def content(found):
    return [
        *(found.frames.values[name] for name in ("pose", "traj")),
        *(found.frames.known[name] for name in ("pose", "traj")),
        found.label_F,
        found.future_F,
    ]


def test_frames_end_to_end_mapped_from_the_cache(write, walk):
    folder = two(write, walk)
    found = reel.load(outlines(folder), MANNER)
    assert found.frames.starts_R.tolist() == [0, 6, 10]
    assert found.frames.names == ("a", "b")
    assert all(isinstance(array, np.memmap) for array in content(found))
    with np.load(folder / "a.npz") as a, np.load(folder / "b.npz") as b:
        np.testing.assert_array_equal(found.frames.values["pose"][:6], a["pose"])
        np.testing.assert_array_equal(found.frames.values["pose"][6:8], b["pose"][:2])
        np.testing.assert_array_equal(found.frames.values["traj"][:6], a["traj"])
        assert found.label_F.tolist() == [*a["label"], *b["label"]]
    assert found.frames.values["pose"][8].tolist() == [0, 0, 0]
    assert found.frames.known["pose"].tolist() == [True] * 8 + [False, True]
    assert found.frames.known["traj"].tolist() == [True] * 6 + [False] * 4
    assert not found.frames.values["traj"][6:].any()
    assert found.future_F.tolist() == [255] * 6 + [0, 1, 255, 0]
    assert found.why == ""


def test_the_second_time_no_recording_is_opened(write, walk, opened):
    folder = two(write, walk)
    first = reel.load(outlines(folder), MANNER)
    assert opened == ["a.npz", "b.npz"] * 2  # headers, then arrays: each file once
    opened.clear()
    looked = outlines(folder)
    opened.clear()
    again = reel.load(looked, MANNER)
    assert opened == []
    for one, other in zip(content(first), content(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_was_measured_comes_back_from_the_cache_as_it_went_in(write, walk):
    folder = two(write, walk)
    first, again = (reel.load(outlines(folder), MANNER).facts for _ in range(2))
    assert again.measures == first.measures
    assert first.measures["traj"][1].frames == 0
    for name, extent in first.extents.items():
        for key, value in vars(extent).items():
            np.testing.assert_array_equal(vars(again.extents[name])[key], value)


def test_other_content_order_or_manner_is_another_cache(write, walk):
    found = outlines(two(write, walk))
    key = reel.cache_key(found, MANNER)
    others = [
        reel.cache_key(found[::-1], MANNER),
        reel.cache_key(found[:1], MANNER),
        reel.cache_key(found, Manner(MANNER.streams[:1], "mask", 255)),
        reel.cache_key(found, Manner(MANNER.streams, "refuse", 255)),
        reel.cache_key(found, Manner(MANNER.streams, "mask", 254)),
        reel.cache_key(found, Manner(MANNER.streams, "mask", 255, labels=False)),
    ]
    assert len({key, *others}) == 7
    assert reel.cache_key(outlines(found[0].files[0].path.parent), MANNER) == key


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "fact"])
def test_a_damaged_cache_is_made_again(write, walk, opened, damage):
    folder = two(write, walk)
    first = [array.copy() for array in content(reel.load(outlines(folder), MANNER))]
    (cached,) = cache_folder("series").iterdir()
    file = cached / ("facts.json" if damage == "fact" else "values-0.npy")
    held = bytearray(file.read_bytes())
    held[-3] ^= 4
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(held[:-8] if damage == "cut" else held)
    found = outlines(folder)
    opened.clear()
    again = reel.load(found, MANNER)
    assert opened == ["a.npz", "b.npz"]
    for one, other in zip(first, content(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert folder_fault(cached) is None


def test_where_the_cache_cannot_be_written_frames_are_held_in_memory(
    write, walk, monkeypatch, tmp_path
):
    folder = two(write, walk)
    mapped = reel.load(outlines(folder), MANNER)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    held = reel.load(outlines(folder), MANNER)
    assert held.why.endswith("cannot be written")
    assert not any(isinstance(array, np.memmap) for array in content(held))
    for one, other in zip(content(mapped), content(held), strict=True):
        np.testing.assert_array_equal(one, other)
    assert held.facts.measures == mapped.facts.measures


def test_a_recording_that_is_refused_leaves_nothing_in_the_cache(write, walk):
    folder = two(write, walk)
    refuse = Manner(MANNER.streams, "refuse", 255)
    with pytest.raises(ValueError, match=r"\[E233\] recording 'b' holds NaN"):
        reel.load(outlines(folder), refuse)
    assert list(cache_folder("series").iterdir()) == []
