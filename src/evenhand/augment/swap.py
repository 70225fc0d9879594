"""Swap: two words change places."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one, pick
from evenhand.augment.words import how_many, join, split

if TYPE_CHECKING:
    import numpy as np


def swap_words(
    text: str, random: np.random.Generator, protected: Protected, /, *, rate: float
) -> str:
    """Let two different words change places, ``max(1, floor(rate * words))`` times.

    White space stays where it is. With fewer than two words to move nothing happens.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay in their places.
        rate: swaps for each word, in (0, 1].

    References:
        Wei & Zou 2019, arXiv:1901.11196, section 2, "random swap".
    """
    words, gaps = split(text)
    free = protected.free(words)
    if len(free) > 1:
        for _ in range(how_many(rate, len(words))):
            one, other = pick(random, free, 2)
            words[one], words[other] = words[other], words[one]
    return join(words, gaps)


@AUGMENTERS.register("swap")
def swap(*, share: Share = 0.3, rate: Rate = 0.1, protected: Words = PROTECTED) -> Augmenter:
    """Let words change places (EDA's random swap)."""
    return one_by_one(partial(swap_words, rate=rate), share=share, protected=protected)
