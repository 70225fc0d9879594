"""Target: what a classifier is to learn, and how its answers about it are read."""
# Shapes: N rows, C classes or labels.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import ConfigError, DataError, did_you_mean
from evenhand.types import Floats, LabelSpace, Logits, Probs, Scores, Task, Truth

Method = Literal["predict_proba", "decision_function"]
ROUNDING = 1e-9
"""So far outside [0, 1] a probability may lie because means of floats were taken."""


@dataclass(frozen=True)
class Classes:
    """What an estimator can answer, in the order of every ``C`` axis.

    Args:
        values_C: classes, or names or positions of the columns of a multi-label ``y``.
        labels: the same as text, and the task.
    """

    values_C: NDArray[Any]
    labels: LabelSpace

    @classmethod
    def of(cls, values_C: NDArray[Any], task: Task) -> Classes:
        """Name the classes. Raises E213 where two have the same name."""
        return cls(values_C, LabelSpace(tuple(map(str, values_C.tolist())), task))

    def scores(self, fitted: Any, X: Any, method: Method) -> Scores:
        """Return a fitted estimator's scores with a column for each class, ``(N, C)``.

        A class that it never saw has the probability 0. A binary ``decision_function`` gives
        the difference of two logits.

        Raises:
            DataError: E207 where a class has no logit, E213 for another number of columns.
            ConfigError: E105 for scores of pairs of classes.
        """
        if method == "decision_function" and len(self.labels) > 2:
            _refuse_pairs(fitted)
        raw = getattr(fitted, method)(X)
        if self.labels.task is Task.MULTILABEL:
            values_NC = _columns(raw, fitted)
        else:
            values_NC = self._aligned(np.asarray(raw, np.float64), fitted.classes_, method)
        if values_NC.shape[1] != len(self.labels):
            raise DataError(
                "E213",
                f"{method} and y have different numbers of labels",
                got=f"{values_NC.shape[1]} columns for {len(self.labels)} labels",
                fix="take one column a label; for SVC, decision_function_shape='ovr'",
            )
        if method == "decision_function":
            return Logits(values_NC)
        inside_NC = np.clip(values_NC, 0.0, 1.0)
        near_NC = np.abs(values_NC - inside_NC) < ROUNDING
        return Probs(np.where(near_NC, inside_NC, values_NC))

    def _aligned(self, values: Floats, seen: NDArray[Any], method: Method) -> Floats:
        """Put columns of the classes that an estimator saw in the order of all classes."""
        if values.ndim == 1:
            values = np.column_stack([np.zeros(len(values)), values])
        if values.shape[1] != len(seen) or np.array_equal(seen, self.values_C):
            return values
        missing = np.setdiff1d(self.values_C, seen)
        if method == "decision_function" and len(missing):
            raise DataError(
                "E207",
                "a class has no rows among those of a fold to fit",
                got=repr(missing.tolist()[0]),
                fix="give it more rows, or drop it; at least two rows, in two groups if any",
            )
        whole_NC = np.zeros((len(values), len(self.values_C)))
        whole_NC[:, [self.values_C.tolist().index(c) for c in seen.tolist()]] = values
        return whole_NC


def _refuse_pairs(fitted: Any) -> None:
    """Refuse margins of one class against another: of three classes there are three, too."""
    last = fitted
    while hasattr(last, "steps"):
        last = last.steps[-1][1]
    if getattr(last, "decision_function_shape", None) == "ovo":
        raise ConfigError(
            "E105",
            "margins between pairs of classes are no logits of the classes",
            got=f"{type(last).__name__} with decision_function_shape='ovo'",
            fix="give it decision_function_shape='ovr'",
        )


def _columns(raw: Any, fitted: Any) -> Floats:
    """Return one column a label from a matrix, or from a list with a matrix ``(N, 2)`` a label."""
    if not isinstance(raw, list):
        return np.asarray(raw, np.float64)
    columns = [
        np.asarray(part)[:, np.asarray(seen) == 1].sum(axis=1)
        for part, seen in zip(raw, fitted.classes_, strict=True)
    ]
    return np.column_stack(columns).astype(np.float64)


def _refuse_codes(cells_NC: NDArray[Any]) -> None:
    """Raise where a matrix of labels says "no" or "yes" otherwise than by 0 and 1."""
    codes = np.setdiff1d(cells_NC, [0, 1])
    if len(codes):
        raise DataError(
            "E206",
            "a matrix of labels holds something other than 0 and 1",
            got=repr(codes.tolist()[0]),
            fix="write 1 where a row has the label and 0 where it has not",
        )


@dataclass(frozen=True)
class Target:
    """What is to be learnt.

    Args:
        y: one class a row, ``(N,)``, or 0 and 1, ``(N, C)``.
        classes: what may stand in it, or its columns.
    """

    y: NDArray[Any]
    classes: Classes

    @classmethod
    def of(cls, y: Any, *, classes: Any = None) -> Target:
        """Read ``y``; ``classes`` are those of an estimator that is fitted already.

        Raises:
            DataError: E206 for several classes in each of several columns, or two that are not 0
                and 1, E213 for a single class, E201 for one that is not among ``classes``.
        """
        from sklearn.utils.multiclass import check_classification_targets, type_of_target
        from sklearn.utils.validation import column_or_1d

        kind = type_of_target(y, raise_unknown=True)
        if kind == "multilabel-indicator":
            cells_NC = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            _refuse_codes(cells_NC)
            columns_C = np.asarray(getattr(y, "columns", np.arange(cells_NC.shape[1])))
            return cls(cells_NC, Classes.of(columns_C, Task.MULTILABEL))
        check_classification_targets(y)
        if kind == "multiclass-multioutput":
            raise DataError(
                "E206",
                "y is neither one class a row nor a 0/1 matrix",
                got=f"several classes in each of {np.shape(y)[1]} columns",
                fix="fit one classifier a column, or write a column of 0 and 1 for each label",
            )
        y_N = column_or_1d(y, warn=True)
        classes_C = np.unique(y_N) if classes is None else np.asarray(classes)
        foreign = np.setdiff1d(y_N, classes_C)
        if len(foreign):
            raise DataError(
                "E201",
                "y has a class that the fitted estimator never saw",
                got=repr(foreign.tolist()[0]),
                fix=did_you_mean(str(foreign[0]), map(str, classes_C.tolist())),
            )
        if len(classes_C) < 2:
            raise DataError(
                "E213",
                "a decision needs at least two classes",
                got=f"1 class: {classes_C.tolist()[0]!r}" if len(classes_C) else "no rows",
                fix="add rows of another class",
            )
        return cls(y_N, Classes.of(classes_C, Task.MULTICLASS))

    @property
    def truth_NC(self) -> Truth:
        """0 or 1, one-hot for multi-class."""
        whole_NC = self.y if self.y.ndim == 2 else self.y[:, None] == self.classes.values_C
        return whole_NC.astype(np.float32)
