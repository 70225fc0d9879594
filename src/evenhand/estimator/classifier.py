"""DecisionClassifier: any scikit-learn classifier with calibrated probabilities and honest cuts.

scikit-learn is imported at the top because the class derives from it; ``evenhand`` imports this
module when the name is first used. Shapes: N rows, C classes or labels, K held-out rows.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from numbers import Integral
from typing import Any, Self, cast, get_args

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import Tags, check_random_state, get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from evenhand.calibrate import CALIBRATORS
from evenhand.decide import Choice, Costs, Settings, fit_and_crossfit
from evenhand.decide.choice import DEMANDS, Cuts, GridName, Shrink
from evenhand.errors import ConfigError, did_you_mean
from evenhand.estimator.heldout import Fitting, held_out_scores, splits_of
from evenhand.estimator.target import Classes, Method, Target
from evenhand.types import Floats, Predictions, Role, Scores, Task

Demands = Mapping[Any, float] | None
METHODS = get_args(Method)
PREFIT = "prefit"


class DecisionClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Give a classifier calibrated probabilities and cuts (or biases) that serve rare classes.

    The estimator is fitted once for each fold and scores the rows that it has not seen; these
    scores choose calibrator and cuts as ``fit_decision`` does. Then it is fitted to all rows.
    With ``cuts="fixed"`` and ``calibrate="none"`` the answers are the estimator's own.

    Args:
        estimator: binary, multi-class or multi-label classifier.
        cv: number of folds, stratified by the rarest label of a row; a splitter or an iterable
            of splits that holds out no row twice (rows never held out choose nothing); or
            ``"prefit"``: the estimator is fitted already, on other rows than ``fit`` gets.
        response_method: ``predict_proba``, or ``decision_function``, whose values are then
            taken as logits. Never guessed.
        n_jobs: folds at a time, as elsewhere in scikit-learn.
        random_state: of folds and resamples.
        calibrate: this and all that follow are settings of ``fit_decision``, explained at
            ``evenhand.decide.Choice``.
        cuts: ``per-label``, ``global`` or ``fixed``.
        shrink: ``auto`` or ``none``.
        min_support: positives that a label needs for a value of its own.
        beta: weight of recall against precision.
        micro: share of micro-F in what is sought.
        grid: ``exact``, ``narrow`` or ``wide``.
        recall: class -> share of its rows that must be caught, such as ``{"rare": 0.95}``.
            Classes are named by value, multi-label columns by position or DataFrame column.
        precision: class -> share of its alerts that must be right.
        fpr: class -> share of the other rows that may be caught.
        alerts: class -> share of all rows that may be caught.
        costs: of errors.
        at_least_one: a row without labels gets the nearest one (multi-label).
        exclusive: label that yields to any other (multi-label), named as in the demands.
        resamples: of the bootstrap for the intervals of the cuts.

    Attributes:
        estimator_: the estimator fitted to all rows.
        classes_: classes, ``(C,)``; the columns' names or positions for multi-label.
        labels_: their names as the decision has them, and the task.
        decision_: calibrator and cuts, with support, intervals and expected optimism.
        crossfit_: decisions and probabilities of the held-out rows, each by cuts that other
            rows chose.
        predictions_: held-out scores and truth; ids are positions of rows. Another
            ``fit_decision`` on them needs no new fit of the estimator.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn reads a class's settings off this signature
        self,
        estimator: Any,
        *,
        cv: Any = 5,
        response_method: Method = "predict_proba",
        n_jobs: int | None = None,
        random_state: Any = 0,
        calibrate: str = "temperature",
        cuts: Cuts = "per-label",
        shrink: Shrink = "auto",
        min_support: int = 5,
        beta: float = 1.0,
        micro: float = 0.0,
        grid: GridName = "exact",
        recall: Demands = None,
        precision: Demands = None,
        fpr: Demands = None,
        alerts: Demands = None,
        costs: Costs | None = None,
        at_least_one: bool = False,
        exclusive: Any = None,
        resamples: int = 0,
    ) -> None:
        self.estimator = estimator
        self.cv = cv
        self.response_method = response_method
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.calibrate = calibrate
        self.cuts = cuts
        self.shrink = shrink
        self.min_support = min_support
        self.beta = beta
        self.micro = micro
        self.grid = grid
        self.recall = recall
        self.precision = precision
        self.fpr = fpr
        self.alerts = alerts
        self.costs = costs
        self.at_least_one = at_least_one
        self.exclusive = exclusive
        self.resamples = resamples

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, **fit_params: Any
    ) -> Self:
        """Fit the estimator and, on rows that it has not seen, the decision.

        Args:
            X: whatever the estimator takes: array, sparse matrix, DataFrame, list of texts.
            y: one class a row, or a 0/1 matrix with a column a label.
            sample_weight: for the estimator; the decision counts every row once.
            groups: rows of one group are held out together, from the estimator and from the
                cuts, and count as one piece of evidence.
            fit_params: for the estimator's ``fit``; those with a value a row go with their rows.

        Raises:
            ConfigError: E101, E102 or E105 for settings that cannot be, or do not go together.
            DataError: E206 for a ``y`` of another form, E201 for a class that a fitted
                estimator never saw, E207 for too few rows, E210 or E213 for scores that cannot
                be, E214 for a demand that cannot be met.
        """
        if sample_weight is not None:
            fit_params["sample_weight"] = np.asarray(sample_weight)
        _check(self, fit_params)
        X, y, groups = indexable(X, y, groups)
        prefit, seed = isinstance(self.cv, str) and self.cv == PREFIT, self._seed()
        target = Target.of(y, classes=getattr(self.estimator, "classes_", None) if prefit else None)
        choice = Choice(**self._settings())
        choice.check_labels(target.classes.labels)
        choice.refuse_idle(target.classes.labels)
        CALIBRATORS.factory(self.calibrate)
        if prefit:
            self.estimator_ = self.estimator
            rows_K = np.arange(len(target.y))
            scores = target.classes.scores(self.estimator, X, self.response_method)
        else:
            splits = splits_of(X, target, cv=self.cv, groups=groups, seed=seed)
            fitting = Fitting(self.estimator, fit_params, self.response_method)
            rows_K, scores = held_out_scores(
                X, target, fitting=fitting, splits=splits, n_jobs=self.n_jobs
            )
            self.estimator_ = clone(self.estimator).fit(X, target.y, **fit_params)
        self.classes_, self.labels_ = target.classes.values_C, target.classes.labels
        ids = tuple(map(str, rows_K.tolist()))
        truth_KC = target.truth_NC[rows_K]
        groups_K = None if groups is None else np.unique(groups, return_inverse=True)[1][rows_K]
        self.predictions_ = Predictions(ids, scores, truth_KC, self.labels_, Role.TUNE, groups_K)
        self.decision_, self.crossfit_ = fit_and_crossfit(
            self.predictions_, seed=seed, **self._settings()
        )
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return one class a row, ``(N,)``, or the labels given as 0 and 1, ``(N, C)``."""
        scores = self._scores(X)
        decided_NC = self.decision_.decide(scores)
        if self.labels_.task is Task.MULTILABEL:
            return decided_NC.astype(np.int64)
        return np.asarray(self.classes_[decided_NC.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Floats:
        """Return calibrated probabilities, float64, ``(N, C)``.

        Their highest need not be the class that ``predict`` gives: cuts and biases come after.
        """
        scores = self._scores(X)
        return self.decision_.probs(scores)

    @property
    def n_features_in_(self) -> int:
        """Columns of ``X``, if the fitted estimator knows them."""
        return int(self.estimator_.n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the columns of ``X``, if the fitted estimator knows them."""
        return np.asarray(self.estimator_.feature_names_in_)

    def __sklearn_tags__(self) -> Tags:
        """Take what the estimator can do for what this one can do."""
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_label = inner.classifier_tags.multi_label
        return tags

    def _scores(self, X: Any) -> Scores:
        check_is_fitted(self, "decision_")
        known = Classes(self.classes_, self.labels_)
        return known.scores(self.estimator_, X, self.response_method)

    def _settings(self) -> Settings:
        given = {name: getattr(self, name) for name in Settings.__annotations__}
        for kind in DEMANDS:
            demands = {} if given[kind] is None else given[kind]
            if isinstance(demands, Mapping):
                demands = {str(name): value for name, value in demands.items()}
            given[kind] = demands
        if given["exclusive"] is not None:
            given["exclusive"] = str(given["exclusive"])
        return cast(Settings, given)

    def _seed(self) -> int:
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))


def _check(asked: DecisionClassifier, fit_params: Mapping[str, Any]) -> None:
    """Refuse what cannot be, before anything is fitted."""
    estimator, method = asked.estimator, asked.response_method
    if method not in METHODS:
        raise ConfigError(
            "E102",
            "response_method has a value that cannot be",
            got=f"response_method = {method!r}",
            fix=did_you_mean(str(method), METHODS),
        )
    if isinstance(asked.cv, str) and asked.cv == PREFIT:
        check_is_fitted(estimator)
        for name in fit_params:
            raise _conflict(
                "an estimator that is fitted already takes nothing for fitting",
                f"{name} with cv='prefit'",
                f"drop {name}, or give a number of folds as cv",
            )
    if not hasattr(estimator, method):
        other = next(m for m in METHODS if m != method)
        meaning = "its values are then taken as logits, " if other == "decision_function" else ""
        raise _conflict(
            f"the estimator has no {method}",
            type(estimator).__name__,
            f"pass response_method={other!r}, {meaning}or take another estimator",
        )
    accepted = inspect.signature(estimator.fit).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    if "sample_weight" in fit_params and not takes_any and "sample_weight" not in accepted:
        raise _conflict(
            "the estimator takes no sample_weight",
            type(estimator).__name__,
            "drop sample_weight, or take an estimator whose fit has it",
        )


def _conflict(what: str, got: str, fix: str) -> ConfigError:
    return ConfigError("E105", what, got=got, fix=fix)
