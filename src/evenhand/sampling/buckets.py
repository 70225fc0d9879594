"""Batches of texts of like length, so that little time goes into padding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.seeds import generator

Rows = NDArray[np.int64]


def epoch_batches(
    lengths_N: Rows, batch_size: int, *, seed: int, epoch: int, pool: int = 50
) -> list[Rows]:
    """Return the batches of one epoch, each entry exactly once, in random order.

    Entries are shuffled, cut into pools of ``pool`` batches, sorted by length within a pool, cut
    into batches, and the batches are shuffled. The same arguments give the same batches, so a
    resumed run needs no saved sampler. ``pool=1`` is plain random order within each batch.

    An entry is a row, or one draw of a row: then the batches hold positions among the draws, and
    draws of the same row may meet in a batch.

    Args:
        lengths_N: tokens of each entry, int64.
        batch_size: entries a batch; the last of a pool may be smaller.
        seed: the run's seed.
        epoch: which pass, from 0.
        pool: batches sorted together, >= 1; more means less padding and less mixing.
    """
    random = generator(seed, "order", epoch)
    shuffled = random.permutation(len(lengths_N))
    batches: list[Rows] = []
    for start in range(0, len(shuffled), pool * batch_size):
        part = shuffled[start : start + pool * batch_size]
        part = part[np.argsort(lengths_N[part], kind="stable")]
        batches.extend(part[i : i + batch_size] for i in range(0, len(part), batch_size))
    return [batches[i] for i in random.permutation(len(batches))]


def sorted_batches(lengths_N: Rows, batch_size: int) -> list[Rows]:
    """Return batches in order of length, longest first, for prediction: least padding.

    The longest batch comes first, so that a text too long for memory fails at once.
    """
    order = np.argsort(-lengths_N, kind="stable")
    return [order[i : i + batch_size] for i in range(0, len(order), batch_size)]


def padding_waste(lengths_N: Rows, batches: list[Rows]) -> float:
    """Return padded tokens over real tokens, >= 1; 1 is no padding at all."""
    padded = sum(len(rows) * int(lengths_N[rows].max()) for rows in batches)
    return padded / float(lengths_N[np.concatenate(batches)].sum())
