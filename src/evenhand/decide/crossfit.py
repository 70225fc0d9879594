"""What a decision is worth on rows that did not choose it."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.choice import Choice, Settings
from evenhand.decide.f1 import macro_f1
from evenhand.decide.folds import stratified_folds
from evenhand.decide.rule import fit_rule
from evenhand.errors import DataError
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
        predictions: tune rows.
        folds: at least 2; fewer rows than that give one fold a row.
        seed: of the folds.
        settings: those of ``fit_decision``. A demand that a fold cannot meet is met as nearly
            as its rows allow.

    Raises:
        DataError: E212 for report rows, E207 for fewer than two rows, E201 for a name that is
            no label.
        ConfigError: E101, E102 or E105 for settings that cannot be.
    """
    predictions.refuse_report("choosing thresholds")
    if len(predictions) < 2:
        raise DataError(
            "E207",
            "cross-fitting needs at least two rows",
            got=f"{len(predictions)} rows",
            fix="pass more tune rows",
        )
    choice = Choice(**settings, seed=seed)
    choice.check_labels(predictions.labels)
    truth_NC = predictions.truth_NC
    fold_N = stratified_folds(truth_NC, max(2, min(folds, len(predictions))), seed)
    decided_NC = np.zeros(truth_NC.shape, dtype=np.bool_)
    probs_NC = np.zeros(truth_NC.shape)
    kind, scores_NC = type(predictions.scores), predictions.scores.values_NC
    for fold in range(int(fold_N.max()) + 1):
        held_N = fold_N == fold
        rule = fit_rule(kind(scores_NC[~held_N]), truth_NC[~held_N], predictions.labels, choice)
        decided_NC[held_N], probs_NC[held_N] = rule.decide(kind(scores_NC[held_N]))
    return CrossFit(decided_NC, probs_NC, fold_N, macro_f1(truth_NC, decided_NC))
