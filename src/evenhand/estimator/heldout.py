"""Held-out scores: every row scored by an estimator that was fitted on other rows."""
# Shapes: N rows, C classes or labels, K held-out rows.

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.folds import stratified_folds
from evenhand.errors import ConfigError
from evenhand.estimator.target import Method, Target
from evenhand.types import Scores

Rows = NDArray[np.int64]
Split = tuple[Rows, Rows]


def splits_of(X: Any, target: Target, *, cv: Any, groups: Any, seed: int) -> list[Split]:
    """Return rows to fit and rows to score, for each fold.

    Args:
        X: rows, for splitters that look at them.
        target: what is to be learnt.
        cv: number of folds, splitter or iterable of splits.
        groups: one a row or None; rows of one group are held out together.
        seed: of folds that are made here.

    Raises:
        ConfigError: E102 for fewer than two folds or rows, E105 for a row held out twice or
            scored by an estimator that it was fitted to, and for a generator.
    """
    rows = len(target.y)
    if isinstance(cv, Integral):
        if cv < 2 or rows < 2:
            raise ConfigError(
                "E102",
                "cross-fitting needs at least two folds and two rows",
                got=f"cv={cv}, n_samples={rows}",
                fix="pass cv=5, and more rows",
            )
        if groups is None:
            fold_N = stratified_folds(target.truth_NC, min(int(cv), rows), seed)
            folds = range(int(fold_N.max()) + 1)
            return [(np.flatnonzero(fold_N != f), np.flatnonzero(fold_N == f)) for f in folds]
    if isinstance(cv, Iterator):
        raise _conflict(
            "cv is used up by the first fit",
            type(cv).__name__,
            "pass the splits as a list: cv=list(...)",
        )
    splits = list(_splitter(cv, target, groups).split(X, target.y, groups))
    for fold, (fit_K, held_K) in enumerate(splits):
        both_K = np.intersect1d(fit_K, held_K)
        if len(both_K):
            raise _conflict(
                "cv scores rows by an estimator that was fitted to them",
                f"row {both_K[0]}, and {len(both_K)} rows in all, on both sides of split {fold}",
                "keep the two sides of each split apart",
            )
    times_N = np.bincount(np.concatenate([held for _, held in splits]), minlength=rows)
    if times_N.max() > 1:
        raise _conflict(
            "cv holds out a row more than once",
            f"row {int(times_N.argmax())}, {int(times_N.max())} times",
            "take folds, such as StratifiedKFold, not repeated or random splits",
        )
    return splits


def _conflict(what: str, got: str, fix: str) -> ConfigError:
    return ConfigError("E105", what, got=got, fix=fix)


def _splitter(cv: Any, target: Target, groups: Any) -> Any:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv

    if isinstance(cv, Integral) and groups is not None:
        return GroupKFold(cv) if target.y.ndim == 2 else StratifiedGroupKFold(cv)
    return check_cv(cv, target.y, classifier=True)


@dataclass(frozen=True)
class Fitting:
    """How an estimator is fitted to a part of the rows.

    Args:
        estimator: cloned for each part.
        params: of its ``fit``; those with a value a row go with their rows.
        method: what gives its scores.
    """

    estimator: Any
    params: Mapping[str, Any]
    method: Method

    def scores(self, X: Any, target: Target, *, split: Split) -> Scores:
        """Fit to the first rows of a split and score the second."""
        from sklearn.base import clone
        from sklearn.utils import _safe_indexing

        fit_K, held_K = split
        own = {
            name: np.asarray(value)[fit_K] if _rows(value) == len(target.y) else value
            for name, value in self.params.items()
        }
        fitted = clone(self.estimator).fit(_safe_indexing(X, fit_K), target.y[fit_K], **own)
        return target.classes.scores(fitted, _safe_indexing(X, held_K), self.method)


def _rows(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") else None


def held_out_scores(
    X: Any, target: Target, *, fitting: Fitting, splits: list[Split], n_jobs: int | None
) -> tuple[Rows, Scores]:
    """Return the rows that were held out, ascending, and their scores."""
    from sklearn.utils.parallel import Parallel, delayed

    parts = Parallel(n_jobs=n_jobs)(
        delayed(fitting.scores)(X, target, split=split) for split in splits
    )
    rows_K = np.concatenate([held for _, held in splits])
    values_KC = np.concatenate([part.values_NC for part in parts])
    order_K = np.argsort(rows_K)
    return rows_K[order_K], type(parts[0])(values_KC[order_K])
