"""The baseline of series: a few numbers that sum up a window, with logistic regression.

Of every number of every stream, over the frames at which it is known: mean, spread, smallest,
largest, last, slope, and mean change from frame to frame. A network must beat what these say.
Shapes: N windows, K of a portion, L frames of a window, D numbers of a stream, V features,
C labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.data.series import Windows
from evenhand.evaluate.metrics import divide
from evenhand.types import Floats, LabelSpace, Logits, Predictions, Role, Task, Truth

SUMMARY = "summary features + logistic regression"
"""Its name in every table."""
PORTION = 4_000_000
"""Numbers that are summed up at a time, so that memory stays bounded."""
CONSTANT = 1e-9
"""Spread, as a share of the mean, below which a feature is held to be constant."""
MOST_NEWTON = 2_000
"""Features up to which Newton's method is used: exact in a few steps, by a V x V matrix."""
MOST_STEPS = 2_000

Known = NDArray[np.bool_]


def summary_features(windows: Windows) -> Floats:
    """Return the features of windows, float64, ``(N, V)``.

    ``V`` is ``7 D + 1`` a stream: seven a number, and the share of known frames. NaN where no
    frame is known, or, for the slope and the change, too few: a slope takes two known frames, a
    change two neighbouring ones.
    """
    widths = [values_FD.shape[1] for values_FD in windows.frames.values.values()]
    features_NV = np.full((len(windows), sum(7 * width + 1 for width in widths)), np.nan)
    for rows_K, places_KL in _portions(windows, widest=max(widths)):
        parts = [
            _of_stream(values_FD[places_KL], windows.frames.known[stream][places_KL])
            for stream, values_FD in windows.frames.values.items()
        ]
        features_NV[rows_K] = np.concatenate(parts, axis=1)
    return features_NV


def _portions(
    windows: Windows, *, widest: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield windows of one length, some at a time, and the positions of their frames."""
    length_N = windows.lengths()
    for length in np.unique(length_N).tolist():
        rows_M = np.flatnonzero(length_N == length)
        step = max(1, PORTION // max(1, length * widest))
        for first in range(0, len(rows_M), step):
            rows_K = rows_M[first : first + step]
            yield rows_K, windows.first_N[rows_K][:, None] + np.arange(length)


def _of_stream(values_KLD: NDArray[np.float32], known_KL: Known) -> Floats:
    """Return the features of one stream, ``(K, 7 D + 1)``."""
    x_KLD = values_KLD.astype(np.float64)
    mask_KL1 = known_KL[:, :, None]
    count_K1 = known_KL.sum(axis=1, dtype=np.float64)[:, None]
    mean_KD = divide(np.where(mask_KL1, x_KLD, 0.0).sum(axis=1), count_K1)
    centred_KLD = np.where(mask_KL1, x_KLD - mean_KD[:, None], 0.0)
    spread_KD = np.sqrt(divide((centred_KLD**2).sum(axis=1), count_K1))
    return np.concatenate(
        [
            mean_KD,
            spread_KD,
            _or_nan(np.where(mask_KL1, x_KLD, np.inf).min(axis=1), count_K1),
            _or_nan(np.where(mask_KL1, x_KLD, -np.inf).max(axis=1), count_K1),
            _last(x_KLD, known_KL),
            _slope(centred_KLD, known_KL),
            _change(x_KLD, known_KL),
            count_K1 / known_KL.shape[1],
        ],
        axis=1,
    )


def _or_nan(values_KD: Floats, count_K1: Floats) -> Floats:
    return np.where(count_K1 > 0, values_KD, np.nan)


def _last(x_KLD: Floats, known_KL: Known) -> Floats:
    """Return the values at the last known frame."""
    from_end_K = known_KL[:, ::-1].argmax(axis=1)
    last_KD = x_KLD[np.arange(len(x_KLD)), known_KL.shape[1] - 1 - from_end_K]
    return np.where(known_KL.any(axis=1, keepdims=True), last_KD, np.nan)


def _slope(centred_KLD: Floats, known_KL: Known) -> Floats:
    """Return the slope of the least-squares line, per frame; NaN below two known frames."""
    time_L = np.arange(known_KL.shape[1], dtype=np.float64)
    mean_K1 = divide((known_KL * time_L).sum(axis=1), known_KL.sum(axis=1))[:, None]
    apart_KL = np.where(known_KL, time_L - mean_K1, 0.0)
    return divide(
        np.einsum("kl,kld->kd", apart_KL, centred_KLD), (apart_KL**2).sum(axis=1)[:, None]
    )


def _change(x_KLD: Floats, known_KL: Known) -> Floats:
    """Return the mean absolute difference of neighbouring frames that are both known."""
    both_KL = known_KL[:, 1:] & known_KL[:, :-1]
    moved_KLD = np.where(both_KL[:, :, None], np.abs(np.diff(x_KLD, axis=1)), 0.0)
    return divide(moved_KLD.sum(axis=1), both_KL.sum(axis=1)[:, None])


@dataclass(frozen=True)
class SummaryBaseline:
    """One logistic regression a label over standardised features.

    Args:
        mean_V: of the fit windows, over those that have the feature; 0 without any.
        spread_V: likewise; infinite for a feature that never changes, so that it says nothing.
        weights_VC: float64.
        bias_C: float64; for a label with one value in the fit rows its log-odds.
        labels: the label space.
    """

    mean_V: Floats
    spread_V: Floats
    weights_VC: Floats
    bias_C: Floats
    labels: LabelSpace

    def predictions(
        self, windows: Windows, truth_NC: Truth, *, ids: Sequence[str], role: Role
    ) -> Predictions:
        """Score ``windows``; a missing feature counts as the fit windows' mean.

        Multi-class logits are the log-probabilities of the separate regressions, so that softmax
        normalises those over the row.
        """
        return self.scored(summary_features(windows), truth_NC, ids=ids, role=role)

    def scored(
        self, features_NV: Floats, truth_NC: Truth, *, ids: Sequence[str], role: Role
    ) -> Predictions:
        """Score windows by features that are computed already."""
        scores_NC = self.bias_C + self._standard(features_NV) @ self.weights_VC
        if self.labels.task is Task.MULTICLASS:
            scores_NC = -np.logaddexp(0.0, -scores_NC)
        return Predictions(tuple(ids), Logits(scores_NC), truth_NC, self.labels, role)

    def _standard(self, features_NV: Floats) -> Floats:
        return standardised(features_NV, self.mean_V, self.spread_V)


def fit_summary(windows: Windows, truth_NC: Truth, *, labels: LabelSpace) -> SummaryBaseline:
    """Fit the baseline of series.

    No class weights, and scikit-learn's default strength, as for counted words.

    Args:
        windows: of the fit rows.
        truth_NC: 0, 1 or NaN, ``(N, C)``.
        labels: names and task of the C columns.
    """
    return fit_features(summary_features(windows), truth_NC, labels=labels)


def fit_features(features_NV: Floats, truth_NC: Truth, *, labels: LabelSpace) -> SummaryBaseline:
    """Fit the baseline to features that are computed already; as ``fit_summary``."""
    mean_V, spread_V = _scale(features_NV)
    x_NV = standardised(features_NV, mean_V, spread_V)
    positives_C, negatives_C = (truth_NC == 1).sum(axis=0), (truth_NC == 0).sum(axis=0)
    bias_C = np.asarray(np.log(positives_C + 0.5) - np.log(negatives_C + 0.5))
    weights_VC = np.zeros((x_NV.shape[1], len(labels)))
    for c, truth_N in enumerate(truth_NC.T):
        known_K = np.flatnonzero(~np.isnan(truth_N))
        if len(np.unique(truth_N[known_K])) == 2:
            weights_VC[:, c], bias_C[c] = _regression(x_NV[known_K], truth_N[known_K])
    return SummaryBaseline(mean_V, spread_V, weights_VC, bias_C, labels)


def _scale(features_NV: Floats) -> tuple[Floats, Floats]:
    known_NV = ~np.isnan(features_NV)
    count_V = known_NV.sum(axis=0)
    mean_V = np.nan_to_num(divide(np.where(known_NV, features_NV, 0.0).sum(axis=0), count_V))
    gap_NV = np.where(known_NV, features_NV - mean_V, 0.0)
    spread_V = np.sqrt(np.nan_to_num(divide((gap_NV**2).sum(axis=0), count_V)))
    still_V = spread_V <= CONSTANT * np.maximum(np.abs(mean_V), CONSTANT)
    return mean_V, np.where(still_V, np.inf, spread_V)


def standardised(features_NV: Floats, mean_V: Floats, spread_V: Floats) -> Floats:
    """Return spreads from the mean, 0 where a feature is missing or never changes."""
    return np.nan_to_num((features_NV - mean_V) / spread_V, nan=0.0)


def _regression(x_NV: Floats, truth_N: Truth) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    solver = "newton-cholesky" if x_NV.shape[1] <= MOST_NEWTON else "lbfgs"
    model = LogisticRegression(solver=solver, max_iter=MOST_STEPS).fit(x_NV, truth_N)
    return model.coef_[0], float(model.intercept_[0])
