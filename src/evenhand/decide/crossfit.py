"""What a decision is worth on rows that did not choose it."""
# Shapes: N rows, K held-out rows, C classes.

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.choice import Choice, Settings
from evenhand.decide.f1 import macro_f1
from evenhand.decide.folds import count_groups, refuse_undivided, stratified_folds
from evenhand.decide.rule import fit_rule
from evenhand.types import Floats, Predictions

Positions = NDArray[np.int64]
Refit = Callable[[Positions, Positions], tuple[Predictions, Predictions]]
"""Where scores were themselves fitted to tune rows, as those of an ensemble are: positions of kept
and of held rows to the predictions of both, by what was fitted to the kept rows alone."""


@dataclass(frozen=True)
class CrossFit:
    """Every row decided by a rule that was fitted on other rows.

    Args:
        decided_NC: labels given to each row, bool.
        probs_NC: calibrated probabilities, each by its fold's calibrator.
        fold_N: the fold of each row.
        macro_f1: of ``decided_NC``, in [0, 1]; NaN where no class is defined.
    """

    decided_NC: NDArray[np.bool_]
    probs_NC: Floats
    fold_N: NDArray[np.int64]
    macro_f1: float


def crossfit(
    predictions: Predictions,
    *,
    folds: int = 5,
    seed: int = 0,
    refit: Refit | None = None,
    **settings: Unpack[Settings],
) -> CrossFit:
    """Decide each fold of the rows by a rule fitted on the other folds.

    Calibrator, cuts and shrinkage are all fitted anew for each fold, and with ``refit`` the scores
    too, so the result has no share in its own choice. With ``cuts="fixed"`` and
    ``calibrate="none"`` nothing is fitted and the decisions are those at 0.5.

    Args:
        predictions: tune rows; those of one group share a fold.
        folds: at least 2; fewer rows, or groups, than that give one fold to each.
        seed: of the folds.
        refit: makes the scores anew, where tune rows chose them; None takes them as they are.
        settings: those of ``fit_decision``. A demand that a fold cannot meet is met as nearly
            as its rows allow.

    Raises:
        DataError: E212 for report rows, E207 for fewer than two groups, E201 for a
            name that is no label.
        ConfigError: E101, E102 or E105 for settings that cannot be.
    """
    predictions.refuse_report("choosing thresholds")
    refuse_undivided(_groups(predictions))
    choice = Choice(**settings, seed=seed)
    choice.check_labels(predictions.labels)
    truth_NC = predictions.truth_NC
    fold_N = _folds(predictions, folds, seed)
    decided_NC = np.zeros(truth_NC.shape, dtype=np.bool_)
    probs_NC = np.zeros(truth_NC.shape)
    for held_K, kept, held in _parts(predictions, fold_N, refit):
        rule = fit_rule(kept, choice)
        decided_NC[held_K], probs_NC[held_K] = rule.decide(held.scores)
    return CrossFit(decided_NC, probs_NC, fold_N, macro_f1(truth_NC, decided_NC))


def out_of_fold(
    predictions: Predictions, refit: Refit, *, folds: int = 5, seed: int = 0
) -> Predictions:
    """Return the rows with the scores that each has from what was fitted on the other folds.

    The folds are those of ``crossfit``; so are the arguments and what is raised.
    """
    predictions.refuse_report("choosing thresholds")
    refuse_undivided(_groups(predictions))
    fold_N = _folds(predictions, folds, seed)
    parts = [(held_K, held) for held_K, _, held in _parts(predictions, fold_N, refit)]
    values_NC = np.empty(predictions.truth_NC.shape)
    for held_K, held in parts:
        values_NC[held_K] = held.scores.values_NC
    return replace(predictions, scores=type(parts[0][1].scores)(values_NC))


def _groups(predictions: Predictions) -> Positions:
    given_N = predictions.groups_N
    return np.arange(len(predictions)) if given_N is None else given_N


def _folds(predictions: Predictions, folds: int, seed: int) -> Positions:
    groups_N = _groups(predictions)
    folds = max(2, min(folds, count_groups(groups_N)))
    return stratified_folds(predictions.truth_NC, folds, seed, groups_N=groups_N)


def _parts(
    predictions: Predictions, fold_N: Positions, refit: Refit | None
) -> Iterator[tuple[Positions, Predictions, Predictions]]:
    """Yield of each fold its rows' positions, the other rows' predictions, and its own."""
    for fold in range(int(fold_N.max()) + 1):
        kept_K, held_K = np.flatnonzero(fold_N != fold), np.flatnonzero(fold_N == fold)
        if refit is None:
            yield held_K, predictions.take(kept_K), predictions.take(held_K)
        else:
            yield held_K, *refit(kept_K, held_K)
