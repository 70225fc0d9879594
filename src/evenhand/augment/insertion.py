"""Insertion: a synonym of one of the words turns up somewhere else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one
from evenhand.augment.synonyms import draw_synonym
from evenhand.augment.thesaurus import synonyms_of
from evenhand.augment.words import bare, how_many, join, split

if TYPE_CHECKING:
    import numpy as np


def insert_words(
    text: str, random: np.random.Generator, protected: Protected, /, *, rate: float
) -> str:
    """Insert ``max(1, floor(rate * words))`` synonyms of the text's own words.

    Each goes to a random place, though never straight behind a protected word: *not* stays
    with what it negates. A text without a word of the table stays as it is.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that no word is put behind, and that lend no synonym.
        rate: insertions for each word, in (0, 1].

    References:
        Wei & Zou 2019, arXiv:1901.11196, section 2, "random insertion".
    """
    words, gaps = split(text)
    cores = [bare(words[i])[1] for i in protected.free(words)]
    known = [word for word in cores if synonyms_of(word)]
    for _ in range(how_many(rate, len(words)) if known else 0):
        places = [i for i in range(len(words) + 1) if i == 0 or words[i - 1] not in protected]
        new = draw_synonym(known[int(random.integers(len(known)))], random)
        place = places[int(random.integers(len(places)))]
        words.insert(place, new)
        gaps.insert(max(place, 1), " ")
    return join(words, gaps)


@AUGMENTERS.register("insertion")
def insertion(*, share: Share = 0.3, rate: Rate = 0.1, protected: Words = PROTECTED) -> Augmenter:
    """Insert synonyms of the text's own words anywhere (EDA's random insertion)."""
    return one_by_one(partial(insert_words, rate=rate), share=share, protected=protected)
