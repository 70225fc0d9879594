"""Dropout, deletion, swap, insertion, synonyms: exact results, limits, and Wei & Zou's four."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.augment import AUGMENTERS
from evenhand.augment.deletion import delete_words
from evenhand.augment.eda import OPERATIONS, rewrite_easily
from evenhand.augment.insertion import insert_words
from evenhand.augment.protected import Protected
from evenhand.augment.rewriting import pick
from evenhand.augment.swap import swap_words
from evenhand.augment.synonyms import replace_words
from evenhand.augment.thesaurus import synonyms_of
from evenhand.augment.word_dropout import drop_words
from evenhand.errors import ConfigError

KEPT = Protected()
TEN = "a b c d e f g h i j"


def outcomes(rewrite, text, *, rate, rounds=200, protected=KEPT):
    return Counter(
        rewrite(text, np.random.default_rng(seed), protected, rate=rate) for seed in range(rounds)
    )


def test_dropout_takes_exactly_the_share():
    assert {len(t.split()) for t in outcomes(drop_words, TEN, rate=0.1)} == {9}
    assert {len(t.split()) for t in outcomes(drop_words, TEN, rate=0.39)} == {7}
    assert set(outcomes(drop_words, "a b c", rate=0.1)) == {"a b", "a c", "b c"}


def test_dropout_leaves_the_last_word_and_the_protected_ones():
    assert set(outcomes(drop_words, "a b", rate=1)) == {"a", "b"}
    assert set(outcomes(drop_words, "one", rate=1)) == {"one"}
    assert set(outcomes(drop_words, "a not b", rate=1)) == {"not"}


def test_deletion_removes_words_at_its_rate():
    counts = outcomes(delete_words, TEN, rate=0.2, rounds=500)
    left = sum(len(text.split()) * count for text, count in counts.items()) / 5000
    assert left == pytest.approx(0.8, abs=0.03)
    assert "a b c d e f g h i j" in counts


def test_deletion_of_all_words_leaves_one():
    assert set(outcomes(delete_words, "a b c", rate=1)) == {"a", "b", "c"}
    assert set(outcomes(delete_words, "a not b", rate=1)) == {"not"}


def test_swap_changes_two_places():
    assert set(outcomes(swap_words, "a b  c", rate=0.1)) == {"b a  c", "c b  a", "a c  b"}
    assert set(outcomes(swap_words, "a not b", rate=0.1)) == {"b not a"}
    assert set(outcomes(swap_words, "not b", rate=1)) == {"not b"}


def test_synonyms_keep_case_and_punctuation():
    assert synonyms_of("Doctor") == ("physician",)
    text = '"DOCTOR, doctor!" said the Doctor.'
    assert set(outcomes(replace_words, text, rate=1)) == {
        '"PHYSICIAN, physician!" said the Physician.'
    }


def test_synonyms_replace_the_share_of_all_words():
    text = "the doctor met a doctor and one more doctor at the door"
    for rate, count in ((0.1, 1), (0.2, 2), (1, 3)):
        found = outcomes(replace_words, text, rate=rate)
        assert {t.split().count("physician") for t in found} == {count}


def test_a_text_without_a_word_of_the_table_stays():
    for rewrite in (replace_words, insert_words):
        assert set(outcomes(rewrite, "the of and", rate=1, rounds=5)) == {"the of and"}


def test_insertion_puts_a_synonym_anywhere():
    assert set(outcomes(insert_words, " the doctor", rate=0.5)) == {
        " physician the doctor",
        " the physician doctor",
        " the doctor physician",
    }
    assert {len(t.split()) for t in outcomes(insert_words, "the doctor is in", rate=0.5)} == {6}


def test_insertion_never_parts_a_protected_word_from_the_next():
    assert set(outcomes(insert_words, "not the doctor", rate=0.1)) == {
        "physician not the doctor",
        "not the physician doctor",
        "not the doctor physician",
    }


def test_eda_applies_one_of_four_each_as_often():
    text = "the doctor was here"
    counts = Counter(
        rewrite_easily(text, np.random.default_rng(seed), KEPT, alpha=0.2) for seed in range(400)
    )
    swaps = sum(
        n for t, n in counts.items() if t != text and sorted(t.split()) == sorted(text.split())
    )
    assert counts["the physician was here"] == pytest.approx(100, abs=25)
    assert sum(n for t, n in counts.items() if len(t.split()) == 5) == pytest.approx(100, abs=25)
    assert swaps == pytest.approx(100, abs=25)


def test_eda_gives_what_its_operations_give():
    for seed in range(20):
        random = np.random.default_rng(seed)
        operation = OPERATIONS[int(random.integers(4))]
        expected = operation(TEN, random, KEPT, rate=0.3)
        assert rewrite_easily(TEN, np.random.default_rng(seed), KEPT, alpha=0.3) == expected


def test_pick_takes_different_places_each_as_often():
    counts = Counter(
        place for seed in range(600) for place in pick(np.random.default_rng(seed), [2, 5, 7], 2)
    )
    assert set(counts) == {2, 5, 7}
    assert all(count == pytest.approx(400, abs=40) for count in counts.values())
    assert pick(np.random.default_rng(0), [], 3) == []
    assert sorted(pick(np.random.default_rng(0), [4, 1], 9)) == [1, 4]


WORDY = ("word-dropout", "deletion", "swap", "insertion", "synonyms", "eda", "noise")


@pytest.mark.parametrize("name", WORDY)
@settings(max_examples=40)
@given(text=st.text(max_size=60), seed=st.integers(0, 2**63 - 1))
def test_any_text_keeps_its_protected_words_and_never_gets_empty(name, text, seed):
    (after,) = AUGMENTERS.build(name, settings={"share": 1})([text], [seed])
    assert KEPT.found(after) == KEPT.found(text)
    assert bool(after.strip()) == bool(text.strip())


@pytest.mark.parametrize("name", ["word-dropout", "deletion", "swap"])
@settings(max_examples=40)
@given(text=st.text("ab \n", max_size=40), seed=st.integers(0, 1000))
def test_words_are_only_taken_away_or_moved(name, text, seed):
    (after,) = AUGMENTERS.build(name, settings={"share": 1})([text], [seed])
    assert not Counter(after.split()) - Counter(text.split())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"share": 1.1}, "share = 1.1"),
        ({"rate": 0}, "rate = 0"),
        ({"alpha": 0.1}, "no such setting"),
        ({"protected": ("two words",)}, "two words"),
        ({"protected": ("*",)}, r"\*"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        AUGMENTERS.build("word-dropout", settings=wrong)
