"""Spacing: blanks that were forgotten, and blanks where none belong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evenhand.perturb import PERTURBATIONS, Perturbation, Rate

if TYPE_CHECKING:
    import numpy as np


def respaced(text: str, random: np.random.Generator, /, *, rate: float) -> str:
    """Remove each blank between two signs, and part two letters, with probability ``rate``.

    Without its blanks the text is what it was. A script that is written without blanks only
    gains some.

    Args:
        text: any.
        random: the text's own draws.
        rate: in [0, 1]; at 1 every blank goes and all letters that touched stand apart.
    """
    draws = random.random(len(text))
    written: list[str] = []
    for place, sign in enumerate(text):
        inside = 0 < place < len(text) - 1
        if sign.isspace() and inside and draws[place] < rate:
            continue
        parted = place > 0 and sign.isalnum() and text[place - 1].isalnum()
        written.append(f" {sign}" if parted and draws[place] < rate else sign)
    return "".join(written)


@PERTURBATIONS.register("spacing")
def spacing(*, rate: Rate = 0.05) -> Perturbation:
    """Leave blanks out, or put one between two letters."""
    return partial(respaced, rate=rate)
