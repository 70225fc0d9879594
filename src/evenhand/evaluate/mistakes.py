"""Mistakes: the rows that a system gets most wrong, and what they have in common.

Hardest misses and false alarms by label, the words over-represented in them, the fit rows that
read most like them, and how errors depend on length and slices.
Shapes: N rows, C classes, K mistakes of one kind.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.evaluate.compare_slices import Slicing
from evenhand.evaluate.metrics import Decided, matched_rows
from evenhand.evaluate.mistakes_rates import effect
from evenhand.evaluate.mistakes_words import TermCounts, over_represented
from evenhand.types import Floats, LabelSpace, Truth

Kind = Literal["missed", "false_alarm"]
KINDS: tuple[Kind, ...] = ("missed", "false_alarm")

Neighbours = Callable[[Sequence[int]], Sequence[Sequence[Mapping[str, Any]]]]
"""Positions of rows -> for each the fit rows that read most like it, nearest first."""


@dataclass(frozen=True)
class Judged:
    """Rows with what was decided about them.

    Args:
        ids: unique, ``(N,)``.
        texts: ``(N,)``.
        truth_NC: 0, 1 or NaN (unknown), float32.
        decided_NC: labels given, bool.
        probs_NC: calibrated probabilities, in [0, 1].
        labels: names and task.
        groups_N: rows with equal numbers go wrong together; None is every row by itself.

    Raises:
        DataError: E211 when they do not fit each other.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    truth_NC: Truth
    decided_NC: Decided
    probs_NC: Floats
    labels: LabelSpace
    groups_N: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.labels))
        shapes = [a.shape for a in (self.truth_NC, self.decided_NC, self.probs_NC)]
        if any(found != shape for found in shapes) or len(self.texts) != len(self.ids):
            raise DataError(
                "E211",
                "texts, truth and decisions do not fit each other",
                got=f"{len(self.texts)} texts, {shape[0]} ids, {shape[1]} labels, shapes {shapes}",
                fix="pass the rows of one prediction file, with their texts",
            )

    def names(self, given_C: NDArray[Any]) -> list[str]:
        """Return the names of the labels that are set."""
        pairs = zip(self.labels.names, given_C, strict=True)
        return [name for name, given in pairs if given == 1]


@dataclass(frozen=True)
class Mistakes:
    """Every figure about the mistakes.

    Args:
        contents: what ``to_dict`` gives.
    """

    contents: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; undefined figures are None."""
        return copy.deepcopy(dict(self.contents))

    def frame(self) -> Any:
        """Return the hardest mistakes of all labels as a ``pyarrow.Table``, one a row."""
        import pyarrow as pa

        return pa.Table.from_pylist(
            [
                {"label": label["name"], "kind": kind}
                | {key: row[key] for key in ("id", "text", "probability")}
                | {key: "|".join(row[key]) for key in ("truth", "decided")}
                for label in self.contents["labels"]
                for kind in KINDS
                for row in label[kind]["hardest"]
            ]
        )


def find_mistakes(
    judged: Judged,
    tokens: Sequence[Sequence[str]],
    *,
    neighbours: Neighbours | None = None,
    slices: Sequence[Slicing] = (),
    only: str | None = None,
    shown: int = 5,
    label_words: bool = True,
) -> Mistakes:
    """Describe the mistakes of a system.

    A label's misses are compared with its hits, its false alarms with the rows rightly left
    without it. A system without mistakes has none to show and every rate is 0.

    Args:
        judged: rows, truth, decisions, probabilities.
        tokens: words of each row's text.
        neighbours: finds the nearest fit rows; None leaves them out.
        slices: ways to cut the rows; each gets an error rate a part, and a test.
        only: one label; all of them if None.
        shown: mistakes of each kind shown a label, and words at most.
        label_words: whether words are looked for in each label's mistakes, not only in all.

    Raises:
        DataError: E201 for a name that is no label.
    """
    terms = TermCounts.of(tokens)
    right_N, known_N = matched_rows(judged.truth_NC, judged.decided_NC)
    wanted = range(len(judged.labels)) if only is None else [judged.labels.index(only)]
    if only is not None:
        truth_N = judged.truth_NC[:, wanted[0]]
        right_N, known_N = judged.decided_NC[:, wanted[0]] == (truth_N == 1), ~np.isnan(truth_N)
    wrong_N = known_N & ~right_N
    own = terms if label_words else None
    look = partial(_of_label, judged, terms=own, neighbours=neighbours, shown=shown)
    return Mistakes(
        {
            "task": judged.labels.task.value,
            "label": only,
            "rows": int(known_N.sum()),
            "wrong": int(wrong_N.sum()),
            "words": [t.to_dict() for t in over_represented(terms, wrong_N, known_N & right_N)],
            "labels": [look(c) for c in wanted],
            "effects": [
                effect(slicing, judged.ids, wrong_N, known_N=known_N, groups_N=judged.groups_N)
                for slicing in slices
            ],
        }
    )


def hardest(
    judged: Judged, label: int, kind: Kind, *, shown: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the mistakes of one kind, most confident first, and all of their positions.

    A miss is the harder the lower the label's probability, a false alarm the higher.
    """
    truth_N, given_N = judged.truth_NC[:, label], judged.decided_NC[:, label]
    missed = kind == "missed"
    rows_K = np.flatnonzero((truth_N == 1) & ~given_N if missed else (truth_N == 0) & given_N)
    p_K = judged.probs_NC[rows_K, label]
    order_K = np.argsort(p_K if missed else -p_K, kind="stable")
    return rows_K[order_K][:shown], rows_K


def _of_label(
    judged: Judged,
    label: int,
    *,
    terms: TermCounts | None,
    neighbours: Neighbours | None,
    shown: int,
) -> dict[str, Any]:
    truth_N, given_N = judged.truth_NC[:, label], judged.decided_NC[:, label]
    positive_N, negative_N = truth_N == 1, truth_N == 0
    found: dict[str, Any] = {
        "name": judged.labels.names[label],
        "support": int(positive_N.sum()),
    }
    for kind, wrong_N, right_N in (
        (KINDS[0], positive_N & ~given_N, positive_N & given_N),
        (KINDS[1], negative_N & given_N, negative_N & ~given_N),
    ):
        rows_S, rows_K = hardest(judged, label, kind, shown=shown)
        words = over_represented(terms, wrong_N, right_N, shown=shown) if terms else []
        found[kind] = {
            "count": len(rows_K),
            "hardest": _described(judged, label, rows_S.tolist(), neighbours),
            "words": [term.to_dict() for term in words],
        }
    return found


def _described(
    judged: Judged, label: int, rows: Sequence[int], neighbours: Neighbours | None
) -> list[dict[str, Any]]:
    near = neighbours(rows) if neighbours and rows else [[] for _ in rows]
    return [
        {
            "id": judged.ids[i],
            "text": judged.texts[i],
            "probability": float(judged.probs_NC[i, label]),
            "truth": judged.names(judged.truth_NC[i]),
            "decided": judged.names(judged.decided_NC[i]),
            "nearest_fit": [dict(neighbour) for neighbour in nearest],
        }
        for i, nearest in zip(rows, near, strict=True)
    ]
