"""Let the rows say which calibrator serves them."""
# Shapes: N rows, C classes.

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import CALIBRATORS, Calibrator, row_nll
from evenhand.calibrate.perlabel import RULE, MinPositives
from evenhand.seeds import generator
from evenhand.types import Floats, Scores, Task, Truth


@CALIBRATORS.register("auto")
def auto(
    scores: Scores,
    truth_NC: Truth,
    task: Task,
    *,
    folds: Annotated[int, Field(ge=2, description="parts for cross-validation")] = 5,
    min_positives: MinPositives = RULE,
) -> Calibrator:
    """Fit each calibrator and keep the one that cross-validated loss speaks for.

    The loss is ``nll`` on rows that the calibrator was not fitted on. From the simplest to the
    freest, the first one is taken whose loss lies within one standard error (of the paired
    difference, over rows) of the lowest. Those with parameters of each label's own leave labels
    with fewer than ``min_positives`` positives to one shared temperature.
    """
    order_N = generator(0, "calibration folds").permutation(len(truth_NC))
    parts = [part for part in np.array_split(order_N, folds) if len(part)]
    own = {"min_positives": min_positives}
    settings: dict[str, dict[str, Any]] = {
        name: own if "min_positives" in CALIBRATORS.schema(name).model_fields else {}
        for name in (name for name in CALIBRATORS.names() if name != "auto")
    }
    costs = {
        name: _held_out_nll(name, scores, truth_NC, task, parts=parts, settings=chosen)
        for name, chosen in settings.items()
    }
    best_N = min(costs.values(), key=lambda cost_N: float(cost_N.sum()))
    chosen = next(name for name, cost_N in costs.items() if _as_good(cost_N - best_N))
    return CALIBRATORS.build(chosen, scores, truth_NC, task, settings=settings[chosen])


def _as_good(worse_N: Floats) -> bool:
    """Say whether a summed difference is within its standard error of 0."""
    error = np.sqrt(len(worse_N)) * float(worse_N.std()) if len(worse_N) else 0.0
    return float(worse_N.sum()) <= error + 1e-9 * len(worse_N)


def _held_out_nll(
    name: str,
    scores: Scores,
    truth_NC: Truth,
    task: Task,
    *,
    parts: list[np.ndarray],
    settings: dict[str, Any],
) -> Floats:
    """Return each row's loss under a calibrator fitted on the other parts, ``(N,)``."""
    cost_N = np.zeros(len(truth_NC))
    for held_out in parts:
        kept = np.setdiff1d(np.arange(len(truth_NC)), held_out)
        rows = _take(scores, kept), truth_NC[kept]
        fitted = CALIBRATORS.build(name, *rows, task, settings=settings)
        probs = fitted.apply(_take(scores, held_out))
        cost_N[held_out] = row_nll(probs, truth_NC[held_out], task)[0]
    return cost_N


def _take(scores: Scores, rows: np.ndarray) -> Scores:
    return type(scores)(scores.values_NC[rows])
