"""The records that flow between rooms: label space, batch, scores, predictions, role.

All are frozen, and none needs torch. Shapes: N rows, C classes, B examples, T tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError, did_you_mean

Floats = NDArray[np.float64]
Truth = NDArray[np.float32]

BETWEEN = "|"
"""What joins the names of an answer's labels in a cell."""


class Role(StrEnum):
    """What a row may be used for."""

    FIT = "fit"
    """Gradients see it."""
    TUNE = "tune"
    """It chooses something: an epoch, a temperature, a threshold."""
    REPORT = "report"
    """It is only ever measured."""


class Task(StrEnum):
    """How labels relate to rows. Binary is multi-class with two classes."""

    MULTICLASS = "multiclass"
    MULTILABEL = "multilabel"


@dataclass(frozen=True)
class LabelSpace:
    """The labels, in the order of every ``C`` axis, and the task.

    Args:
        names: distinct label names, at least two; multi-label may have one.
        task: one label a row (softmax) or any number of them (sigmoid).

    Raises:
        DataError: E213 for too few names, or a name twice.
    """

    names: tuple[str, ...]
    task: Task

    def __post_init__(self) -> None:
        fewest = 1 if self.task is Task.MULTILABEL else 2
        if len(self.names) < fewest or len(set(self.names)) != len(self.names):
            raise DataError(
                "E213",
                f"{self.task} data needs at least {fewest} labels, each named once",
                got=repr(self.names[:8]),
                fix="check the label column or the labels file",
            )

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Return the position of ``name`` on the ``C`` axis.

        Raises:
            DataError: E201 for a name that is not a label, with a spelling hint.
        """
        if name not in self.names:
            raise DataError(
                "E201",
                "that is no label of this data",
                got=repr(name),
                fix=did_you_mean(name, self.names),
            )
        return self.names.index(name)


@dataclass(frozen=True)
class FitStatistics:
    """What a loss may know about the fit rows.

    Args:
        task: multiclass or multilabel.
        rows: number of fit rows.
        positives_C: rows that carry each label, float, ``(C,)``.
        known_C: rows whose label is known, float, ``(C,)``; equals ``rows`` without NaN.
    """

    task: Task
    rows: int
    positives_C: Floats
    known_C: Floats

    @classmethod
    def of(cls, truth_NC: Truth, task: Task) -> FitStatistics:
        """Count the fit rows' truth, ``(N, C)`` of 0, 1 and NaN (unknown)."""
        return cls(
            task=task,
            rows=len(truth_NC),
            positives_C=np.nansum(truth_NC, axis=0, dtype=np.float64),
            known_C=(~np.isnan(truth_NC)).sum(axis=0).astype(np.float64),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values for JSON."""
        return {
            "task": self.task.value,
            "rows": self.rows,
            "positives": self.positives_C.tolist(),
            "known": self.known_C.tolist(),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FitStatistics:
        """Return the counts that ``to_dict`` described."""
        return cls(
            task=Task(stored["task"]),
            rows=stored["rows"],
            positives_C=np.array(stored["positives"], np.float64),
            known_C=np.array(stored["known"], np.float64),
        )


@dataclass(frozen=True)
class Batch:
    """The waist before training: every kind of data becomes this.

    Args:
        inputs: name -> array whose first axis is B; for text ``ids_BT`` and ``mask_BT``, int64.
        targets_BC: 0, 1, soft values between, NaN where unknown; float32.
        rows_B: positions of the examples in their data set, int64.
    """

    inputs: Mapping[str, NDArray[Any]]
    targets_BC: Truth
    rows_B: NDArray[np.int64]


@dataclass(frozen=True)
class Logits:
    """Unnormalised scores, float64, ``(N, C)``; any finite value.

    Raises:
        DataError: E210 when a value is NaN or infinite.
    """

    values_NC: Floats

    def __post_init__(self) -> None:
        _refuse_non_finite(self.values_NC)

    def probs(self, task: Task) -> Probs:
        """Return probabilities: sigmoid of each value, or softmax over each row."""
        x_NC = self.values_NC
        if task is Task.MULTILABEL:
            return Probs(np.exp(-np.logaddexp(0.0, -x_NC)))
        e_NC = np.exp(x_NC - x_NC.max(axis=1, keepdims=True))
        return Probs(e_NC / e_NC.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Probs:
    """Probabilities, float64, ``(N, C)``, each in [0, 1].

    Raises:
        DataError: E210 when a value is NaN or outside [0, 1]; logits declared as
            probabilities end here, they are never squashed in silence.
    """

    values_NC: Floats

    def __post_init__(self) -> None:
        _refuse_non_finite(self.values_NC)
        outside = (self.values_NC < 0) | (self.values_NC > 1)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise DataError(
                "E210",
                "a probability lies outside [0, 1]",
                got=f"{self.values_NC[row, column]!r} in row {row}, column {column}",
                fix="if these are raw scores, declare them as logits (--scores logits)",
            )


Scores = Logits | Probs


def _refuse_non_finite(values_NC: Floats) -> None:
    if values_NC.ndim != 2:
        raise DataError(
            "E210",
            "scores must have one row an example and one column a label",
            got=f"shape {values_NC.shape}",
            fix="pass a two-dimensional array",
        )
    bad = ~np.isfinite(values_NC)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            "E210",
            "a score is NaN or infinite",
            got=f"{values_NC[row, column]!r} in row {row}, column {column} ({bad.sum()} in all)",
            fix="mend what wrote the scores; a model that gives NaN has diverged",
        )


@dataclass(frozen=True)
class Predictions:
    """The waist after training: scores and truth of some rows, and the role of those rows.

    Calibration, thresholds, evaluation and comparison read this and never meet a model.

    Args:
        ids: row ids, unique, ``(N,)``.
        scores: ``Logits`` or ``Probs``, ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown), float32; one-hot for multi-class.
        labels: names of the columns, and the task.
        role: what the rows may be used for.
        groups_N: rows with equal numbers belong together, such as copies of a text or the
            messages of one author, and are never parted into different folds; int64. None is
            every row by itself.

    Raises:
        DataError: E211 when shapes, ids or groups do not fit each other.
    """

    ids: tuple[str, ...]
    scores: Scores
    truth_NC: Truth
    labels: LabelSpace
    role: Role
    groups_N: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        shape = (len(self.ids), len(self.labels))
        if self.scores.values_NC.shape != shape or self.truth_NC.shape != shape:
            raise DataError(
                "E211",
                "scores, truth, ids and labels do not fit each other",
                got=f"scores {self.scores.values_NC.shape}, truth {self.truth_NC.shape}, "
                f"{shape[0]} ids, {shape[1]} labels",
                fix="every row needs one id, and every label one column in both arrays",
            )
        if self.groups_N is not None:
            self._refuse_unfit_groups(self.groups_N)
        if len(set(self.ids)) != len(self.ids):
            raise DataError(
                "E211",
                "a row id occurs twice",
                got=repr(next(i for i in self.ids if self.ids.count(i) > 1)),
                fix="give every row an id of its own",
            )

    def __len__(self) -> int:
        return len(self.ids)

    def probs(self) -> Floats:
        """Return probabilities ``(N, C)``, whatever the scores are."""
        if isinstance(self.scores, Probs):
            return self.scores.values_NC
        return self.scores.probs(self.labels.task).values_NC

    def take(self, rows: NDArray[np.int64] | Sequence[int]) -> Predictions:
        """Return the predictions of ``rows`` (positions), in that order."""
        index = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            ids=tuple(self.ids[i] for i in index),
            scores=type(self.scores)(self.scores.values_NC[index]),
            truth_NC=self.truth_NC[index],
            groups_N=None if self.groups_N is None else self.groups_N[index],
        )

    def refuse_report(self, purpose: str) -> None:
        """Raise unless these rows may choose something.

        Raises:
            DataError: E212 when the role is ``report``.
        """
        if self.role is Role.REPORT:
            raise DataError(
                "E212",
                f"report rows may not be used for {purpose}",
                got=f"{len(self)} rows with the role 'report'",
                fix="pass tune rows; rows that chose something can no longer prove it",
            )

    def _refuse_unfit_groups(self, groups_N: NDArray[np.int64]) -> None:
        whole = np.issubdtype(groups_N.dtype, np.integer)
        if groups_N.shape != (len(self.ids),) or not whole:
            raise DataError(
                "E211",
                "groups must be one whole number a row",
                got=f"shape {groups_N.shape} of {groups_N.dtype} for {len(self.ids)} ids",
                fix="number them: np.unique(groups, return_inverse=True)[1]",
            )
