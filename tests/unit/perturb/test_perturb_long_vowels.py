"""Long vowels: every other spelling of the same length, in letters and kana."""

import numpy as np
import pytest

from evenhand.perturb.long_vowels import lengthened


def outcomes(text, rate=1.0, rounds=200):
    return {lengthened(text, np.random.default_rng(seed), rate=rate) for seed in range(rounds)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kou", {"kō", "kô", "koo", "ko"}),
        ("kō", {"kô", "kou", "koo", "ko"}),
        ("kuu", {"kū", "kû", "ku"}),
        ("kaa", {"kā", "kâ", "ka"}),
        ("kee", {"kē", "kê", "ke"}),
        ("kii", {"kī", "kî", "ki"}),
        ("Ōta", {"Ôta", "Outa", "Oota", "Ota"}),
        ("KŌ", {"KÔ", "KOU", "KOO", "KO"}),
        ("カー", {"カ", "カーー", "カ〜"}),
        ("カーー", {"カ", "カ〜"}),
        ("すご〜", {"すご", "すごーー"}),
        ("とう", {"とー"}),
        ("くう", {"くー"}),
        ("せい", {"せー"}),
    ],
)
def test_every_other_spelling(text, expected):
    assert outcomes(text) == expected


@pytest.mark.parametrize(
    "text", ["ko", "kei", "cloud", "façoué", "あう", "あい", "3〜5", "ー", "漢う", ""]
)
def test_what_is_not_long_or_not_japanese_stays(text):
    assert outcomes(text, rounds=20) == {text}


def test_each_long_vowel_has_the_rate():
    text = "kou " * 500
    changed = [lengthened(text, np.random.default_rng(s), rate=0.1) for s in range(20)]
    assert abs(np.mean([500 - c.count("kou") for c in changed]) - 50) < 6
