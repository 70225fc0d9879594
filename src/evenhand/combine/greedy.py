"""Greedy selection: members are taken one after another, also more than once, as they help."""
# Shapes: M members, N rows, C classes.

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from evenhand.combine.combination import COMBINATIONS, Combination
from evenhand.combine.mixture import Mixture
from evenhand.combine.voices import Voices
from evenhand.evaluate.selection import SELECTION
from evenhand.types import Floats, Predictions, Probs

GAIN = 1e-12


@COMBINATIONS.register("greedy")
def greedy(
    voices: Voices,
    tune: Predictions,
    /,
    *,
    metric: Annotated[str, Field(description="of tune rows, higher is better")] = "macro_ap",
    steps: Annotated[int, Field(ge=1, le=200, description="members taken at most")] = 25,
    patience: Annotated[int, Field(ge=1, description="steps without gain before it ends")] = 5,
) -> Combination:
    """Members taken one by one, with replacement, as they raise macro-AP on tune rows; their mean.

    Macro-AP counts every label alike and needs no cut. Of equals the member named first is taken;
    of the selections on the way the best is kept, of equals the smallest.

    References:
        Caruana et al. 2004, doi:10.1145/1015330.1015432, section 2.
    """
    score = SELECTION.factory(metric)

    def worth(sum_NC: Floats, count: int) -> float:
        mean = Probs(np.clip(sum_NC / count, 0.0, 1.0))
        return float(np.nan_to_num(score(replace(tune, scores=mean)), nan=-np.inf))

    taken = np.zeros(len(voices), dtype=np.int64)
    sum_NC = np.zeros(voices.probs_MNC.shape[1:])
    best, best_taken, idle = -np.inf, np.eye(len(voices), dtype=np.int64)[0], 0
    for step in range(1, steps + 1):
        values = [worth(sum_NC + probs_NC, step) for probs_NC in voices.probs_MNC]
        chosen = _first_of_best(values)
        taken[chosen] += 1
        sum_NC = sum_NC + voices.probs_MNC[chosen]
        idle += 1
        if values[chosen] > best + GAIN:
            best, best_taken, idle = values[chosen], taken.copy(), 0
        if idle >= patience:
            break
    return Mixture(name="greedy", weights=tuple((best_taken / best_taken.sum()).tolist()))


def _first_of_best(values: list[float]) -> int:
    """Return the position of the largest value, of those within rounding of it the first."""
    top = max(values)
    return next(m for m, value in enumerate(values) if value >= top - GAIN)
