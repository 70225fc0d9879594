"""A second opinion, asked only where the model is in doubt."""
# Shapes: N texts, K labels that are asked about, C classes.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.bundle import Predictor
from evenhand.decide.manner import logit
from evenhand.types import Floats, LabelSpace, Probs


class Verifier(Protocol):
    """What a second opinion can: a bundle here, anything else that keeps to it elsewhere."""

    def probs(self, texts: Sequence[str], labels: Sequence[str]) -> Floats:
        """Return the probability of each label for each text, in [0, 1], ``(N, K)``.

        What it says of a text may not depend on the other texts.
        """
        ...


@dataclass(frozen=True)
class SecondModel:
    """A second bundle as verifier.

    Args:
        model: gives calibrated probabilities; any number of labels a row.
    """

    model: Predictor

    def probs(self, texts: Sequence[str], labels: Sequence[str]) -> Floats:
        """Return its calibrated probabilities of ``labels``, ``(N, K)``."""
        columns = [self.model.labels.index(name) for name in labels]
        return self.model.decision.probs(self.model.scores(texts))[:, columns]


@dataclass(frozen=True)
class Doubt:
    """Who is asked, about which labels, and when.

    Args:
        verifier: who is asked.
        labels: about which labels.
        low: lowest probability of the model at which it is in doubt.
        high: highest.
    """

    verifier: Verifier
    labels: tuple[str, ...]
    low: float
    high: float

    def ask(self, texts: Sequence[str], model_NC: Floats, space: LabelSpace) -> Floats:
        """Return what the verifier says where the model is in doubt, elsewhere NaN, ``(N, C)``."""
        said_NC = np.full(model_NC.shape, np.nan)
        columns = np.array([space.index(name) for name in self.labels])
        doubted_NK = (model_NC[:, columns] >= self.low) & (model_NC[:, columns] <= self.high)
        rows = np.flatnonzero(doubted_NK.any(axis=1))
        if len(rows):
            said = Probs(self.verifier.probs([texts[row] for row in rows.tolist()], self.labels))
            said_NC[np.ix_(rows, columns)] = np.where(doubted_NK[rows], said.values_NC, np.nan)
        return said_NC


def verified(model_NC: Floats, verifier_NC: Floats, critical_C: NDArray[np.bool_]) -> Floats:
    """Return probabilities after the verifier: the mean of both log-odds.

    ``sigmoid((logit p + logit q) / 2)``, which lies between the two; of a critical label never
    below the model's ``p``. Where the verifier was not asked (NaN) nothing changes.
    """
    asked_NC = ~np.isnan(verifier_NC)
    both_NC = (logit(model_NC) + logit(np.where(asked_NC, verifier_NC, 0.5))) / 2
    mean_NC = 1 / (1 + np.exp(-both_NC))
    return np.where(asked_NC & ~(critical_C & (mean_NC < model_NC)), mean_NC, model_NC)
