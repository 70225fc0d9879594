"""How far probabilities are from what happens: ECE, Brier with its parts, reliability curves."""
# Shapes: N rows, C classes, K forecasts, B bins.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.calibrate.calibrator import nll
from evenhand.types import Floats, Probs, Task, Truth

BINS = 15


@dataclass(frozen=True)
class ReliabilityCurve:
    """What was forecast and what happened, bin by bin; empty bins are left out.

    Args:
        forecast_B: mean probability of each bin.
        observed_B: share that came true.
        count_B: forecasts in each bin.
        within: variance of forecasts within bins, less twice their covariance with the truth.
    """

    forecast_B: Floats
    observed_B: Floats
    count_B: Floats
    within: float

    @property
    def error(self) -> float:
        """Expected calibration error: mean gap between the two, weighted by count; NaN if empty."""
        return _mean(np.abs(self.forecast_B - self.observed_B), self.count_B)

    def to_dict(self) -> dict[str, Any]:
        """Return columns for a plot: forecast, observed, count."""
        return {
            "forecast": self.forecast_B.tolist(),
            "observed": self.observed_B.tolist(),
            "count": self.count_B.tolist(),
        }


@dataclass(frozen=True)
class Brier:
    """Mean squared error of forecasts: ``reliability - resolution + uncertainty + within``.

    Args:
        score: in [0, 1], lower is better.
        reliability: gap between forecast and observed share of the bins; 0 is calibrated.
        resolution: how far the bins' observed shares lie from the overall share; higher tells
            more rows apart.
        uncertainty: ``share * (1 - share)``, which no model changes.
        within: what happens inside bins; 0 if each bin holds one forecast value.

    References:
        Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Stephenson, Coelho,
        Jolliffe 2008, doi:10.1175/2007WAF2006116.1, eq. 5 for ``within``.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def reliability_curve(
    p_K: Floats, y_K: Floats, *, bins: int = BINS, adaptive: bool = False
) -> ReliabilityCurve:
    """Sort forecasts into bins.

    Args:
        p_K: probabilities of an event, in [0, 1].
        y_K: whether it happened, 0 or 1.
        bins: how many, >= 1.
        adaptive: bins of equal counts (equal forecasts stay together) in place of equal widths.
    """
    if adaptive:
        inner = np.quantile(p_K, np.arange(1, bins) / bins) if len(p_K) else np.zeros(0)
        index_K = np.searchsorted(np.unique(inner), p_K, side="right")
    else:
        index_K = np.minimum((p_K * bins).astype(np.int64), bins - 1)
    count_B = np.bincount(index_K, minlength=bins).astype(np.float64)
    kept_B = count_B > 0
    size_B = np.maximum(count_B, 1.0)
    forecast_B = np.bincount(index_K, weights=p_K, minlength=bins) / size_B
    observed_B = np.bincount(index_K, weights=y_K, minlength=bins) / size_B
    off_K, hit_K = p_K - forecast_B[index_K], y_K - observed_B[index_K]
    within = float((off_K**2 - 2 * off_K * hit_K).mean()) if len(p_K) else float("nan")
    return ReliabilityCurve(forecast_B[kept_B], observed_B[kept_B], count_B[kept_B], within)


def brier(p_K: Floats, y_K: Floats, *, bins: int = BINS) -> Brier:
    """Return the mean squared error and its parts over bins of equal width; NaN if empty."""
    curve = reliability_curve(p_K, y_K, bins=bins)
    share = float(y_K.mean()) if len(y_K) else float("nan")
    return Brier(
        score=float(((p_K - y_K) ** 2).mean()) if len(y_K) else float("nan"),
        reliability=_mean((curve.forecast_B - curve.observed_B) ** 2, curve.count_B),
        resolution=_mean((curve.observed_B - share) ** 2, curve.count_B),
        uncertainty=share * (1 - share),
        within=curve.within,
    )


def calibration_error(
    probs: Probs, truth_NC: Truth, task: Task, *, bins: int = BINS, adaptive: bool = False
) -> float:
    """Return the expected calibration error, in [0, 1]; NaN if nothing is known.

    Multi-label: over all known cells. Multi-class: of the likeliest class alone, as in Guo et
    al. 2017. It can be small while rare labels are far off: see ``classwise_error``.
    """
    forecasts = _forecasts(probs, truth_NC, task)
    return reliability_curve(*forecasts, bins=bins, adaptive=adaptive).error


def classwise_error(
    probs: Probs, truth_NC: Truth, *, bins: int = BINS, adaptive: bool = False
) -> Floats:
    """Return the calibration error of each label against the rest, ``(C,)``; NaN if unknown."""
    columns = (_label(probs, truth_NC, c) for c in range(truth_NC.shape[1]))
    curves = [reliability_curve(*column, bins=bins, adaptive=adaptive) for column in columns]
    return np.array([curve.error for curve in curves])


def calibration_figures(
    probs: Probs, truth_NC: Truth, task: Task, *, bins: int = BINS
) -> dict[str, float | None]:
    """Return each measure that is one number; None where it is not defined.

    Log loss, calibration error (over equal widths, over equal counts, mean of the labels) and
    Brier score, as in ``calibration_measures``.
    """
    p_K, y_K = _forecasts(probs, truth_NC, task)
    classwise_C = classwise_error(probs, truth_NC, bins=bins)
    defined_C = classwise_C[~np.isnan(classwise_C)]
    return {
        "nll": nll(probs, truth_NC, task) if len(p_K) else None,
        "ece": _number(reliability_curve(p_K, y_K, bins=bins).error),
        "adaptive_ece": _number(reliability_curve(p_K, y_K, bins=bins, adaptive=True).error),
        "classwise_ece": float(defined_C.mean()) if len(defined_C) else None,
        "brier": _number(brier(p_K, y_K, bins=bins).score),
    }


def calibration_measures(
    probs: Probs, truth_NC: Truth, task: Task, *, bins: int = BINS
) -> dict[str, Any]:
    """Return every measure as plain values for JSON; None where one is not defined.

    ``brier`` and ``curve`` rest on the forecasts of ``calibration_error``; ``per_label`` has each
    label against the rest. ``classwise_ece`` is the mean over labels.
    """
    p_K, y_K = _forecasts(probs, truth_NC, task)
    classwise_C = classwise_error(probs, truth_NC, bins=bins)
    labels = [_label(probs, truth_NC, c) for c in range(truth_NC.shape[1])]
    return {
        "bins": bins,
        **calibration_figures(probs, truth_NC, task, bins=bins),
        "brier": _plain(brier(p_K, y_K, bins=bins)),
        "curve": reliability_curve(p_K, y_K, bins=bins).to_dict(),
        "per_label": [
            {
                "ece": _number(error),
                "brier": _plain(brier(*label, bins=bins)),
                "curve": reliability_curve(*label, bins=bins).to_dict(),
            }
            for error, label in zip(classwise_C.tolist(), labels, strict=True)
        ],
    }


def _forecasts(probs: Probs, truth_NC: Truth, task: Task) -> tuple[Floats, Floats]:
    """Return the forecasts that are judged and what happened, ``(K,)``."""
    known_NC = ~np.isnan(truth_NC)
    if task is Task.MULTILABEL:
        return probs.values_NC[known_NC], truth_NC[known_NC].astype(np.float64)
    known_N = known_NC.all(axis=1)
    p_NC, y_NC = probs.values_NC[known_N], truth_NC[known_N]
    rows, top_N = np.arange(len(p_NC)), p_NC.argmax(axis=1)
    return p_NC[rows, top_N], y_NC[rows, top_N].astype(np.float64)


def _label(probs: Probs, truth_NC: Truth, c: int) -> tuple[Floats, Floats]:
    known_N = ~np.isnan(truth_NC[:, c])
    return probs.values_NC[known_N, c], truth_NC[known_N, c].astype(np.float64)


def _mean(values_B: Floats, count_B: Floats) -> float:
    return float((values_B * count_B).sum() / count_B.sum()) if len(count_B) else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _plain(parts: Brier) -> dict[str, float | None]:
    return {name: _number(value) for name, value in vars(parts).items()}
