"""Noise: what hurried typing does to case, letters and spaces."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Share, Words, one_by_one
from evenhand.augment.words import join, like, split

if TYPE_CHECKING:
    import numpy as np

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> Mapping[str, str]:
    """Return the letters next to each key of a QWERTY keyboard; each row is set half a key in."""
    places = {key: (y, x) for y, row in enumerate(KEYS) for x, key in enumerate(row)}
    near = {(0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0)}
    return {
        key: "".join(k for k, (v, u) in places.items() if (v - y, u - x) in near)
        for key, (y, x) in places.items()
    }


NEIGHBOURS = _neighbours()


def mistype(word: str, random: np.random.Generator) -> str:
    """Make one typing error at a random letter: neighbour key, left out, doubled, or too early.

    Only the letters a to z are mistyped; a word without any stays as it is.
    """
    places = [i for i, letter in enumerate(word) if letter.lower() in NEIGHBOURS]
    if not places:
        return word
    i = places[int(random.integers(len(places)))]
    letter, rest = word[i], word[i + 1 :]
    near = NEIGHBOURS[letter.lower()]
    wrong = like(letter, near[int(random.integers(len(near)))])
    turned = rest[:1] + letter + rest[1:]
    errors = (wrong + rest, rest, letter * 2 + rest, turned)
    return word[:i] + errors[int(random.integers(len(errors)))]


def recase(word: str, random: np.random.Generator) -> str:
    """Return the word in lower, upper or swapped case; one without case stays as it is."""
    others = sorted({word.lower(), word.upper(), word.swapcase()} - {word})
    return others[int(random.integers(len(others)))] if others else word


def part(word: str, random: np.random.Generator) -> str:
    """Put a space between two letters of the word; one without two in a row stays as it is."""
    places = [i for i in range(1, len(word)) if word[i - 1].isalpha() and word[i].isalpha()]
    if not places:
        return word
    i = places[int(random.integers(len(places)))]
    return f"{word[:i]} {word[i:]}"


def add_noise(
    text: str,
    random: np.random.Generator,
    protected: Protected,
    /,
    *,
    case: float,
    typos: float,
    spacing: float,
) -> str:
    """Mistype, recase and part words, and lose spaces, each with its own probability.

    A word gets at most one of each error. A space beside a protected word is never lost. With
    all three rates at 0 nothing changes.

    Args:
        text: with at least one word.
        random: the text's own draws.
        protected: words that stay.
        case: probability that a word changes its case, in [0, 1].
        typos: probability that a word is mistyped.
        spacing: probability that a word is parted, and that it is glued to the one before.
    """
    words, gaps = split(text)
    free = set(protected.free(words))
    draws = random.random((len(words), 4))
    errors = (mistype, typos), (recase, case), (part, spacing)
    for i in sorted(free):
        for place, (err, rate) in enumerate(errors):
            if draws[i, place] < rate:
                words[i] = err(words[i], random)
        if draws[i, 3] < spacing and i - 1 in free:
            gaps[i] = ""
    return join(words, gaps)


@AUGMENTERS.register("noise")
def noise(
    *,
    share: Share = 0.3,
    case: Annotated[float, Field(ge=0, le=1, description="share of words in another case")] = 0.1,
    typos: Annotated[float, Field(ge=0, le=1, description="share of words mistyped")] = 0.05,
    spacing: Annotated[
        float, Field(ge=0, le=1, description="share of words parted, and of spaces lost")
    ] = 0.02,
    protected: Words = PROTECTED,
) -> Augmenter:
    """Change case, mistype by neighbouring keys, part and glue words."""
    rewrite = partial(add_noise, case=case, typos=typos, spacing=spacing)
    return one_by_one(rewrite, share=share, protected=protected)
