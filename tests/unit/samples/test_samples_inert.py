"""Pickles are taken apart, never run."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pickled
from evenhand.errors import FetchError
from evenhand.samples.inert import read_array, read_inert, read_objects
from pickled import array, call, mapping, name, objects, plain, whole

VALUES = np.array([[1.5, -2.0, 3.0], [0.0, 4.0, 5.0]])


class Runs:
    """Asks whoever unpickles it for a call of its choice."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def test_plain_values_come_back():
    value = {1: ["a", (2, 3.5, None, True)], "x": {}}
    assert read_inert(pickle.dumps(value, 2)) == value


def test_array_of_numbers():
    read = read_array(read_inert(whole(array(VALUES))))
    np.testing.assert_array_equal(read, VALUES)
    whole_numbers = np.array([3, -1], np.int64)
    read = read_array(read_inert(whole(array(whole_numbers))))
    assert read.dtype == np.int64
    assert read.tolist() == [3, -1]


def test_array_with_columns_first():
    """What numpy says of an array in Fortran order: the bytes go down the columns."""
    part = array(VALUES.T.copy()).replace(plain((3, 2)), plain((2, 3)))
    turned = part.replace(plain(False), plain(True))
    np.testing.assert_array_equal(read_array(read_inert(whole(turned))), VALUES)


def test_array_of_objects():
    part = objects((2,), plain("acc-x"), mapping({"a": plain(1)}))
    assert read_objects(read_inert(whole(part))) == ["acc-x", {"a": 1}]


def test_hand_made_pickles_are_what_numpy_itself_reads():
    """The parts of these tests have the true form: numpy's own unpickling agrees."""
    np.testing.assert_array_equal(pickle.loads(whole(array(VALUES))), VALUES)


def test_a_command_is_refused_and_not_run(tmp_path: Path):
    mark = tmp_path / "ran"
    hostile = pickle.dumps(Runs(os.system, f"touch {mark}"), 2)
    with pytest.raises(FetchError, match=r"E108(.|\n)*posix.system is not on the list of names"):
        read_inert(hostile)
    assert not mark.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_a_command_is_refused_in_every_protocol(tmp_path: Path, protocol: int):
    mark = tmp_path / "ran"
    with pytest.raises(FetchError, match="is not on the list of names"):
        read_inert(pickle.dumps([1, Runs(os.system, f"touch {mark}")], protocol))
    assert not mark.exists()


@pytest.mark.parametrize(
    "wanted",
    [
        "builtins.eval",
        "__builtin__.getattr",
        "numpy.load",
        "numpy.core.multiarray.fromfile",
        "pandas.io.pickle.read_pickle",
        "numpy.dtype.__init__",
        "_codecs.lookup",
        "evenhand.durable.remove_folder",
    ],
)
def test_no_other_name_is_looked_up(wanted: str):
    with pytest.raises(FetchError, match=f"{wanted} is not on the list of names"):
        read_inert(whole(name(wanted)))


def test_names_of_the_list_do_nothing():
    """What would be a call of numpy's or pandas' is only kept."""
    read = read_inert(whole(call("numpy.dtype", plain("no such type"))))
    assert (read.name, read.arguments, read.state) == ("numpy.dtype", ("no such type",), None)


def test_a_name_that_is_changed_changes_nobody_else():
    """BUILD on a name reaches a record of this reading alone."""
    changed = name("numpy.dtype") + mapping({"name": plain("os.system")}) + b"b"
    read_inert(whole(changed))
    assert read_inert(whole(call("numpy.dtype", plain("f8")))).name == "numpy.dtype"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        whole(array(VALUES))[:-20],
        whole(plain([1]) + b"R"),
        whole(call("numpy.dtype", plain("f8")) + plain(1) + b"a"),
        whole(b"}" + plain([]) + plain(1) + b"s"),
        b"\x80\x02Pnobody\n.",
        b"\x80\x02\x82\x01.",
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "called list",
        "appended",
        "list as key",
        "elsewhere",
        "extension",
    ],
)
def test_damage_ends_in_three_lines(content: bytes):
    with pytest.raises(FetchError, match=r"E108(.|\n)*got: (.|\n)*fix: do not use it"):
        read_inert(content)


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (plain([1.0]), "no attribute 'name'"),
        (call("numpy.dtype", plain("f8")), "numpy.dtype"),
        (array(VALUES, order=">"), "an array of >f8"),
        (array(VALUES.astype(np.float32)), "an array of <f4"),
        (objects((1,), plain("x")), r"an array of \|O8"),
        (array(VALUES).replace(plain((2, 3)), plain((2, 4))), "cannot reshape"),
        (array(VALUES).replace(b"latin1", b"utf-16"), "bytes kept as 'utf-16'"),
    ],
)
def test_other_arrays_are_refused(part: bytes, why: str):
    with pytest.raises(FetchError, match=f"no array of numbers where one should be: .*{why}"):
        read_array(read_inert(whole(part)))


def test_numbers_are_no_objects():
    with pytest.raises(FetchError, match=r"no array of objects where one should be: .*<f8"):
        read_objects(read_inert(whole(array(VALUES))))


def test_helpers_write_what_pandas_wrote():
    part = pickled.table({("a", "b"): VALUES})
    read = read_inert(whole(part))
    assert read.name == "copy_reg._reconstructor"
    assert read.arguments[0].name == "pandas.core.frame.DataFrame"
