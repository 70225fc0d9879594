"""Noise: each kind of error by itself, at its rate, and away from protected words."""

from collections import Counter

import numpy as np
import pytest

from evenhand.augment.noise import NEIGHBOURS, add_noise, mistype, part, recase
from evenhand.augment.protected import Protected


def all_of(change, word, rounds=300):
    return {change(word, np.random.default_rng(seed)) for seed in range(rounds)}


def noisy(text, *, case=0.0, typos=0.0, spacing=0.0, rounds=200):
    return Counter(
        add_noise(
            text, np.random.default_rng(s), Protected(), case=case, typos=typos, spacing=spacing
        )
        for s in range(rounds)
    )


def test_neighbours_are_the_keys_around():
    assert set(NEIGHBOURS["s"]) == set("adwezx")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert set(NEIGHBOURS["m"]) == set("njk")


def test_neighbours_are_mutual():
    assert all(a in NEIGHBOURS[b] for a, near in NEIGHBOURS.items() for b in near)


def test_four_typing_errors():
    assert all_of(mistype, "Qa") == {"Wa", "Aa", "a", "QQa", "aQ"} | {
        *("Qq", "Qw", "Qs", "Qz"),
        *("Q", "Qaa", "Qa"),
    }
    assert all_of(mistype, "?é1", rounds=3) == {"?é1"}


def test_case_changes_to_any_other():
    assert all_of(recase, "so") == {"SO"}
    assert all_of(recase, "So") == {"so", "SO", "sO"}
    assert all_of(recase, "42", rounds=3) == {"42"}


def test_a_word_is_parted_between_letters():
    assert all_of(part, "so-it's") == {"s o-it's", "so-i t's"}
    assert all_of(part, "a-b", rounds=3) == {"a-b"}


def test_no_rates_change_nothing():
    assert set(noisy("so it is", rounds=10)) == {"so it is"}


def test_every_word_at_rate_one():
    assert set(noisy("so it is", case=1)) == {"SO IT IS"}
    assert set(noisy("a b c", spacing=1)) == {"abc"}


def test_each_error_has_its_own_rate():
    words = sum(
        count * sum(word.isupper() for word in text.split())
        for text, count in noisy("so it is as we do", case=0.2, rounds=400).items()
    )
    assert words == pytest.approx(480, abs=60)


def test_protected_words_and_the_spaces_beside_them_stay():
    assert set(noisy("so not it", case=1, spacing=1)) == {"S O not I T"}
