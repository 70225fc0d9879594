"""What a pass over the fit rows consists of: which rows are drawn, and what they look like.

A function of (seed, epoch, share of the run done) and of nothing else, so that a resumed run
sees the very examples that an uninterrupted one does.
"""
# Shapes: N fit rows, E draws of a pass, B examples of a batch.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.augment import Augmenter
from evenhand.augment.passes import augmented
from evenhand.sampling import Sampler, draw
from evenhand.sampling.buckets import Rows, epoch_batches
from evenhand.seeds import copies
from evenhand.types import Floats


class Table(Protocol):
    """Rows ready for the network: tokens of texts, or windows of series."""

    def lengths(self) -> Rows:
        """Return how long each row is, in tokens or frames, ``(N,)``."""
        ...

    def batch(self, rows_B: Rows, /) -> Mapping[str, NDArray[Any]]:
        """Return the network's inputs for these rows, padded to the longest."""
        ...


@dataclass(frozen=True)
class Pass:
    """The examples of one pass.

    Args:
        table: holds what the network reads.
        entries_E: position of each draw in ``table``.
        rows_E: the fit row that each draw is.
    """

    table: Table
    entries_E: Rows
    rows_E: Rows

    def batches(self, batch_size: int, *, seed: int, epoch: int) -> list[Rows]:
        """Return batches of positions in ``rows_E``, like lengths together."""
        lengths_E = self.table.lengths()[self.entries_E]
        return epoch_batches(lengths_E, batch_size, seed=seed, epoch=epoch)


@dataclass(frozen=True)
class Passes:
    """Makes each pass: draws rows, changes their texts, tokenises what was changed.

    Args:
        table: the fit rows as they are.
        sampler: expected draws of each row.
        seed: the run's seed.
        texts: of the fit rows; needed where augmenters change them.
        augmenters: applied in turn; none leaves ``table`` as it is.
        encode: texts -> table.
        changed: (epoch, draws) -> a table of these draws, where what is drawn are no texts; None
            leaves ``table`` as it is.
    """

    table: Table
    sampler: Sampler
    seed: int
    texts: Sequence[str] = ()
    augmenters: Sequence[Augmenter] = ()
    encode: Callable[[Sequence[str]], Table] | None = None
    changed: Callable[[int, Rows], Table] | None = None

    @cached_property
    def rows(self) -> int:
        """How many draws a pass has."""
        return round(float(self.expected(0.0).sum()))

    def expected(self, share: float) -> Floats:
        """Return how often each fit row is drawn on average in a pass that begins there."""
        return self.sampler(share)

    def make(self, epoch: int, share: float) -> Pass:
        """Return pass ``epoch``, which begins when ``share`` of the run is done."""
        rows_E = draw(self.expected(share), seed=self.seed, epoch=epoch)
        if self.changed is not None:
            return Pass(self.changed(epoch, rows_E), np.arange(len(rows_E)), rows_E)
        if not self.augmenters or self.encode is None:
            return Pass(self.table, rows_E, rows_E)
        texts = augmented(
            [self.texts[row] for row in rows_E],
            self.augmenters,
            seed=self.seed,
            epoch=epoch,
            rows=rows_E.tolist(),
            copies=copies(rows_E).tolist(),
        )
        return Pass(self.encode(texts), np.arange(len(rows_E)), rows_E)
