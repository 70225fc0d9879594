"""The shipped table: good pairs are in, the oddities of plain WordNet are out."""

import re
from importlib.resources import files

import pytest

from evenhand.augment.protected import Protected
from evenhand.augment.thesaurus import synonyms_of, table

GOOD = [
    ("doctor", "physician"),
    ("big", "large"),
    ("movie", "film"),
    ("begin", "start"),
    ("funny", "humorous"),
    ("quick", "fast"),
    ("error", "mistake"),
    ("afraid", "scared"),
    ("beautiful", "lovely"),
    ("buy", "purchase"),
    ("victory", "triumph"),
    ("angry", "mad"),
]
BAD = [
    ("doctor", "sophisticate"),
    ("want", "privation"),
    ("good", "bad"),
    ("big", "little"),
    ("happy", "unhappy"),
    ("dog", "frank"),
    ("potato", "murphy"),
    ("big", "larger"),
    ("not", "non"),
    ("found", "establish"),
    ("left", "liberal"),
    ("bad", "shitty"),
]


@pytest.mark.parametrize(("word", "other"), GOOD)
def test_good_pairs_are_in(word, other):
    assert other in synonyms_of(word)


@pytest.mark.parametrize(("word", "other"), BAD)
def test_bad_pairs_are_out(word, other):
    assert other not in synonyms_of(word)
    assert word not in synonyms_of(other)


@pytest.mark.parametrize(
    "word", ["felt", "left", "found", "movies", "needed", "not", "the", "want"]
)
def test_forms_words_of_grammar_and_words_of_many_meanings_are_not_replaced(word):
    assert synonyms_of(word) == ()


def test_every_row_is_sound():
    protected = Protected()
    for word, others in table().items():
        assert 1 <= len(others) <= 6
        assert len({word, *others}) == len(others) + 1
        assert all(re.fullmatch("[a-z]{3,}", w) and w not in protected for w in (word, *others))


def test_the_table_is_small_sorted_and_comes_with_its_licence():
    folder = files("evenhand.augment")
    text = folder.joinpath("synonyms.tsv").read_text("utf-8")
    assert len(text.encode()) <= 400_000
    assert list(table()) == sorted(table())
    assert len(table()) > 1000
    licence = folder.joinpath("WORDNET-LICENSE.txt").read_text("utf-8")
    assert "Copyright 2011 by Princeton University" in licence
