"""Synonym replacement: another word for the same thing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one, pick
from evenhand.augment.thesaurus import synonyms_of
from evenhand.augment.words import bare, how_many, join, like, split

if TYPE_CHECKING:
    import numpy as np


def replace_words(
    text: str, random: np.random.Generator, protected: Protected, /, *, rate: float
) -> str:
    """Replace ``max(1, floor(rate * words))`` words by a synonym, keeping case and punctuation.

    A text without a word of the table stays as it is.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay.
        rate: share of the words, in (0, 1].

    References:
        Wei & Zou 2019, arXiv:1901.11196, section 2, "synonym replacement".
    """
    words, gaps = split(text)
    known = [i for i in protected.free(words) if synonyms_of(bare(words[i])[1])]
    for i in pick(random, known, how_many(rate, len(words))):
        before, word, behind = bare(words[i])
        words[i] = before + like(word, draw_synonym(word, random)) + behind
    return join(words, gaps)


def draw_synonym(word: str, random: np.random.Generator) -> str:
    """Return one synonym of a word of the table, each as likely as any other."""
    options = synonyms_of(word)
    return options[int(random.integers(len(options)))]


@AUGMENTERS.register("synonyms")
def synonyms(*, share: Share = 0.3, rate: Rate = 0.1, protected: Words = PROTECTED) -> Augmenter:
    """Replace words by synonyms from a table drawn from WordNet (English)."""
    return one_by_one(partial(replace_words, rate=rate), share=share, protected=protected)
