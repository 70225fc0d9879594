"""What a decision is worth on rows that did not choose it."""
# Shapes: N rows, K held-out rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.choice import Choice, Settings
from evenhand.decide.f1 import macro_f1
from evenhand.decide.folds import count_groups, refuse_undivided, stratified_folds
from evenhand.decide.rule import fit_rule
from evenhand.types import Floats, Predictions


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
    predictions: Predictions, *, folds: int = 5, seed: int = 0, **settings: Unpack[Settings]
) -> CrossFit:
    """Decide each fold of the rows by a rule fitted on the other folds.

    Calibrator, cuts and shrinkage are all fitted anew for each fold, so the result has no
    share in its own choice. With ``cuts="fixed"`` and ``calibrate="none"`` nothing is fitted
    and the decisions are those at 0.5.

    Args:
        predictions: tune rows; those of one group share a fold.
        folds: at least 2; fewer rows, or groups, than that give one fold to each.
        seed: of the folds.
        settings: those of ``fit_decision``. A demand that a fold cannot meet is met as nearly
            as its rows allow.

    Raises:
        DataError: E212 for report rows, E207 for fewer than two groups, E201 for a
            name that is no label.
        ConfigError: E101, E102 or E105 for settings that cannot be.
    """
    predictions.refuse_report("choosing thresholds")
    given_N, rows = predictions.groups_N, len(predictions)
    groups_N = np.arange(rows) if given_N is None else given_N
    refuse_undivided(groups_N)
    choice = Choice(**settings, seed=seed)
    choice.check_labels(predictions.labels)
    truth_NC = predictions.truth_NC
    folds = max(2, min(folds, count_groups(groups_N)))
    fold_N = stratified_folds(truth_NC, folds, seed, groups_N=groups_N)
    decided_NC = np.zeros(truth_NC.shape, dtype=np.bool_)
    probs_NC = np.zeros(truth_NC.shape)
    for fold in range(int(fold_N.max()) + 1):
        held_K = np.flatnonzero(fold_N == fold)
        rule = fit_rule(predictions.take(np.flatnonzero(fold_N != fold)), choice)
        decided_NC[held_K], probs_NC[held_K] = rule.decide(predictions.take(held_K).scores)
    return CrossFit(decided_NC, probs_NC, fold_N, macro_f1(truth_NC, decided_NC))
