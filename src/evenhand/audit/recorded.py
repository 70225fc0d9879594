"""Recorded: what the checks know of windows besides labels and roles."""
# Shapes: N windows.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.data import Dataset
from evenhand.data.series import Oddity, SeriesSchema, Windows


@dataclass(frozen=True)
class Recorded:
    """Windows, and what is said and odd of the recordings that they come from.

    Args:
        windows: row by row.
        schema: how they were cut.
        unit_N: recordings that must not be parted have one number, int64.
        oddities: what is odd about values, rates and labels.
        keys: of the recordings in ``metadata.json``.
    """

    windows: Windows
    schema: SeriesSchema
    unit_N: NDArray[np.int64]
    oddities: tuple[Oddity, ...] = ()
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset, keys: Sequence[str] = ()) -> Recorded | None:
        """Return what is known of a data set of series; None of texts."""
        if dataset.windows is None or not isinstance(dataset.schema, SeriesSchema):
            return None
        return cls(
            dataset.windows, dataset.schema, dataset.unit_N, tuple(dataset.oddities), tuple(keys)
        )

    def said(self, *kinds: str) -> list[Oddity]:
        """Return the oddities of some kinds, in their order."""
        return [oddity for oddity in self.oddities if oddity.kind in kinds]
