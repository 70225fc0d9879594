"""Deletion: each word goes missing with the same small probability."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one
from evenhand.augment.words import split, without

if TYPE_CHECKING:
    import numpy as np


def delete_words(
    text: str, random: np.random.Generator, protected: Protected, /, *, rate: float
) -> str:
    """Leave out each word with probability ``rate``; when all would go, a random one stays.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay.
        rate: in (0, 1]; at 1 only protected words stay, or one word where there are none.

    References:
        Wei & Zou 2019, arXiv:1901.11196, section 2, "random deletion".
    """
    words, gaps = split(text)
    draws = random.random(len(words))
    gone = {i for i in protected.free(words) if draws[i] < rate}
    if len(gone) == len(words):
        gone.discard(int(random.integers(len(words))))
    return without(words, gaps, gone)


@AUGMENTERS.register("deletion")
def deletion(*, share: Share = 0.3, rate: Rate = 0.1, protected: Words = PROTECTED) -> Augmenter:
    """Leave out each word with the same probability (EDA's random deletion)."""
    return one_by_one(partial(delete_words, rate=rate), share=share, protected=protected)
