"""Let the rows say which calibrator serves them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import CALIBRATORS, Calibrator, nll
from evenhand.seeds import generator
from evenhand.types import Scores, Task, Truth


@CALIBRATORS.register("auto")
def auto(
    scores: Scores,
    truth_NC: Truth,
    task: Task,
    *,
    folds: Annotated[int, Field(ge=2, description="parts for cross-validation")] = 5,
) -> Calibrator:
    """Fit each calibrator and keep the one with the lowest cross-validated loss.

    The loss is ``nll`` on rows that the calibrator was not fitted on. On a tie (to nine
    decimals) the earlier name wins, and ``none`` is the first.
    """
    names = [name for name in CALIBRATORS.names() if name != "auto"]
    order_N = generator(0, "calibration folds").permutation(len(truth_NC))
    parts = [part for part in np.array_split(order_N, folds) if len(part)]
    costs = {name: _held_out_nll(name, scores, truth_NC, task, parts=parts) for name in names}
    best = min(names, key=lambda name: round(costs[name], 9))
    return CALIBRATORS.build(best, scores, truth_NC, task, settings={})


def _held_out_nll(
    name: str, scores: Scores, truth_NC: Truth, task: Task, *, parts: list[np.ndarray]
) -> float:
    total = 0.0
    for held_out in parts:
        kept = np.setdiff1d(np.arange(len(truth_NC)), held_out)
        fitted = CALIBRATORS.build(name, _take(scores, kept), truth_NC[kept], task, settings={})
        probs = fitted.apply(_take(scores, held_out))
        total += len(held_out) * nll(probs, truth_NC[held_out], task)
    return total / max(1, len(truth_NC))


def _take(scores: Scores, rows: np.ndarray) -> Scores:
    return type(scores)(scores.values_NC[rows])
