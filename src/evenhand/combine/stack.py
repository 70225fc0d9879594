"""Stacking: a small logistic regression reads the members' logits."""
# Shapes: M members, N rows, C classes, F features.

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.optimize import minimize

from evenhand.calibrate.calibrator import as_logits, row_nll
from evenhand.calibrate.newton import Convex, logistic, minimise
from evenhand.combine.combination import COMBINATIONS, STORED, Combination
from evenhand.combine.voices import Voices
from evenhand.decide.folds import count_groups, stratified_folds
from evenhand.errors import ConfigError
from evenhand.types import Floats, Logits, Predictions, Probs, Task, Truth

STRENGTHS = (100.0, 10.0, 1.0, 0.1, 0.01)
"""Tried from the strongest, in observations: the weight of half the squared coefficients."""
STEPS, FLAT = 1000, 1e-8
"""Of the search for the weights of classes: at most so many, or until no slope a row is steeper."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Logistic regression on the members' logits.

    Multi-label: a label's logit is a weighted sum of what each member says of that label. Multi-
    class: a class's logit is a weighted sum of what each member says of every class.

    Args:
        task: of the labels.
        weights_CF: F is M if multi-label, M C (member by member) if multi-class.
        bias_C: in nats.
        strength: of the penalty.
    """

    name: ClassVar[str] = "stack"
    task: Task
    weights_CF: Floats
    bias_C: Floats
    strength: float

    @property
    def members(self) -> int:
        """How many members it is for."""
        classes, features = self.weights_CF.shape
        return int(features // (classes if self.task is Task.MULTICLASS else 1))

    def apply(self, voices: Voices) -> Probs:
        """Return the regression's probabilities, ``(N, C)``."""
        logits_MNC = member_logits(voices)
        if self.task is Task.MULTICLASS:
            logits_NC = _beside(logits_MNC) @ self.weights_CF.T
        else:
            logits_NC = np.einsum("mnc,cm->nc", logits_MNC, self.weights_CF)
        return Logits(logits_NC + self.bias_C).probs(self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task, weights, bias and strength."""
        return {
            "name": self.name,
            "task": self.task.value,
            "weights": self.weights_CF.tolist(),
            "bias": self.bias_C.tolist(),
            "strength": self.strength,
        }


@STORED.register("stack")
def _stored(
    *, task: Task, weights: list[list[float]], bias: list[float], strength: float
) -> Combination:
    """Return the regression with these weights.

    Raises:
        ConfigError: E102 when weights and bias do not fit each other.
    """
    widths = {len(row) for row in weights}
    if len(widths) != 1 or len(bias) != len(weights):
        raise ConfigError(
            "E102",
            "the weights of a stack do not fit each other",
            got=f"rows of {sorted(widths)} weights, {len(bias)} biases for {len(weights)} labels",
            fix="copy the file again",
        )
    return Stack(task=task, weights_CF=np.array(weights), bias_C=np.array(bias), strength=strength)


@COMBINATIONS.register("stack")
def stack(
    voices: Voices,
    tune: Predictions,
    /,
    *,
    folds: Annotated[int, Field(ge=2, description="parts for cross-validation")] = 5,
) -> Combination:
    """Logistic regression on the members' logits; cross-validation chooses its penalty.

    A penalty is half the squared weights times its strength, beside the summed loss; biases are
    free. The strength with the least loss on held-out tune rows is taken, of equals the
    strongest. A label with one outcome alone among the known rows gets the members' mean logit.
    """
    truth_NC = tune.truth_NC
    groups_N = np.arange(len(tune)) if tune.groups_N is None else tune.groups_N
    parts = max(2, min(folds, count_groups(groups_N)))
    fold_N = stratified_folds(truth_NC, parts, 0, groups_N=groups_N)
    strength = _best_strength(voices, truth_NC, fold_N)
    return fit_stack(voices, truth_NC, strength)


def fit_stack(voices: Voices, truth_NC: Truth, strength: float) -> Stack:
    """Fit the regression at a given strength of its penalty, > 0; unknown truth is left out."""
    logits_MNC = member_logits(voices)
    if voices.task is Task.MULTICLASS:
        weights_CF, bias_C = _softmax_fit(_beside(logits_MNC), truth_NC, strength)
    else:
        rows = [
            _logistic_fit(logits_MNC[:, :, c].T, truth_NC[:, c], strength)
            for c in range(truth_NC.shape[1])
        ]
        weights_CF = np.stack([weights_M for weights_M, _ in rows])
        bias_C = np.array([bias for _, bias in rows])
    return Stack(task=voices.task, weights_CF=weights_CF, bias_C=bias_C, strength=strength)


def member_logits(voices: Voices) -> Floats:
    """Return the members' logits, ``(M, N, C)``.

    ``log p - log(1 - p)`` if multi-label; if multi-class ``log p`` less its mean over the classes,
    without which the search for the weights takes twenty times as many steps.
    """
    logits_MNC = np.stack([as_logits(Probs(p_NC), voices.task) for p_NC in voices.probs_MNC])
    if voices.task is Task.MULTICLASS:
        logits_MNC -= logits_MNC.mean(axis=2, keepdims=True)
    return logits_MNC


def _beside(logits_MNC: Floats) -> Floats:
    """Return the logits member by member beside each other, ``(N, M C)``."""
    return np.ascontiguousarray(np.concatenate(list(logits_MNC), axis=1))


def _best_strength(voices: Voices, truth_NC: Truth, fold_N: NDArray[np.int64]) -> float:
    losses = [_held_out_loss(voices, truth_NC, fold_N, strength) for strength in STRENGTHS]
    return STRENGTHS[int(np.argmin(losses))]


def _held_out_loss(
    voices: Voices, truth_NC: Truth, fold_N: NDArray[np.int64], strength: float
) -> float:
    total = 0.0
    for fold in range(int(fold_N.max()) + 1):
        kept, held = np.flatnonzero(fold_N != fold), np.flatnonzero(fold_N == fold)
        if not len(kept):
            continue
        fitted = fit_stack(voices.take(kept), truth_NC[kept], strength)
        costs_N, _ = row_nll(fitted.apply(voices.take(held)), truth_NC[held], voices.task)
        total += float(costs_N.sum())
    return total


def _logistic_fit(logits_NM: Floats, truth_N: Truth, strength: float) -> tuple[Floats, float]:
    """Return one label's weights ``(M,)`` and bias."""
    known_N = ~np.isnan(truth_N)
    x_KM, y_K = logits_NM[known_N], truth_N[known_N].astype(np.float64)
    members = logits_NM.shape[1]
    if not 0 < y_K.sum() < len(y_K):
        return np.full(members, 1 / members), 0.0
    features_KF = np.concatenate([x_KM, np.ones((len(x_KM), 1))], axis=1)
    penalty_F = np.append(np.full(members, strength / len(y_K)), 0.0)
    free_F = np.full(members + 1, np.inf)
    start_F = np.append(np.full(members, 1 / members), 0.0)
    found_F = minimise(
        _penalised(logistic(features_KF, y_K), penalty_F), start_F, low_K=-free_F, high_K=free_F
    )
    return found_F[:-1], float(found_F[-1])


def _penalised(plain: Convex, penalty_F: Floats) -> Convex:
    def loss(x_F: Floats) -> tuple[float, Floats, Floats]:
        value, slope_F, curve_FF = plain(x_F)
        return (
            value + float(penalty_F @ x_F**2) / 2,
            slope_F + penalty_F * x_F,
            curve_FF + np.diag(penalty_F),
        )

    return loss


def _softmax_fit(features_NF: Floats, truth_NC: Truth, strength: float) -> tuple[Floats, Floats]:
    """Return weights ``(C, F)`` and biases ``(C,)``, that add up to 0."""
    known_N = ~np.isnan(truth_NC).any(axis=1)
    x_KF, y_KC = features_NF[known_N], truth_NC[known_N].astype(np.float64)
    (rows, features), classes = x_KF.shape, truth_NC.shape[1]
    if not rows:
        return np.tile(np.eye(classes), features // classes) / (features // classes), np.zeros(
            classes
        )

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights_CF, bias_C = flat[classes:].reshape(classes, features), flat[:classes]
        z_KC = x_KF @ weights_CF.T + bias_C
        z_KC -= z_KC.max(axis=1, keepdims=True)
        e_KC = np.exp(z_KC)
        whole_K1 = e_KC.sum(axis=1, keepdims=True)
        off_KC = e_KC / whole_K1 - y_KC
        value = float(
            (y_KC * (np.log(whole_K1) - z_KC)).sum() + strength / 2 * (weights_CF**2).sum()
        )
        slope_CF = off_KC.T @ x_KF + strength * weights_CF
        slope = np.concatenate([off_KC.sum(axis=0), slope_CF.ravel()])
        return value / rows, slope / rows

    start = np.zeros(classes * (features + 1))
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS, "gtol": FLAT, "ftol": 0},
    ).x
    bias_C = found[:classes] - found[:classes].mean()
    return found[classes:].reshape(classes, features), bias_C
