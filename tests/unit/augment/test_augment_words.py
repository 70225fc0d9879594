"""Texts fall into words and gaps and come back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.augment.words import bare, how_many, join, like, split, without


def test_words_and_the_gaps_around_them():
    assert split(" so  it\nis ") == (["so", "it", "is"], [" ", "  ", "\n", " "])
    assert split("") == ([], [""])
    assert split(" \n") == ([], [" \n"])


@given(st.text())
def test_join_undoes_split(text):
    words, gaps = split(text)
    assert len(gaps) == len(words) + 1
    assert join(words, gaps) == text


@pytest.mark.parametrize(
    ("gone", "left"),
    [((), " a  b\nc "), ((0,), " b\nc "), ((1,), " a\nc "), ((2,), " a  b "), ((0, 1), " c ")],
)
def test_a_word_leaves_with_the_gap_before_it(gone, left):
    assert without(*split(" a  b\nc "), gone) == left


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ('"so!"', ('"', "so", '!"')),
        ("don't,", ("", "don't", ",")),
        ("?!", ("?!", "", "")),
        ("C3", ("", "C3", "")),
    ],
)
def test_marks_come_off_a_word(word, parts):
    assert bare(word) == parts


@given(st.text())
def test_marks_and_word_are_the_whole(word):
    assert "".join(bare(word)) == word


@pytest.mark.parametrize(
    ("old", "new"), [("big", "large"), ("Big", "Large"), ("BIG", "LARGE"), ("I", "Large")]
)
def test_a_new_word_takes_the_case_of_the_old(old, new):
    assert like(old, "large") == new


@pytest.mark.parametrize(
    ("rate", "words", "count"),
    [(0.1, 1, 1), (0.1, 19, 1), (0.1, 30, 3), (0.29, 100, 29), (1, 4, 4)],
)
def test_a_rate_means_a_count_rounded_down_but_one_at_least(rate, words, count):
    assert how_many(rate, words) == count
