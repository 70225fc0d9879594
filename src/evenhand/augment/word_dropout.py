"""Word dropout: a text keeps its label when a few of its words are missing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one, pick
from evenhand.augment.words import how_many, split, without

if TYPE_CHECKING:
    import numpy as np


def drop_words(
    text: str, random: np.random.Generator, protected: Protected, /, *, rate: float
) -> str:
    """Leave out ``max(1, floor(rate * words))`` words; one word always stays.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay.
        rate: share of the words, in (0, 1]; at 1 only protected words stay.
    """
    words, gaps = split(text)
    count = min(how_many(rate, len(words)), len(words) - 1)
    return without(words, gaps, set(pick(random, protected.free(words), count)))


@AUGMENTERS.register("word-dropout")
def word_dropout(
    *, share: Share = 0.3, rate: Rate = 0.1, protected: Words = PROTECTED
) -> Augmenter:
    """Leave out a tenth of the words, at least one, in three texts of ten."""
    return one_by_one(partial(drop_words, rate=rate), share=share, protected=protected)
