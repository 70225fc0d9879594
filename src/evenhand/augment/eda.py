"""Easy data augmentation: synonyms, insertion, swap and deletion by one setting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.deletion import delete_words
from evenhand.augment.insertion import insert_words
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Share, Words, one_by_one
from evenhand.augment.swap import swap_words
from evenhand.augment.synonyms import replace_words

if TYPE_CHECKING:
    import numpy as np

OPERATIONS = (replace_words, insert_words, swap_words, delete_words)


def rewrite_easily(
    text: str, random: np.random.Generator, protected: Protected, /, *, alpha: float
) -> str:
    """Apply one of the four operations, each as likely, at the rate ``alpha``.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay.
        alpha: share of the words that change, in (0, 1]. The paper advises 0.05 for a few
            hundred fit rows up to 0.1 for some thousand.

    References:
        Wei & Zou 2019, arXiv:1901.11196, section 2.
    """
    operation = OPERATIONS[int(random.integers(len(OPERATIONS)))]
    return operation(text, random, protected, rate=alpha)


@AUGMENTERS.register("eda")
def eda(*, share: Share = 0.3, alpha: Rate = 0.1, protected: Words = PROTECTED) -> Augmenter:
    """Synonyms, insertion, swap or deletion, one of them a text (Wei & Zou 2019)."""
    return one_by_one(partial(rewrite_easily, alpha=alpha), share=share, protected=protected)
