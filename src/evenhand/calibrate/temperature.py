"""Temperature: one number that makes a model as sure as it should be."""
# Shapes: N rows, C classes, K known cells.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from evenhand.calibrate.calibrator import CALIBRATORS, STORED, Calibrator, as_logits
from evenhand.types import Floats, Logits, Probs, Scores, Task, Truth

LOWEST, HIGHEST = 0.02, 50.0
Slope = Callable[[float], tuple[float, float]]


@STORED.register("temperature")
@dataclass(frozen=True, kw_only=True)
class Temperature:
    """Divides logits by one temperature, then sigmoid or softmax.

    Order is kept, so labels cut at 0.5 and the most probable class do not move.

    Args:
        temperature: > 0, unitless; above 1 the model was too sure of itself.
        task: sigmoid for multi-label, softmax for multi-class.
    """

    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    task: Task
    name: ClassVar[str] = "temperature"

    def apply(self, scores: Scores) -> Probs:
        """Return ``softmax(logits / T)`` or ``sigmoid(logits / T)``, ``(N, C)``."""
        return Logits(as_logits(scores, self.task) / self.temperature).probs(self.task)

    def to_dict(self) -> dict[str, Any]:
        """Return name, task and temperature."""
        return {"name": self.name, "task": self.task.value, "temperature": self.temperature}


@CALIBRATORS.register("temperature")
def temperature(scores: Scores, truth_NC: Truth, task: Task) -> Calibrator:
    """Fit the one temperature that minimises the negative log-likelihood.

    In ``s = 1/T`` the loss is convex, so its slope has one zero, found to 1e-10. Calibrated
    scores give ``T = 1``; logits times ``k`` give ``k T``. ``T`` stays within 0.02 and 50,
    which it reaches when the truth is separable or the scores point the wrong way.

    Args:
        scores: logits, or probabilities taken back to logits (clipped at 1e-12), ``(N, C)``.
        truth_NC: 0, 1 or NaN (unknown, left out).
        task: sigmoid or softmax.

    References:
        Guo et al. 2017, arXiv:1706.04599, eq. 9.
    """
    return Temperature(
        temperature=fit_temperature(as_logits(scores, task), truth_NC, task), task=task
    )


def fit_temperature(z_NC: Floats, truth_NC: Truth, task: Task) -> float:
    """Return the temperature for logits ``z_NC``, as ``temperature`` has it."""
    known_NC = ~np.isnan(truth_NC)
    if task is Task.MULTILABEL:
        slope = _sigmoid_slope(z_NC[known_NC], truth_NC[known_NC].astype(np.float64))
    else:
        known_N = known_NC.all(axis=1)
        slope = _softmax_slope(z_NC[known_N], truth_NC[known_N].astype(np.float64))
    return 1 / _zero(slope, 1 / HIGHEST, 1 / LOWEST)


def _sigmoid_slope(z_K: np.ndarray, y_K: np.ndarray) -> Slope:
    pull, zp_K = float(z_K @ y_K), np.empty_like(z_K)

    def slope(s: float) -> tuple[float, float]:
        np.multiply(z_K, -s, out=zp_K)
        with np.errstate(over="ignore"):
            np.exp(zp_K, out=zp_K)
        zp_K[:] += 1
        np.divide(z_K, zp_K, out=zp_K)
        return float(zp_K.sum()) - pull, float(zp_K @ z_K - zp_K @ zp_K)

    return slope


def _softmax_slope(z_NC: np.ndarray, y_NC: np.ndarray) -> Slope:
    if not len(z_NC):
        return lambda s: (0.0, 0.0)
    centred_NC = z_NC - z_NC.max(axis=1, keepdims=True)
    pull = float((centred_NC * y_NC).sum())

    def slope(s: float) -> tuple[float, float]:
        e_NC = np.exp(s * centred_NC)
        p_NC = e_NC / e_NC.sum(axis=1, keepdims=True)
        mean_N = (p_NC * centred_NC).sum(axis=1)
        square_N = (p_NC * centred_NC**2).sum(axis=1)
        return float(mean_N.sum()) - pull, float((square_N - mean_N**2).sum())

    return slope


def _zero(slope: Slope, low: float, high: float) -> float:
    """Return where an increasing function of ``s`` is 0: Newton steps inside a bracket."""
    s = 1.0
    first, second = slope(s)
    if first == 0:
        return s
    edge = high if first < 0 else low
    if first * slope(edge)[0] >= 0:
        return edge
    for _ in range(100):
        low, high = (s, high) if first < 0 else (low, s)
        newton = s - first / second if second > 0 else 0.0
        before, s = s, newton if low < newton < high else sqrt(low * high)
        if abs(s - before) <= 1e-10 * s:
            break
        first, second = slope(s)
    return s
