"""Typos: two letters typed in the wrong order, or a letter left out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.perturb import PERTURBATIONS, Perturbation, Rate

if TYPE_CHECKING:
    import numpy as np


def mistyped(text: str, random: np.random.Generator, /, *, rate: float) -> str:
    """Drop each letter, or swap it with the letter after it, with probability ``rate``.

    Both errors are equally likely; a letter without another one after it is dropped. Letters are
    those of any script. Everything else stays where it stands between them, and the last letter
    of a text is never dropped.

    Args:
        text: any.
        random: the text's own draws.
        rate: in [0, 1].
    """
    signs = list(text)
    draws, swaps = random.random(len(signs)), random.random(len(signs)) < 0.5
    left = sum(sign.isalpha() for sign in signs)
    written: list[str] = []
    place = 0
    while place < len(signs):
        sign, after = signs[place], "".join(signs[place + 1 : place + 2])
        place += 1
        if not sign.isalpha() or draws[place - 1] >= rate:
            written.append(sign)
        elif swaps[place - 1] and after.isalpha():
            written += [after, sign]
            place += 1
        elif left > 1:
            left -= 1
        else:
            written.append(sign)
    return "".join(written)


@PERTURBATIONS.register("typos")
def typos(*, rate: Rate = 0.05) -> Perturbation:
    """Swap neighbouring letters, or leave letters out."""
    return partial(mistyped, rate=rate)
