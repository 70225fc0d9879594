"""Augment a pass of texts, and measure what reaches the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenhand.augment import Augmenter
from evenhand.seeds import derive

Encode = Callable[[Sequence[str]], Sequence[Sequence[int]]]
"""Texts to token ids."""


def augmented(
    texts: Sequence[str],
    augmenters: Sequence[Augmenter],
    *,
    seed: int,
    epoch: int,
    rows: Sequence[int],
    copies: Sequence[int],
) -> list[str]:
    """Apply the augmenters in turn.

    Augmenter ``k`` gets the seed of ``(k, epoch, row, copy)`` for a text. So a row differs
    from epoch to epoch and from copy to copy, and is the same in a resumed run.

    Args:
        texts: fit texts.
        augmenters: the first one first; none gives the texts back.
        seed: the run's seed.
        epoch: of this pass, from 0.
        rows: position of each text in the data set.
        copies: which repetition of its row each text is, from 0.
    """
    result = list(texts)
    for k, augmenter in enumerate(augmenters):
        places = zip(rows, copies, strict=True)
        seeds = [derive(seed, "augment", k, epoch, row, copy) for row, copy in places]
        result = augmenter(result, seeds)
    return result


@dataclass(frozen=True)
class Effect:
    """What augmenters did to a pass of texts.

    Args:
        changed: share of the texts that came out different.
        undone: share of the changed texts whose token ids are the same as before, 0 when
            none changed. Case noise under a tokenizer that lowers case is undone wholly.
    """

    changed: float
    undone: float


def effect(
    augmenters: Sequence[Augmenter], texts: Sequence[str], encode: Encode, *, seed: int
) -> Effect:
    """Measure the first epoch's augmentation of ``texts``.

    Args:
        augmenters: the first one first.
        texts: a sample of the fit texts; none gives shares of 0.
        encode: the backbone's tokenizer with the run's length limit.
        seed: the run's seed.
    """
    rows = range(len(texts))
    after = augmented(texts, augmenters, seed=seed, epoch=0, rows=rows, copies=[0] * len(texts))
    pairs = [pair for pair in zip(texts, after, strict=True) if pair[0] != pair[1]]
    ids_before = encode([old for old, _ in pairs])
    ids_after = encode([new for _, new in pairs])
    same = sum(list(a) == list(b) for a, b in zip(ids_before, ids_after, strict=True))
    return Effect(len(pairs) / max(1, len(texts)), same / max(1, len(pairs)))
