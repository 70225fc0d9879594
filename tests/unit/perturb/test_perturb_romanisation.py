"""Hepburn and Kunrei-shiki: a table worked by hand, and there and back."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evenhand.data.kana import System, to_latin
from evenhand.perturb import perturb
from evenhand.perturb.romaji import is_romaji, romaji_words
from evenhand.perturb.romanisation import respelt, to_hepburn, to_kunrei

PAIRS = {
    "shi": "si", "chi": "ti", "tsu": "tu", "fu": "hu", "ji": "zi",
    "sha": "sya", "shu": "syu", "sho": "syo", "cha": "tya", "chu": "tyu", "cho": "tyo",
    "ja": "zya", "ju": "zyu", "jo": "zyo", "she": "sye", "che": "tye", "je": "zye",
    "shō": "syō", "chū": "tyū", "jî": "zî", "fū": "hū",
    "zasshi": "zassi", "matchi": "matti", "matcha": "mattya", "mittsu": "mittu",
    "bajji": "bazzi", "hojjo": "hozzyo", "waffuru": "wahhuru",
    "shin'ichi": "sin'iti", "fujisan": "huzisan", "chushojitsu": "tyusyozitu",
    "Shinjuku": "Sinzyuku", "Chiba": "Tiba", "Fuji": "Huzi", "SHINJUKU": "SINZYUKU", "CHI": "TI",
}  # fmt: skip
SAME = ["ka", "sa", "su", "te", "hi", "zu", "kya", "ryo", "gakkou", "n", "kon'ya", "fa", "tsa"]
SYLLABLES = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
    "ガギグゲゴザジズゼゾダデドバビブベボパピプペポッー"
)


@pytest.mark.parametrize(("hepburn", "kunrei"), PAIRS.items(), ids=PAIRS)
def test_the_table(hepburn, kunrei):
    assert to_kunrei(hepburn) == kunrei
    assert to_hepburn(kunrei) == hepburn
    assert (to_kunrei(kunrei), to_hepburn(hepburn)) == (kunrei, hepburn)


@pytest.mark.parametrize("word", SAME)
def test_what_both_spell_alike(word):
    assert to_kunrei(word) == to_hepburn(word) == word


@pytest.mark.parametrize(("other", "hepburn"), [("macchi", "matchi"), ("jya", "ja")])
def test_other_hepburn_comes_back_as_hepburn_proper(other, hepburn):
    assert to_hepburn(to_kunrei(other)) == hepburn


@given(st.lists(st.sampled_from([*SYLLABLES, "シャ", "チュ", "ジョ", "キョ", "リャ"]), max_size=8))
def test_there_and_back_agree_with_the_table_of_kana(syllables):
    kana = re.sub("ッ+(?![カ-ヂツ-トハ-ポラ-ロ])", "", "".join(syllables))
    hepburn, kunrei = to_latin(kana, System.HEPBURN), to_latin(kana, System.KUNREI)
    assume(is_romaji(hepburn))
    assert to_kunrei(hepburn) == kunrei
    assert to_hepburn(kunrei) == hepburn


def respell(text, rate=1.0):
    return respelt(text, np.random.default_rng(0), rate=rate)


def test_a_text_in_hepburn_becomes_kunrei_and_the_other_way():
    assert respell("Fuji no shita, tanoshii!") == "Huzi no sita, tanosii!"
    assert respell("Huzi no sita, tanosii!") == "Fuji no shita, tanoshii!"


def test_one_word_that_only_hepburn_has_decides():
    assert respell("si to shi") == "si to si"


@pytest.mark.parametrize("text", ["the church", "しんじゅく", "façade sié", "don't", "", "123"])
def test_texts_without_japanese_words_stay(text):
    assert respell(text) == text


def test_each_word_has_the_rate():
    text = "shi " * 500
    changed = [respelt(text, np.random.default_rng(s), rate=0.1).count("si ") for s in range(20)]
    assert abs(np.mean(changed) - 50) < 6


def test_the_default_leaves_nothing_to_chance():
    assert perturb("romanisation", {"a": "chotto", "b": "tyotto"}, seed=3) == {
        "a": "tyotto",
        "b": "chotto",
    }


@pytest.mark.parametrize(
    "word", ["toukyou", "Tōkyō", "shimbun", "kon'ya", "kon’ya", "KYŌTO", "fyuujon", "kwa", "are"]
)
def test_words_that_can_be_read_as_japanese(word):
    assert is_romaji(word)
    assert romaji_words(f"({word})") == [word]


@pytest.mark.parametrize(
    "word", ["the", "toyk", "xi", "la", "kat", "don't", "shh", "", "k", "日本"]
)
def test_words_that_cannot(word):
    assert not is_romaji(word)


def test_words_that_go_on_in_letters_of_other_languages_are_no_words():
    assert romaji_words("façade sié naïve Tシャツ to kanō") == ["to", "kanō"]
