"""Spacing: blanks go and come, letters stay."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.perturb.spacing import respaced


def respace(text, rate, seed=0):
    return respaced(text, np.random.default_rng(seed), rate=rate)


def test_at_rate_1_every_blank_goes_and_letters_that_touched_stand_apart():
    assert respace("so it is", 1) == "s oi ti s"
    assert respace("おい、に", 1) == "お い、に"
    assert respace("a-b!", 1) == "a-b!"


def test_blanks_at_the_ends_stay():
    assert respace(" a b ", 1) == " ab "


def test_each_place_has_the_rate():
    text = "ab cd " * 500
    gone, come = [], []
    for seed in range(20):
        changed = respace(text, 0.1, seed)
        come.append(sum(changed.count(f"{a} {b}") for a, b in ("ab", "cd")))
        gone.append(changed.count("bc") + changed.count("da"))
    assert abs(np.mean(come) - 100) < 10
    assert abs(np.mean(gone) - 100) < 10


@given(st.text("abあ漢 .\n1"), st.floats(0, 1), st.integers(0, 99))
def test_without_blanks_the_text_is_what_it_was(text, rate, seed):
    assert "".join(respace(text, rate, seed).split()) == "".join(text.split())
