"""NPZ files: read as NumPy reads them, or refused in words before an array is read."""

import importlib.util
import io
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from evenhand.data.series.npz import MOST_ARRAYS, open_npz
from evenhand.errors import DataError

BENCHMARK = Path(__file__).parents[4] / "benchmarks" / "npz.py"


@pytest.fixture(scope="module")
def bench():
    """Return the benchmark as a module: its mutants, and a decoder of its own."""
    spec = importlib.util.spec_from_file_location("npz_benchmark", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def refusal(tmp_path):
    """Return a function that writes bytes and returns what is said when they are opened."""

    def said(content, *, read=None):
        path = tmp_path / "one.npz"
        path.write_bytes(content)
        damaged = pytest.raises(DataError, match=r"\[E232\] one\.npz is damaged")
        with damaged as error, open_npz(path) as npz:
            npz.read(read)
        assert str(path) in error.value.got
        return error.value.what.partition(": ")[2]

    return said


def saved(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(4, 3),
    np.asfortranarray(np.arange(12, dtype=np.float64).reshape(4, 3)),
    np.arange(12, dtype=">f4").reshape(4, 3),
    np.arange(6, dtype=np.float16).reshape(1, 6)[:, ::2],
    np.zeros((0, 3), np.float32),
    np.array([1, 0, 255], np.uint8),
    np.array([True, False]),
    np.array([-(2**62), 2**62]),
    np.array(3.5),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_are_those_that_numpy_reads(array, save, tmp_path):
    save(tmp_path / "x.npz", one=array, two=array)
    with open_npz(tmp_path / "x.npz") as npz, np.load(tmp_path / "x.npz") as numpys:
        assert list(npz.headers) == numpys.files
        read = npz.read("two")
        np.testing.assert_array_equal(read, numpys["two"])
        assert (read.dtype, npz.headers["two"].shape) == (array.dtype, array.shape)


def test_an_array_of_more_than_one_chunk(tmp_path):
    array = np.random.default_rng(0).normal(size=(50_000, 3)).astype(np.float32)
    np.savez_compressed(tmp_path / "x.npz", a=array)
    with open_npz(tmp_path / "x.npz") as npz:
        np.testing.assert_array_equal(npz.read("a"), array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header(version, tmp_path):
    member = io.BytesIO()
    np.lib.format.write_array(member, np.arange(4.0), version=version)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("a.npy", member.getvalue())
    with open_npz(tmp_path / "x.npz") as npz:
        assert npz.read("a").tolist() == [0, 1, 2, 3]


def test_text_and_dates_may_stand_beside_but_are_not_read(tmp_path):
    np.savez(
        tmp_path / "x.npz",
        a=np.arange(2),
        who=np.array(["p1"]),
        day=np.array(["2024-01-01"], "M8[D]"),
    )
    with open_npz(tmp_path / "x.npz") as npz:
        assert [header.dtype is None for header in npz.headers.values()] == [False, True, True]
        assert npz.read("a").tolist() == [0, 1]
        with pytest.raises(DataError, match="holds no numbers"):
            npz.read("who")


def test_python_objects_are_never_loaded(refusal):
    file = io.BytesIO()
    np.savez(file, meta=np.array([{"a": 1}], object), a=np.arange(3))
    assert refusal(file.getvalue()) == "an array holds Python objects, which are never loaded"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../pose.npy", "a name in it is not that of an array"),
        ("/pose.npy", "a name in it is not that of an array"),
        ("a/pose.npy", "a name in it is not that of an array"),
        ("..\\pose.npy", "a name in it is not that of an array"),
        ("pose.npy\0.txt", "a name in it is not that of an array"),
        ("pose.txt", "a name in it is not that of an array"),
        (".npy", "a name in it is not that of an array"),
    ],
)
def test_names_with_folders_and_other_endings_are_refused(bench, refusal, name, said):
    (_, data), *_ = bench.unzipped(saved(a=np.arange(3)))
    assert refusal(bench.zipped([(name, data)], packed=False)) == said


def test_an_array_twice_is_refused(bench, refusal):
    (member,) = bench.unzipped(saved(a=np.arange(3)))
    assert refusal(bench.zipped([member, member], packed=True)) == "it holds one array twice"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(refusal, method):
    (name, data), *_ = [
        (i, zipfile.ZipFile(io.BytesIO(saved(a=np.arange(3)))).read(i)) for i in ["a.npy"]
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(name, data)
    assert refusal(file.getvalue()) == "an array is compressed by another method"


def patched(content, mark, offset, form, value):
    at = content.index(mark) + offset
    return content[:at] + struct.pack("<" + form, value) + content[at + struct.calcsize(form) :]


CENTRAL, END = b"PK\1\2", b"PK\5\6"


def test_an_encrypted_array_is_refused(refusal):
    content = patched(saved(a=np.arange(3)), CENTRAL, 8, "H", 1)
    assert refusal(content) == "an array is encrypted or patched"


def test_arrays_upon_one_another_are_refused(refusal):
    content = saved(a=np.arange(300), b=np.arange(300))
    second = content.rindex(CENTRAL)
    content = content[:second] + patched(content[second:], CENTRAL, 42, "I", 40)
    assert refusal(content) in {"arrays lie upon one another", "an array is damaged"}


def test_a_directory_that_swallows_a_member_is_refused(refusal):
    """A long comment of the first record would hide the second from the reader."""
    content = saved(a=np.arange(3), b=np.arange(3))
    hidden = content.index(END) - content.rindex(CENTRAL)
    content = patched(content, CENTRAL, 32, "H", hidden)
    assert refusal(content) == "arrays are missing from its zip directory"


@pytest.mark.parametrize("part", [0, 3, 40, 200, -1, -30])
def test_a_file_that_breaks_off_is_refused(refusal, part):
    assert refusal(saved(a=np.arange(100))[:part])


def test_a_changed_byte_is_found_by_the_checksum(refusal):
    content = bytearray(saved(a=np.arange(100)))
    content[300] ^= 1
    assert refusal(bytes(content), read="a") == "an array is damaged"


def test_what_is_no_zip_file_is_refused_whatever_its_name(refusal):
    file = io.BytesIO()
    np.save(file, np.arange(3))
    assert refusal(file.getvalue()) == "its zip directory cannot be read"
    assert refusal(b"") == "its zip directory cannot be read"
    assert refusal(b"#!/bin/sh\n" + saved(a=np.arange(3))) == "it is no NPZ file"


def test_an_empty_zip_file_and_one_of_too_many_arrays_are_refused(bench, refusal):
    assert refusal(bench.zipped([], packed=False)) == "it is no NPZ file"
    (_, data), *_ = bench.unzipped(saved(a=np.arange(3)))
    many = [(f"a{i}.npy", data) for i in range(MOST_ARRAYS + 1)]
    assert refusal(bench.zipped(many, packed=True)) == f"it holds more than {MOST_ARRAYS} arrays"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(100, 6)", b"(100, 7)"),
        (b"(100, 6)", b"(9000000000, 6)"),
        (b"<f4", b"<f8"),
        (b"{", b"(" * 500),
        (b"shape", b"shope"),
        (b"'<f4'", b"__import__('os')"),
        (b"100", b"1" * 1800),
    ],
)
def test_a_header_that_lies_or_cannot_be_read_is_refused(bench, refusal, old, new):
    (name, data), *_ = bench.unzipped(saved(a=np.zeros((100, 6), np.float32)))
    said = refusal(bench.zipped([(name, data.replace(old, new, 1))], packed=False))
    assert said.startswith("the header of an array")


def test_bombs_are_refused_before_an_array_is_read(bench, tmp_path):
    path = tmp_path / "bomb.npz"
    for _, content in bench.bombs(64):
        path.write_bytes(content)
        tracemalloc.start()
        with pytest.raises(DataError, match=r"\[E232\] bomb\.npz"), open_npz(path):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 2**20


def test_sixty_mutants_are_refused_in_words_or_read_as_their_bytes_say(bench, tmp_path):
    path = tmp_path / "one.npz"
    found = [(kind, bench.judge(content, path)) for kind, content in bench.mutants(60, 7)]
    assert [pair for pair in found if pair[1].startswith("FAULT")] == []
    assert {"E232", "the same"} <= {became for _, became in found}


def test_the_judge_sees_a_value_that_is_not_what_the_bytes_say(bench, tmp_path, monkeypatch):
    path = tmp_path / "one.npz"
    content = bench.sound(packed=True, seed=1)
    assert bench.judge(content, path) == "as its bytes say"
    arrays = bench.decoded(content)
    wrong = {**arrays, "pose": arrays["pose"] + 1}
    monkeypatch.setattr(bench, "decoded", lambda _: wrong)
    assert bench.judge(content, path) == "FAULT: pose"
