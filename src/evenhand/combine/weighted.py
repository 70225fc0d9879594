"""Weights of a mixture, found where the tune rows are likeliest."""
# Shapes: M members, K observations: known cells if multi-label, known rows if multi-class.

from __future__ import annotations

import numpy as np

from evenhand.calibrate.calibrator import CLIP
from evenhand.calibrate.newton import Convex, minimise
from evenhand.combine.combination import COMBINATIONS, Combination
from evenhand.combine.mixture import Mixture
from evenhand.combine.voices import Voices
from evenhand.types import Floats, Predictions, Task, Truth

NEGLIGIBLE = 1e-9
"""A smaller weight is none."""


@COMBINATIONS.register("weighted")
def weighted(voices: Voices, tune: Predictions, /) -> Combination:
    """Mean by the weights under which the tune rows are likeliest (least NLL); a convex problem.

    Its loss on the rows that chose the weights is never above that of any member or of the
    average, which the tests check.
    """
    likelihood_KM = likelihoods(voices, tune.truth_NC)
    return Mixture(name="weighted", weights=tuple(best_weights(likelihood_KM).tolist()))


def likelihoods(voices: Voices, truth_NC: Truth) -> Floats:
    """Return the probability that each member gave to what came true, ``(K, M)``.

    A mixture gives each observation the mixture of these, whether it is a cell or a row.
    """
    if voices.task is Task.MULTICLASS:
        found_MK = voices.probs_MNC[:, truth_NC == 1]
    else:
        likely_MNC = np.where(truth_NC == 1, voices.probs_MNC, 1 - voices.probs_MNC)
        found_MK = likely_MNC[:, ~np.isnan(truth_NC)]
    return np.ascontiguousarray(np.clip(found_MK, CLIP, 1 - CLIP).T)


def mixture_nll(likelihood_KM: Floats, weights_M: Floats) -> float:
    """Return the mean negative log-likelihood of a mixture, in nats; 0 where nothing is known."""
    if not len(likelihood_KM):
        return 0.0
    return float(-np.log(likelihood_KM @ weights_M).mean())


def best_weights(likelihood_KM: Floats) -> Floats:
    """Return the weights on the simplex of the least ``mixture_nll``, ``(M,)``.

    ``mean(-log(L w)) + sum(w)`` has its minimum over ``w >= 0`` where the weights add up to 1 and
    are the best that do: so a box is all that the search has to heed. Of equals the average stays.
    """
    members = likelihood_KM.shape[1]
    equal_M = np.full(members, 1 / members)
    if not len(likelihood_KM):
        return equal_M
    found_M = minimise(
        _lagrangian(likelihood_KM), equal_M, low_K=np.zeros(members), high_K=np.ones(members)
    )
    found_M[found_M < NEGLIGIBLE] = 0.0
    # The search ends within rounding of the minimum; what is given beforehand must not be better.
    candidates = [found_M / found_M.sum(), equal_M, *np.eye(members)]
    return min(candidates, key=lambda weights_M: mixture_nll(likelihood_KM, weights_M))


def _lagrangian(likelihood_KM: Floats) -> Convex:
    def loss(weights_M: Floats) -> tuple[float, Floats, Floats]:
        mixed_K = np.maximum(likelihood_KM @ weights_M, np.finfo(np.float64).tiny)
        pull_KM = likelihood_KM / mixed_K[:, None]
        value = float(-np.log(mixed_K).mean() + weights_M.sum())
        return value, 1 - pull_KM.mean(axis=0), pull_KM.T @ pull_KM / len(pull_KM)

    return loss
