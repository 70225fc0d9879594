"""Rows that were answered: what a comparison reads, and how two of them are laid side by side."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError, did_you_mean
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.selection import ranking_scores
from evenhand.types import Floats, LabelSpace, Predictions, Truth

SHOWN = 3


@dataclass(frozen=True)
class Answered:
    """The labels that a system gave to rows whose truth is known, at least in part.

    Args:
        name: as it stands in the results.
        ids: unique, ``(N,)``.
        truth_NC: 0, 1 or NaN (unknown), float32.
        decided_NC: labels given, bool.
        labels: names of the columns, and the task.
        scores_NC: what ranks rows within a class, if known.
        groups_N: rows with equal numbers are resampled together; None is each by itself.

    Raises:
        DataError: E211 when shapes or ids do not fit each other, E209 without rows.
    """

    name: str
    ids: tuple[str, ...]
    truth_NC: Truth
    decided_NC: Decided
    labels: LabelSpace
    scores_NC: Floats | None = None
    groups_N: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.labels))
        given = [self.truth_NC, self.decided_NC]
        given += [] if self.scores_NC is None else [self.scores_NC]
        if any(array.shape != shape for array in given) or len(set(self.ids)) < len(self.ids):
            raise DataError(
                "E211",
                f"ids, truth and labels of {self.name} do not fit each other",
                got=f"{len(set(self.ids))} different ids of {shape[0]}, {shape[1]} labels, "
                f"shapes {', '.join(str(array.shape) for array in given)}",
                fix="every row needs an id of its own, and every label a column",
            )
        if not self.ids:
            raise DataError(
                "E209", "there is no row to compare", got=self.name, fix="pass labelled rows"
            )

    @classmethod
    def of(cls, name: str, predictions: Predictions, decided_NC: Decided) -> Answered:
        """Return stored predictions with the labels that were decided for them."""
        return cls(
            name,
            predictions.ids,
            predictions.truth_NC,
            decided_NC,
            predictions.labels,
            scores_NC=ranking_scores(predictions),
            groups_N=predictions.groups_N,
        )

    def take(self, rows: NDArray[np.int64]) -> Answered:
        """Return the rows at these positions, in that order."""
        return replace(
            self,
            ids=tuple(self.ids[i] for i in rows),
            truth_NC=self.truth_NC[rows],
            decided_NC=self.decided_NC[rows],
            scores_NC=None if self.scores_NC is None else self.scores_NC[rows],
            groups_N=None if self.groups_N is None else self.groups_N[rows],
        )


def align(a: Answered, b: Answered) -> Answered:
    """Return ``b`` in the order of the rows and labels of ``a``.

    Raises:
        DataError: E211 when a row is in one of them only, or its truth is not the same in
            both; E213 when labels or task are not the same.
    """
    _refuse_other_labels(a, b)
    _refuse_other_rows(a, b)
    place = {name: row for row, name in enumerate(b.ids)}
    ordered = b.take(np.array([place[name] for name in a.ids], dtype=np.int64))
    columns_C = [b.labels.names.index(name) for name in a.labels.names]
    aligned = replace(
        ordered,
        labels=a.labels,
        truth_NC=ordered.truth_NC[:, columns_C],
        decided_NC=ordered.decided_NC[:, columns_C],
        scores_NC=None if ordered.scores_NC is None else ordered.scores_NC[:, columns_C],
    )
    _refuse_other_truth(a, aligned)
    return aligned


def _refuse_other_labels(a: Answered, b: Answered) -> None:
    lacking = [name for name in a.labels.names if name not in b.labels.names]
    extra = [name for name in b.labels.names if name not in a.labels.names]
    if lacking or extra:
        raise DataError(
            "E213",
            "the two systems do not have the same labels",
            got="; ".join(
                f"{', '.join(map(repr, names[:SHOWN]))} only in {system.name}"
                for names, system in ((lacking, a), (extra, b))
                if names
            ),
            fix=same_but_for_case(lacking, extra)
            or (
                f"for {lacking[0]!r}, {did_you_mean(lacking[0], extra)}"
                if lacking and extra
                else "compare systems that were asked for the same labels"
            ),
        )
    if a.labels.task is not b.labels.task:
        raise DataError(
            "E213",
            "one system gives one label a row, the other any number",
            got=f"{a.name} is {a.labels.task}, {b.name} is {b.labels.task}",
            fix="compare systems of the same task",
        )


def same_but_for_case(names: Collection[str], others: Collection[str]) -> str | None:
    """Return the advice to rename, where two names differ in nothing but case or spaces."""
    plain = {"".join(name.casefold().split()): name for name in others}
    for name in names:
        other = plain.get("".join(name.casefold().split()), name)
        if other != name:
            return f"{name!r} and {other!r} differ only in case or spaces: rename one"
    return None


def _refuse_other_rows(a: Answered, b: Answered) -> None:
    for one, other in ((a, b), (b, a)):
        known = set(other.ids)
        lost = [name for name in one.ids if name not in known]
        if lost:
            raise DataError(
                "E211",
                f"{len(lost)} of {len(one.ids)} ids of {one.name} are not in {other.name}",
                got=listed(lost),
                fix="compare predictions of the very same rows; none is dropped for you",
            )


def _refuse_other_truth(a: Answered, b: Answered) -> None:
    """Raise where both know the truth and do not say the same; fill no gap of either."""
    differs_N = ((a.truth_NC != b.truth_NC) & ~(np.isnan(a.truth_NC) & np.isnan(b.truth_NC))).any(
        axis=1
    )
    if differs_N.any():
        raise DataError(
            "E211",
            f"the truth of {int(differs_N.sum())} rows is not the same in both",
            got=listed([a.ids[i] for i in np.flatnonzero(differs_N)]) + f" in {a.name}, {b.name}",
            fix="measure both systems against one truth: --truth FILE",
        )


def listed(names: Sequence[str]) -> str:
    """Return the first names in quotes, and dots where there are more."""
    return ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
