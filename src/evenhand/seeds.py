"""One seed, many independent streams of randomness, each with a name.

A stream depends on ``(seed, name, position)`` alone. Nothing has to be saved to go on
where a run stopped: the draws of step 812 are the draws of step 812.
"""

from __future__ import annotations

import hashlib

import numpy as np


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


def generator(seed: int, name: str, *position: int) -> np.random.Generator:
    """Return a NumPy generator for the stream ``name`` at ``position``."""
    return np.random.default_rng(derive(seed, name, *position))
