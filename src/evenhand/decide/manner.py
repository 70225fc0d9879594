"""From probabilities and values to labels, with two rules that look at the whole row."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.biases import argmax_decision
from evenhand.types import Floats, Task

CLIP = 1e-12


@dataclass(frozen=True)
class Manner:
    """Rules that come after the cuts; multi-label only.

    Args:
        at_least_one: a row without labels gets the one that comes nearest to its cut, by the
            difference of the logits.
        exclusive: position of a label that yields to any other; None for none. So the label
            ``neutral`` can never hide another one.
    """

    at_least_one: bool = False
    exclusive: int | None = None


PLAIN = Manner()


def apply_values(
    probs_NC: Floats, values_C: Floats, task: Task, manner: Manner = PLAIN
) -> NDArray[np.bool_]:
    """Decide: ``p >= value`` for multi-label, ``argmax(log p + value)`` for multi-class.

    Args:
        probs_NC: probabilities.
        values_C: cuts or biases; also one set a row, ``(N, C)``.
        task: one label a row or any number.
        manner: rules that come after the cuts.
    """
    if task is Task.MULTICLASS:
        return argmax_decision(probs_NC, values_C)
    decided_NC = np.asarray(probs_NC >= values_C)
    if manner.exclusive is not None:
        others_N = np.delete(decided_NC, manner.exclusive, axis=1).any(axis=1)
        decided_NC[others_N, manner.exclusive] = False
    if manner.at_least_one:
        none_N = ~decided_NC.any(axis=1)
        values_NC = np.broadcast_to(values_C, probs_NC.shape)
        nearest_N = (logit(probs_NC[none_N]) - logit(values_NC[none_N])).argmax(axis=1)
        decided_NC[np.flatnonzero(none_N), nearest_N] = True
    return decided_NC


def logit(p: Floats | float) -> Floats:
    """Return ``log p - log(1 - p)``, with ``p`` kept 1e-12 away from 0 and 1."""
    clipped = np.clip(p, CLIP, 1 - CLIP)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))
