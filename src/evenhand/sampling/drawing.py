"""From how often each row is expected to the rows themselves."""
# Shapes: N fit rows, E draws of a pass.

from __future__ import annotations

import numpy as np

from evenhand.errors import ConfigError
from evenhand.sampling.buckets import Rows
from evenhand.seeds import generator
from evenhand.types import Floats

DRAW = 1 << 32
"""One draw in whole units: sums of whole numbers are exact, whatever the order."""


def draw(expected_N: Floats, *, seed: int, epoch: int) -> Rows:
    """Draw the rows of one pass, each as often as expected, give or take less than one.

    Systematic sampling: the rows are laid end to end in random order, each as long as its
    expected draws, and a row is drawn once for every mark it meets; marks are one apart, the
    first at random. So a row that is expected ``e`` times comes ``floor(e)`` or ``ceil(e)``
    times. Where each is expected once, each comes once.

    Args:
        expected_N: draws of each row, >= 0; a sampler's answer. Their sum is below 2^31.
        seed: the run's seed.
        epoch: which pass, from 0.

    Returns:
        Exactly ``round(sum)`` positions, ascending, a row once for each draw, ``(E,)``. What
        puts them in random order is ``epoch_batches``, which thus gives the batches of a pass
        over all rows the very order that it gives them without a sampler.

    References:
        Madow and Madow 1944, doi:10.1214/aoms/1177731312.
    """
    random = generator(seed, "draw", epoch)
    order_N = random.permutation(len(expected_N))
    ends_N = np.rint(expected_N[order_N] * DRAW).astype(np.int64).cumsum()
    first = random.integers(*_first_mark(int(ends_N[-1]), round(float(expected_N.sum()))))
    times_N = np.empty(len(expected_N), np.int64)
    times_N[order_N] = np.diff(-((first - ends_N) // DRAW), prepend=0)
    return np.repeat(np.arange(len(expected_N)), times_N)


def _first_mark(length: int, marks: int) -> tuple[int, int]:
    """Return between which units the first mark lies, so that ``marks`` fall on ``length``."""
    rest = length % DRAW
    return (0, rest) if marks * DRAW > length else (rest, DRAW)


def refuse_small(rows: int, batch_size: int) -> None:
    """Refuse to balance fewer rows than a batch holds, before work starts.

    Not for the natural sampler, under which a pass of one small batch is what it says.

    Args:
        rows: number of fit rows.
        batch_size: rows a batch.

    Raises:
        ConfigError: E105 when ``rows`` is below ``batch_size``.
    """
    if rows < batch_size:
        raise ConfigError(
            "E105",
            "a sampler has no choice where all rows do not fill a batch",
            got=f"{rows} fit rows, train.batch_size = {batch_size}",
            fix=f"--set sampler=natural, or --set train.batch_size={max(rows // 4, 1)}",
        )
