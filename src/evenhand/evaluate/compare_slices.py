"""Slices: parts of the rows by a column's values, or by the length of the texts."""
# Shapes: N rows.

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError

LENGTH = "length"
MOST_VALUES = 50
QUARTERS = 4


@dataclass(frozen=True)
class Slicing:
    """A value for every row.

    Args:
        column: where the values come from.
        values: row id -> value, for every row that is compared.
        order: values in the order in which they are shown; the most frequent first if empty.
    """

    column: str
    values: Mapping[str, str]
    order: Sequence[str] = ()

    def parts(self, ids: Sequence[str]) -> list[tuple[str, NDArray[np.int64]]]:
        """Return each value with the positions of its rows, ascending.

        Raises:
            DataError: E211 when a row has no value, E205 when there are more than fifty values.
        """
        lost = [name for name in ids if name not in self.values]
        if lost:
            raise DataError(
                "E211",
                f"{len(lost)} of {len(ids)} rows have no {self.column!r}",
                got=", ".join(map(repr, lost[:3])) + (", ..." if len(lost) > 3 else ""),
                fix="name a file with these ids: --data FILE",
            )
        value_N = [self.values[name] for name in ids]
        counts = Counter(value_N)
        if len(counts) > MOST_VALUES:
            raise DataError(
                "E205",
                f"column {self.column!r} has too many values to slice by",
                got=f"{len(counts)} values in {len(ids)} rows, at most {MOST_VALUES}",
                fix="name a column with few values, or --slice length",
            )
        ordered = self.order or [value for value, _ in counts.most_common()]
        array_N = np.array(value_N, dtype=object)
        return [(v, np.flatnonzero(array_N == v)) for v in ordered if v in counts]


def by_length(texts: Mapping[str, str]) -> Slicing:
    """Cut rows into quarters by the number of characters of their texts.

    Texts of equal length stay together, so that quarters may differ in size, or be fewer.
    """
    lengths_N = np.array([len(text) for text in texts.values()])
    shares = np.arange(1, QUARTERS) / QUARTERS
    ends = np.unique(np.quantile(lengths_N, shares, method="lower").astype(np.int64))
    place_N = np.searchsorted(ends, lengths_N, side="left")
    names: dict[int, str] = {}
    for place in np.unique(place_N).tolist():
        inside = lengths_N[place_N == place]
        names[place] = f"{inside.min()} to {inside.max()} characters"
    values = {name: names[p] for name, p in zip(texts, place_N.tolist(), strict=True)}
    return Slicing(LENGTH, values, order=tuple(names.values()))
