"""Keywords are whole words however they are written; scripts are told by letters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.stages.words import finder, folded, is_written_in


def found(keyword: str, text: str) -> bool:
    return finder([keyword]).search(folded(text)) is not None


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("lost", "I am lost"),
        ("Lost", "LOST!"),
        ("lost", "so(lost)"),
        ("not safe", "not\n   safe"),
        ("can't", "I can\u2019t"),
        ("can't", "I can\u00b4t"),
        ("self-harm", "self\u2011harm"),
        ("Straße", "STRASSE"),
        ("lost", "ｌｏｓｔ"),
        ("ｶｯﾀｰ", "カッターで"),
        ("safe", "sa\u00adfe"),
        ("café", "cafe\u0301"),
        ("#help", "this #help now"),
        ("消えたい", "もう消えたいです"),
        ("lost", "lostです"),
        ("자해", "자해를"),
        ("ช่วย", "กรุณาช่วยฉัน"),
        ("911", "call 911."),
    ],
)
def test_a_keyword_is_found_however_it_is_written(keyword: str, text: str) -> None:
    assert found(keyword, text)


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("die", "a diet"),
        ("die", "indie"),
        ("die", "die_hard"),
        ("not safe", "not so safe"),
        ("911", "19112"),
        ("cafe", "café"),
        ("a.c", "abc"),
        ("कम", "कमी"),
    ],
)
def test_a_part_of_a_word_is_not_the_word(keyword: str, text: str) -> None:
    assert not found(keyword, text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=8))
def test_a_word_by_itself_is_always_found(word: str) -> None:
    assert found(word, word)
    assert found(word, f"so, {word}!")


@pytest.mark.parametrize(
    ("text", "script", "expected"),
    [
        ("hello", "latin", True),
        ("привет", "latin", False),
        ("привет", "cyrillic", True),
        ("こんにちは", "japanese", True),
        ("カッター", "japanese", True),
        ("中文", "japanese", True),
        ("中文", "han", True),
        ("ab 漢字", "han", False),
        ("abc 漢字", "latin", True),
        ("12345 !?", "latin", False),
        ("", "latin", False),
    ],
)
def test_a_script_has_more_than_half_of_the_letters(text: str, script: str, expected: bool) -> None:
    assert is_written_in(text, script) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", ["\u034f", "\ufe0f", "\u3164", "\u200b", "\u00ad"])
def test_a_sign_that_cannot_be_seen_hides_no_keyword(sign):
    assert finder(["storm"]).search(folded(f"a st{sign}orm")) is not None


def test_a_pile_of_marks_is_cut_before_it_is_normalised():
    """Normalising takes the square of the pile: a small text would hold a service for seconds."""
    assert len(folded("a" + "\u0301\u0327" * 50_000)) <= 33
    assert folded("a" + "\u0301" * 3) == "\u00e1" + "\u0301" * 2
