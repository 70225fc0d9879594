"""Which row goes to which part: stratified by every label, duplicates and groups kept together.

Shapes: N rows, C labels, U units, P parts.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.data.text import normalised
from evenhand.seeds import generator
from evenhand.types import Role, Truth

Parts = NDArray[np.int64]


def units_of(texts: Sequence[str], groups: Sequence[Hashable] | None = None) -> Parts:
    """Return a unit number a row: rows of one unit must never be parted.

    Rows share a unit when their texts are equal up to case and blanks, or their groups are
    equal, or a chain of such rows joins them. A group of None joins nothing.
    """
    text_N = _numbers([normalised(text) for text in texts])
    if groups is None:
        return text_N
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    group_N = _numbers([i if g is None else (g,) for i, g in enumerate(groups)])
    size = len(texts)
    edges = coo_array((np.ones(size), (text_N, group_N + size)), shape=(2 * size, 2 * size))
    _, component = connected_components(edges, directed=False)
    return np.asarray(component[text_N], dtype=np.int64)


def _numbers(keys: Sequence[Hashable]) -> Parts:
    first: dict[Hashable, int] = {}
    return np.array([first.setdefault(key, len(first)) for key in keys], dtype=np.int64)


def assign(
    truth_NC: Truth,
    shares: Sequence[float] | dict[Role, float],
    *,
    units: Sequence[Hashable] | Parts | None = None,
    seed: int,
) -> Parts:
    """Return the part of each row, so that every label keeps its share in every part.

    Iterative stratification: the label with fewest units left is dealt first, each unit to the
    part that still wants most of that label, ties to the part that wants most rows, then by
    the seed. While a label has no more units left than parts without it, only those parts
    receive. One part takes every row.

    Args:
        truth_NC: 0, 1 or NaN (counted as 0); one-hot for multi-class.
        shares: relative size of each part, > 0; in the order of the returned numbers.
        units: a key a row; rows with one key go to one part. None: every row by itself.
        seed: of the ties and of the order within a label.

    References:
        Sechidis, Tsoumakas, Vlahavas 2011, doi:10.1007/978-3-642-23808-6_10, algorithm 1.
    """
    weights = shares.values() if isinstance(shares, dict) else shares
    share_P = np.array(list(weights), dtype=np.float64)
    if units is None:
        unit_N = np.arange(len(truth_NC), dtype=np.int64)
    else:
        unit_N = _numbers(units.tolist() if isinstance(units, np.ndarray) else units)
    return _Deal.of(truth_NC, unit_N, share_P / share_P.sum(), seed).parts()[unit_N]


def folds(
    truth_NC: Truth, k: int, *, units: Sequence[Hashable] | Parts | None = None, seed: int
) -> Parts:
    """Return a fold number from 0 to ``k - 1`` a row; ``assign`` with equal shares."""
    return assign(truth_NC, [1.0] * k, units=units, seed=seed)


@dataclass
class _Deal:
    """The state of one iterative stratification."""

    size_U: list[int]
    labels_U: list[list[tuple[int, float]]]
    want_CP: list[list[float]]
    room_P: list[float]
    order_U: list[int]
    luck_U: list[float]

    @classmethod
    def of(cls, truth_NC: Truth, unit_N: Parts, share_P: NDArray[np.float64], seed: int) -> _Deal:
        count = int(unit_N.max(initial=-1)) + 1
        size_U = np.bincount(unit_N, minlength=count)
        row, label = np.nonzero(truth_NC == 1)
        labels = truth_NC.shape[1]
        pair, tally = np.unique(unit_N[row] * labels + label, return_counts=True)
        labels_U: list[list[tuple[int, float]]] = [[] for _ in range(count)]
        for key, n in zip(pair.tolist(), tally.tolist(), strict=True):
            labels_U[key // labels].append((key % labels, float(n)))
        positives_C = np.bincount(label, minlength=labels)
        random = generator(seed, "split")
        shuffled = random.permutation(count)
        order = shuffled[np.argsort(-size_U[shuffled], kind="stable")]
        return cls(
            size_U=size_U.tolist(),
            labels_U=labels_U,
            want_CP=np.outer(positives_C, share_P).tolist(),
            room_P=(share_P * len(unit_N)).tolist(),
            order_U=order.tolist(),
            luck_U=random.random(count).tolist(),
        )

    def parts(self) -> Parts:
        """Deal every unit and return its part, ``(U,)``."""
        part_U = [-1] * len(self.size_U)
        holders: list[list[int]] = [[] for _ in self.want_CP]
        for unit in self.order_U:
            for label, _ in self.labels_U[unit]:
                holders[label].append(unit)
        left_C = [len(units) for units in holders]
        lacking: list[set[int]] = [set(range(len(self.room_P))) for _ in self.want_CP]
        while any(left_C):
            label = min((c for c, left in enumerate(left_C) if left), key=left_C.__getitem__)
            for unit in holders[label]:
                if part_U[unit] < 0:
                    few = left_C[label] <= len(lacking[label])
                    part = self._choose(unit, self.want_CP[label], lacking[label] if few else None)
                    part_U[unit] = self._place(unit, part, left_C, lacking)
        for unit in self.order_U:
            if part_U[unit] < 0:
                part_U[unit] = self._place(unit, self._choose(unit, self.room_P), left_C, lacking)
        return np.array(part_U, dtype=np.int64)

    def _choose(self, unit: int, want_P: list[float], among: set[int] | None = None) -> int:
        parts = sorted(among) if among else range(len(want_P))
        most = max(want_P[p] for p in parts)
        best = [p for p in parts if want_P[p] == most]
        if len(best) > 1:
            room = max(self.room_P[p] for p in best)
            best = [p for p in best if self.room_P[p] == room]
        return best[int(self.luck_U[unit] * len(best))]

    def _place(self, unit: int, part: int, left_C: list[int], lacking: list[set[int]]) -> int:
        self.room_P[part] -= self.size_U[unit]
        for label, count in self.labels_U[unit]:
            self.want_CP[label][part] -= count
            left_C[label] -= 1
            lacking[label].discard(part)
        return part
