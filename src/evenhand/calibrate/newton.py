"""Newton's method inside a box, for the few convex losses that calibration needs."""
# Shapes: N rows, K features (the parameters).

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from evenhand.types import Floats

Convex = Callable[[Floats], tuple[float, Floats, Floats]]
"""Parameters ``(K,)`` to value, gradient ``(K,)`` and Hessian ``(K, K)``."""

STEPS = 200
HALVINGS = 60
PRECISION = 1e-10


def minimise(loss: Convex, start_K: Floats, *, low_K: Floats, high_K: Floats) -> Floats:
    """Return the minimum of a convex function within ``low_K <= x <= high_K``.

    Projected Newton: parameters that press against a bound are held there, the others take a
    Newton step, cut back to the box and halved until the value falls. It ends when no free
    slope exceeds 1e-10 of the value's scale, or no step helps. Where ``low == high`` a
    parameter is given.

    Args:
        loss: value, gradient and Hessian at a point; per row, so that its scale is that of 1.
        start_K: where to start, inside the box.
        low_K: lower bounds, finite or not.
        high_K: upper bounds.

    References:
        Bertsekas 1982, doi:10.1137/0320018.
    """
    x_K = np.clip(start_K, low_K, high_K)
    value, slope_K, curve_KK = loss(x_K)
    for _ in range(STEPS):
        held_K = ((x_K <= low_K) & (slope_K >= 0)) | ((x_K >= high_K) & (slope_K <= 0))
        free = np.flatnonzero(~held_K)
        if not len(free) or np.abs(slope_K[free]).max() <= PRECISION * (1 + abs(value)):
            break
        step_K = np.zeros(len(x_K))
        step_K[free] = _newton_step(slope_K[free], curve_KK[np.ix_(free, free)])
        size = 1.0
        for _ in range(HALVINGS):
            tried_K = np.clip(x_K + size * step_K, low_K, high_K)
            found = loss(tried_K)
            if found[0] < value + 1e-4 * float(slope_K @ (tried_K - x_K)):
                break
            size /= 2
        else:
            break
        x_K, (value, slope_K, curve_KK) = tried_K, found
    return np.asarray(x_K)


def _newton_step(slope_F: Floats, curve_FF: Floats) -> Floats:
    """Solve for the step; a little ridge keeps flat directions from running away."""
    ridge = 1e-12 * max(1e-300, float(np.trace(curve_FF)))
    return np.asarray(-np.linalg.solve(curve_FF + ridge * np.eye(len(slope_F)), slope_F))


def logistic(features_NK: Floats, target_N: Floats) -> Convex:
    """Return the mean cross-entropy of ``sigmoid(features @ x)``, with both derivatives.

    Args:
        features_NK: one row an observation.
        target_N: probabilities to be met, in [0, 1].
    """

    def loss(x_K: Floats) -> tuple[float, Floats, Floats]:
        z_N = features_NK @ x_K
        rows = max(1, len(z_N))
        value = float((np.logaddexp(0.0, z_N) - target_N * z_N).sum()) / rows
        p_N = np.exp(-np.logaddexp(0.0, -z_N))
        slope_K = features_NK.T @ (p_N - target_N) / rows
        weighted_NK = features_NK * (p_N * (1 - p_N))[:, None]
        return value, slope_K, weighted_NK.T @ features_NK / rows

    return loss


def softmax(z_NC: Floats, target_NC: Floats) -> Convex:
    """Return the mean cross-entropy of ``softmax(s * z + b)``, with both derivatives.

    The parameters are the slopes ``s`` of all classes, then their biases ``b``.
    """
    rows, classes = max(1, len(z_NC)), z_NC.shape[1]

    def loss(x_K: Floats) -> tuple[float, Floats, Floats]:
        y_NC = z_NC * x_K[:classes] + x_K[classes:]
        y_NC -= y_NC.max(axis=1, keepdims=True)
        e_NC = np.exp(y_NC)
        whole_N1 = e_NC.sum(axis=1, keepdims=True)
        value = float((target_NC * (np.log(whole_N1) - y_NC)).sum()) / rows
        p_NC = e_NC / whole_N1
        off_NC, pz_NC = p_NC - target_NC, p_NC * z_NC
        slope_K = np.concatenate([(off_NC * z_NC).sum(axis=0), off_NC.sum(axis=0)]) / rows
        both_NK = np.concatenate([pz_NC, p_NC], axis=1)
        curve_KK = -both_NK.T @ both_NK
        diagonal, c = np.arange(classes), classes
        curve_KK[diagonal, diagonal] += (pz_NC * z_NC).sum(axis=0)
        curve_KK[diagonal, c + diagonal] += pz_NC.sum(axis=0)
        curve_KK[c + diagonal, diagonal] += pz_NC.sum(axis=0)
        curve_KK[c + diagonal, c + diagonal] += p_NC.sum(axis=0)
        return value, slope_K, curve_KK / rows

    return loss
