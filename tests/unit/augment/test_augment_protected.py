"""Protected words are recognised however they are written, and never lost."""

import pytest

from evenhand.augment.protected import Protected

WRITTEN = "not Not, (NEVER) can't CAN’T! [NAME] [NAME]'s <url> @anna_b https://a.b/c no-one wont"


@pytest.mark.parametrize("word", WRITTEN.split())
def test_protected_by_default(word):
    assert word in Protected()


@pytest.mark.parametrize("word", ["note", "knot", "known", "want", "[two", "words]", "ant"])
def test_free_by_default(word):
    assert word not in Protected()


def test_found_words_stand_in_order_and_in_lower_case():
    text = "NOT now, [NAME]: I can’t see @Anna, never."
    assert Protected().found(text) == ["not", "[name]", "n't", "@anna,", "never"]


def test_a_star_stands_for_any_letters():
    words = Protected(("un*", "*less", "a*z"))
    assert [
        w for w in ("unkind", "sun", "useless", "lesson", "az", "a1z", "a-z") if w in words
    ] == [
        "unkind",
        "useless",
        "az",
        "a1z",
    ]


def test_without_words_nothing_is_protected():
    assert Protected(()).free(["not", "[NAME]", ""]) == [0, 1, 2]


def test_letters_with_a_meaning_in_patterns_stand_for_themselves():
    assert "axc" not in Protected(("a.c",))
    assert "a.c" in Protected(("a.c",))


@pytest.mark.parametrize("new", ["it is nit", "it is not not", "", " ", "never it is"])
def test_guard_takes_back_what_loses_or_adds_a_protected_word(new):
    assert Protected().guard("it is not", new) == "it is not"


def test_guard_lets_pass_what_keeps_them():
    assert Protected().guard("it is not", "NOT it") == "NOT it"


def test_long_words_are_searched_in_linear_time():
    assert "a" * 200_000 not in Protected()
