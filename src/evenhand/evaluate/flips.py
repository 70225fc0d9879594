"""Flips: rows to which two systems give different labels, and what became of them.

There is one definition: a row flips when its labels from A and from B are not the same set.
Shapes: N rows, C classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.evaluate.metrics import Decided, divide, matched_rows
from evenhand.types import BETWEEN, LabelSpace, Truth

KINDS = ("to_wrong", "to_right", "still_wrong", "unjudged")
"""Where a flip from A to B leads; ``unjudged``: only in labels whose truth is unknown."""
MOVES = 10


@dataclass(frozen=True)
class Flips:
    """What changes when A is replaced by B.

    Args:
        count: rows whose labels change.
        rate: their share of all rows, NaN without rows.
        directions: kind of flip -> rows; they add up to ``count``.
        labels: label -> rows that gain it and rows that lose it.
        moves: the most frequent changes, as label sets before and after, with rows.
        examples: some flipped rows, the harmful first.
    """

    count: int
    rate: float
    directions: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]]
    moves: Sequence[Mapping[str, Any]]
    examples: Sequence[Mapping[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "count": self.count,
            "rate": self.rate,
            **self.directions,
            "labels": {name: dict(moved) for name, moved in self.labels.items()},
            "moves": [dict(move) for move in self.moves],
            "examples": [dict(example) for example in self.examples],
        }


@dataclass(frozen=True)
class Rows:
    """The rows that two systems labelled.

    Args:
        ids: ``(N,)``.
        truth_NC: 0, 1 or NaN (unknown).
        labels: names and task.
        texts: id -> text, as far as known.
    """

    ids: Sequence[str]
    truth_NC: Truth
    labels: LabelSpace
    texts: Mapping[str, str]


def find_flips(rows: Rows, decided_a_NC: Decided, decided_b_NC: Decided, *, shown: int) -> Flips:
    """Count the flips from A to B, and show some of each kind.

    Args:
        rows: ids, truth, label names, texts.
        decided_a_NC: labels before, bool.
        decided_b_NC: labels after, bool.
        shown: examples at most.
    """
    gained_NC, lost_NC = decided_b_NC & ~decided_a_NC, decided_a_NC & ~decided_b_NC
    flipped_K = np.flatnonzero((gained_NC | lost_NC).any(axis=1))
    kind_K = _kinds(rows.truth_NC[flipped_K], decided_a_NC[flipped_K], decided_b_NC[flipped_K])
    names = rows.labels.names
    before = [_named(names, decided_a_NC[i]) for i in flipped_K]
    after = [_named(names, decided_b_NC[i]) for i in flipped_K]
    moves = Counter(zip(before, after, strict=True)).most_common(MOVES)
    return Flips(
        count=len(flipped_K),
        rate=float(divide(len(flipped_K), len(rows.ids))),
        directions={kind: kind_K.count(kind) for kind in KINDS},
        labels={
            name: {"gained": int(gained_NC[:, c].sum()), "lost": int(lost_NC[:, c].sum())}
            for c, name in enumerate(names)
        },
        moves=[{"a": a, "b": b, "rows": count} for (a, b), count in moves],
        examples=[
            {
                "id": rows.ids[flipped_K[k]],
                "kind": kind_K[k],
                "truth": _named(names, rows.truth_NC[flipped_K[k]] == 1),
                "a": before[k],
                "b": after[k],
                "text": rows.texts.get(rows.ids[flipped_K[k]]),
            }
            for k in _some_of_each(kind_K, shown)
        ],
    )


def _kinds(truth_KC: Truth, decided_a_KC: Decided, decided_b_KC: Decided) -> list[str]:
    right_a_K, known_K = matched_rows(truth_KC, decided_a_KC)
    right_b_K, _ = matched_rows(truth_KC, decided_b_KC)
    kinds = {(True, False): "to_wrong", (False, True): "to_right", (False, False): "still_wrong"}
    return [
        kinds.get((bool(a), bool(b)), "unjudged") if known else "unjudged"
        for a, b, known in zip(right_a_K, right_b_K, known_K, strict=True)
    ]


def _some_of_each(kind_K: list[str], shown: int) -> list[int]:
    """Return positions of at most ``shown`` flips, shared out over the kinds in their order."""
    queues = [[k for k, kind in enumerate(kind_K) if kind == wanted] for wanted in KINDS]
    longest = max(map(len, queues), default=0)
    turns = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
    taken = set(turns[:shown])
    return [k for queue in queues for k in queue if k in taken]


def _named(names: Sequence[str], given_C: Decided) -> str:
    return BETWEEN.join(name for name, given in zip(names, given_C, strict=True) if given)
