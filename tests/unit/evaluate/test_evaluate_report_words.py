import pytest

from evenhand.evaluate.report_words import (
    figure,
    interval,
    intervals_line,
    number,
    percent,
    plain,
    shortened,
)


def test_numbers_have_three_decimals_and_a_true_minus() -> None:
    assert number(0.12345) == "0.123"
    assert number(-0.02, signed=True) == "\N{MINUS SIGN}0.020"
    assert number(-0.0001) == "0.000"
    assert number(None) == "n/a"
    assert interval({"value": 0.2, "low": 0.1, "high": 0.3}) == "0.100 to 0.300"
    assert interval({"value": 0.2, "low": None, "high": 0.3}) == "n/a"


def test_an_undefined_figure_is_not_available_and_sorts_last() -> None:
    cell = figure({"value": None, "low": None, "high": None})
    assert (cell.text, cell.detail, cell.sort) == ("n/a", "", None)


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.0035, "0.35 %"), (0.07, "7 %"), (0.1234, "12 %")]
)
def test_a_percentage_has_two_digits_that_count(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_long_text_is_cut_on_one_line() -> None:
    assert shortened("a  long\ntext", 7) == "a long…"
    assert shortened("short", 7) == "short"


def test_any_value_is_said_in_plain_words() -> None:
    assert plain({"name": "temperature", "task": "multilabel", "temperature": 1.5}) == (
        "temperature (temperature 1.5)"
    )
    assert plain([True, None, 1200]) == "yes, n/a, 1,200"


def test_what_is_drawn_for_intervals_is_said() -> None:
    metrics = {"level": 0.95, "resamples": 1000, "seed": 3, "interval": "percentile bootstrap"}
    assert intervals_line(metrics) == ("95 % percentile bootstrap, 1,000 resamples of rows, seed 3")
    assert intervals_line(metrics | {"groups": 1204}) == (
        "95 % percentile bootstrap, 1,000 resamples of 1,204 groups of rows, each drawn as a "
        "whole, seed 3"
    )
