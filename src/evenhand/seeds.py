"""One seed, many independent streams of randomness, each with a name.

A stream depends on ``(seed, name, position)`` alone. Nothing has to be saved to go on
where a run stopped: the draws of step 812 are the draws of step 812.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def derive(seed: int, name: str, *position: int) -> int:
    """Return a 63-bit seed for the stream ``name`` at ``position``.

    The same arguments give the same number on every machine; any change of any of them
    gives an unrelated one (SHA-256 of the arguments).

    Args:
        seed: the run's seed, any integer.
        name: what the draws are for: ``split``, ``init``, ``order``, ``augment``, ``dropout``.
        position: where in the stream, for example ``(epoch,)`` or ``(step, micro_batch)``.
    """
    text = ":".join([str(seed), name, *map(str, position)])
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def copies(rows_E: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each draw how many earlier ones are of the same row, int64, ``(E,)``.

    Row and copy tell a draw from all others of a pass, so that each has randomness of its own.
    """
    order_E = np.argsort(rows_E, kind="stable")
    ranked_E = rows_E[order_E]
    starts = np.flatnonzero(np.r_[True, ranked_E[1:] != ranked_E[:-1]])
    copies_E = np.empty(len(rows_E), np.int64)
    copies_E[order_E] = np.arange(len(rows_E)) - np.repeat(
        starts, np.diff(np.r_[starts, len(rows_E)])
    )
    return copies_E


def generator(seed: int, name: str, *position: int) -> np.random.Generator:
    """Return a NumPy generator for the stream ``name`` at ``position``."""
    return np.random.default_rng(derive(seed, name, *position))
