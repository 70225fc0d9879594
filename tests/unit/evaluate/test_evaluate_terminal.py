"""Figures on a terminal: worked by hand, and the same as on a page but for the minus sign."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from evenhand.evaluate import report_words
from evenhand.evaluate.terminal import cells, figure, grid, interval, number, worth

WHOLE = {"value": -0.0204, "low": -0.1, "high": 0.0301}
OPEN = {"value": 0.5, "low": None, "high": None}
NOTHING = {"value": None, "low": None, "high": None}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (number(0.12345), "0.123"),
        (number(0.12345, signed=True), "+0.123"),
        (number(-0.00001, signed=True), "+0.000"),
        (number(12.34, digits=1), "12.3"),
        (number(None), "n/a"),
        (interval(WHOLE, signed=True), "-0.100 to +0.030"),
        (interval(OPEN), "n/a"),
        (figure(WHOLE, signed=True), "-0.020 (-0.100 to +0.030)"),
        (figure(OPEN), "0.500"),
        (figure(NOTHING), "n/a"),
        (figure(WHOLE | {"difference": 0.25}, "difference"), "0.250 (-0.100 to 0.030)"),
        (cells(OPEN), ("0.500", "n/a")),
    ],
)
def test_figures(said, expected):
    assert said == expected


def test_an_undefined_class_comes_first():
    ordered = sorted([{"f1": OPEN}, {"f1": NOTHING}, {"f1": {"value": 0.0}}], key=worth)
    assert [row["f1"]["value"] for row in ordered] == [None, 0.0, 0.5]


@given(st.floats(-9, 9), st.booleans())
def test_a_page_says_the_same_with_its_own_minus(value, signed):
    on_page = report_words.number(value, signed=signed)
    assert on_page.replace(report_words.MINUS, "-") == number(value, signed=signed)


def test_words_stand_left_and_figures_right():
    table = grid("name", "value", "verdict", words=(0, 2), widest=6)
    table.add_row("a long name", "1.0", "helps")
    console = Console(file=io.StringIO(), width=40)
    console.print(table)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines == ["name    value  verdict", "a lon…    1.0  helps"]
