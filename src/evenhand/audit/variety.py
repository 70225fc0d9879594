"""Variety: how many words the texts draw on."""

from __future__ import annotations

from itertools import islice

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus
from evenhand.audit.finding import Finding
from evenhand.audit.wording import normalised, words
from evenhand.seeds import generator

SPAN = 10_000
"""Words that are looked at: the number of distinct ones grows with the length, so a fixed one
makes it comparable."""
FEWEST = 2_000
POOR = 8.0
"""Distinct words over the square root of words below which texts look written from templates;
free English has 14 to 25 at these lengths."""


@check("A106")
def poor(corpus: Corpus) -> Finding | None:
    """The texts draw on few words."""
    seen, distinct = vocabulary_of(corpus)
    if seen < FEWEST or distinct / np.sqrt(seen) >= POOR:
        return None
    return Finding(
        "A106",
        "tip",
        "few different words",
        f"{distinct:,} different words among {seen:,} (of rows drawn at random), "
        f"{distinct / np.sqrt(seen):.1f} times the square root where free text has 14 to 25",
        advice="texts from templates are easier than what people write; measure on rows of "
        "another origin before you trust a score",
    )


def vocabulary_of(corpus: Corpus) -> tuple[int, int]:
    """Count words and distinct words of texts drawn at random, up to 10,000 words."""
    order_N = generator(0, "audit-variety").permutation(len(corpus))
    stream = (
        word for i in order_N for word in words(normalised(corpus.texts[i]), spaced=corpus.spaced)
    )
    drawn = list(islice(stream, SPAN))
    return len(drawn), len(set(drawn))
