"""Three lines, a stable code, a way out."""

import pytest

from evenhand import errors
from evenhand.errors import DataError, EvenhandError, did_you_mean


def test_an_error_reads_as_three_lines():
    error = EvenhandError("E204", "a quote is not closed", got="a.csv:3", fix="close it")
    assert str(error) == "[E204] a quote is not closed\n  got: a.csv:3\n  fix: close it"
    assert (error.code, error.what) == ("E204", "a quote is not closed")


def test_a_value_of_many_lines_is_shown_on_one():
    error = DataError("E204", "what", got="first\n\n  second\r\nthird", fix="do\nthis")
    assert str(error).splitlines() == ["[E204] what", "  got: first second third", "  fix: do this"]


@pytest.mark.parametrize(
    ("kind", "built_in"),
    [
        (errors.ConfigError, ValueError),
        (errors.MissingExtraError, ImportError),
        (errors.DataError, ValueError),
        (errors.MissingFileError, FileNotFoundError),
        (errors.FetchError, OSError),
        (errors.WriteError, OSError),
        (errors.TrainingError, RuntimeError),
        (errors.BundleError, ValueError),
    ],
)
def test_each_kind_is_also_the_built_in_one_and_prints_its_three_lines(kind, built_in):
    error = kind("E999", "what", got="this", fix="that")
    assert isinstance(error, built_in)
    assert isinstance(error, EvenhandError)
    assert str(error) == "[E999] what\n  got: this\n  fix: that"


def test_a_close_name_is_proposed():
    assert did_you_mean("focl", ["bce", "focal"]) == "did you mean 'focal'?"


def test_no_close_name_lists_what_there_is():
    assert did_you_mean("zzz", ["b", "a"]) == "choose one of: a, b"


def test_at_most_twelve_names_are_listed():
    names = [f"n{i:02}" for i in range(13)]
    assert did_you_mean("zzz", names) == f"choose one of: {', '.join(names[:12])}, ..."
