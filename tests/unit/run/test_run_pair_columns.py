"""Which columns ``--pair`` means, and which perturbations ``--perturb`` asks for."""

from __future__ import annotations

import pytest

from evenhand.errors import ConfigError, DataError
from evenhand.run.pair_columns import asked_perturbations, pair_columns


def meant(given: str, *columns: str, text: str = "text") -> tuple[str, str]:
    return pair_columns(given, columns, text=text, where="rows.csv")


@pytest.mark.parametrize(
    ("given", "columns", "text", "expected"),
    [
        ("a:b", ("a", "b"), "text", ("a", "b")),
        ("b : a", ("a", "b"), "text", ("b", "a")),
        ("other", ("text", "other"), "text", ("text", "other")),
        ("native:romaji", ("native", "romaji"), "native", ("native", "romaji")),
        ("native:romaji", ("text", "text_romaji"), "text", ("text", "text_romaji")),
        ("native:romaji", ("text", "text_romaji"), "text_romaji", ("text", "text_romaji")),
        ("romaji:native", ("text", "text_romaji"), "text", ("text_romaji", "text")),
        ("native:romaji", ("t_native", "t_romaji"), "t_native", ("t_native", "t_romaji")),
        ("romaji", ("text", "text_romaji"), "text", ("text", "text_romaji")),
        ("native", ("text", "native", "text_native"), "text", ("text", "native")),
    ],
)
def test_a_pair(given: str, columns: tuple[str, ...], text: str, expected: tuple[str, str]) -> None:
    assert meant(given, *columns, text=text) == expected


@pytest.mark.parametrize("given", ["", ":", "a:", ":a", "a:a", "text"])
def test_what_is_no_pair(given: str) -> None:
    with pytest.raises(ConfigError, match=r"E110(.|\n)*two different columns(.|\n)*--pair text:"):
        meant(given, "a", "text")


def test_a_column_that_is_not_there_is_named_with_a_hint() -> None:
    with pytest.raises(DataError, match=r"E205(.|\n)*'kan'(.|\n)*did you mean 'kana'\?"):
        meant("text:kan", "text", "kana")
    with pytest.raises(
        DataError, match=r"E205(.|\n)*'romaji'(.|\n)*'text', 'kana'(.|\n)*--pair A:B"
    ):
        meant("native:romaji", "text", "kana")


def test_perturbations_in_their_order() -> None:
    found = asked_perturbations(["typos:0.1,spacing", " long-vowels "])
    assert [(one.name, one.settings, one.label) for one in found] == [
        ("typos", {"rate": 0.1}, "typos:0.1"),
        ("spacing", {}, "spacing"),
        ("long-vowels", {}, "long-vowels"),
    ]
    assert asked_perturbations([]) == []


def test_one_perturbation_at_two_rates() -> None:
    found = asked_perturbations(["typos:0.1,typos:0.2,typos"])
    assert [one.label for one in found] == ["typos:0.1", "typos:0.2", "typos"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("typoes", r"E101(.|\n)*did you mean 'typos'"),
        ("typos,", r"E101"),
        ("typos:high", r"E102(.|\n)*typos:high"),
        ("typos:2", r"E102(.|\n)*out of range"),
        ("typos:nan", r"E102"),
        ("typos,spacing,typos", r"E110(.|\n)*twice(.|\n)*typos"),
        ("typos:0.1,typos:.1", r"E110(.|\n)*twice(.|\n)*typos:0.1"),
    ],
)
def test_perturbations_that_are_refused(given: str, error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        asked_perturbations([given])
