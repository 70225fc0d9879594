"""Summary features by hand, and the regressions over them against scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from evenhand.data.series import Frames, Windows
from evenhand.evaluate import baselines_series
from evenhand.evaluate.baselines_series import fit_features, fit_summary, summary_features
from evenhand.types import LabelSpace, Role, Task

nan = np.nan
LABELS = LabelSpace(("rest", "move"), Task.MULTICLASS)


def windows_over(
    values: dict[str, np.ndarray], known: dict[str, np.ndarray], spans: list[tuple[int, int]]
) -> Windows:
    total = len(next(iter(values.values())))
    frames = Frames(values, known, np.array([0, total]), ("r",))
    first_N, end_N = np.array(spans).T
    nothing_N = np.full(len(spans), nan)
    return Windows(
        frames, first_N, end_N, np.zeros(len(spans), int), nothing_N.astype(np.float32), nothing_N
    )


def test_features_of_a_window_by_hand() -> None:
    x_F1 = np.array([[1.0], [3.0], [2.0], [6.0]], np.float32)
    windows = windows_over({"x": x_F1}, {"x": np.ones(4, bool)}, [(0, 4)])
    # Slope: times -1.5 -0.5 0.5 1.5 against values, 7 over 5; changes 2, 1, 4.
    expected = [3.0, np.sqrt(3.5), 1.0, 6.0, 6.0, 1.4, 7 / 3, 1.0]
    np.testing.assert_allclose(summary_features(windows), [expected], rtol=1e-12)


def test_frames_that_are_not_known_say_nothing() -> None:
    x_F1 = np.array([[1.0], [99.0], [3.0], [5.0], [99.0]], np.float32)
    known_F = np.array([True, False, True, True, False])
    windows = windows_over({"x": x_F1}, {"x": known_F}, [(0, 5)])
    # Slope over the times 0, 2, 3: (-5/3 * -2 + 1/3 * 0 + 4/3 * 2) / (42/9); one neighbouring pair.
    expected = [3.0, np.sqrt(8 / 3), 1.0, 5.0, 5.0, 9 / 7, 2.0, 0.6]
    np.testing.assert_allclose(summary_features(windows), [expected], rtol=1e-12)


def test_what_too_few_frames_cannot_say_is_missing() -> None:
    x_F1 = np.array([[4.0], [7.0], [8.0]], np.float32)
    known_F = np.array([False, True, False])
    found = summary_features(windows_over({"x": x_F1}, {"x": known_F}, [(0, 3), (0, 1)]))
    np.testing.assert_array_equal(found[0], [7.0, 0.0, 7.0, 7.0, 7.0, nan, nan, 1 / 3])
    np.testing.assert_array_equal(found[1], [nan] * 7 + [0.0])


def test_streams_stand_side_by_side_and_windows_may_differ_in_length(monkeypatch) -> None:
    random = np.random.default_rng(0)
    values = {
        "a": random.normal(size=(30, 2)).astype(np.float32),
        "b": random.normal(size=(30, 1)).astype(np.float32),
    }
    known = {name: np.ones(30, bool) for name in values}
    spans = [(0, 10), (5, 9), (3, 13), (20, 24), (7, 17)]
    whole = summary_features(windows_over(values, known, spans))
    assert whole.shape == (5, 7 * 3 + 2)
    monkeypatch.setattr(baselines_series, "PORTION", 1)
    np.testing.assert_array_equal(summary_features(windows_over(values, known, spans)), whole)
    for row, (first, end) in zip(whole, spans, strict=True):
        part_LD = values["a"][first:end].astype(np.float64)
        np.testing.assert_allclose(row[:2], part_LD.mean(axis=0), rtol=1e-12)
        slopes = [np.polyfit(np.arange(end - first), part_L, 1)[0] for part_L in part_LD.T]
        np.testing.assert_allclose(row[10:12], slopes, rtol=1e-9, atol=1e-12)


def noisy(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    moving_N = random.random(rows) < 0.3
    features_NV = random.normal(size=(rows, 5)) + moving_N[:, None] * [1, 0, 0, 0, 2]
    return features_NV, np.eye(2, dtype=np.float32)[moving_N.astype(int)]


def test_probabilities_are_those_of_scikit_learns_regression() -> None:
    features_NV, truth_NC = noisy()
    fitted = fit_features(features_NV, truth_NC, labels=LABELS)
    ids = [str(i) for i in range(len(truth_NC))]
    ours = fitted.scored(features_NV, truth_NC, ids=ids, role=Role.TUNE).probs()
    standard_NV = StandardScaler().fit_transform(features_NV)
    theirs = (
        LogisticRegression(tol=1e-8).fit(standard_NV, truth_NC[:, 1]).predict_proba(standard_NV)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_missing_feature_counts_as_the_mean_and_a_constant_one_says_nothing() -> None:
    features_NV, truth_NC = noisy()
    features_NV[:, 2] = 7.0
    holed_NV = features_NV.copy()
    holed_NV[::3, 0] = nan
    fitted = fit_features(holed_NV, truth_NC, labels=LABELS)
    assert fitted.mean_V[0] == pytest.approx(np.nanmean(holed_NV[:, 0]))
    assert (fitted.weights_VC[2] == 0).all()
    asked = np.stack([features_NV[0], features_NV[0]])
    asked[0, 0], asked[1, 0] = nan, fitted.mean_V[0]
    asked[1, 2] = -1e6
    logits = fitted.scored(asked, truth_NC[:2], ids=["a", "b"], role=Role.TUNE).scores.values_NC
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-12)


def test_a_label_that_all_rows_have_keeps_its_log_odds() -> None:
    features_NV, _ = noisy(20)
    truth_NC = np.tile(np.float32([0, 1]), (20, 1))
    fitted = fit_features(features_NV, truth_NC, labels=LABELS)
    assert (fitted.weights_VC == 0).all()
    np.testing.assert_allclose(fitted.bias_C, np.log([0.5 / 20.5, 20.5 / 0.5]))


def test_windows_are_fitted_and_scored_by_their_summary() -> None:
    random = np.random.default_rng(3)
    x_F1 = random.normal(size=(400, 1)).astype(np.float32)
    moving_N = np.arange(40) % 2 == 1
    x_F1 += 5 * np.repeat(moving_N, 10)[:, None]
    windows = windows_over(
        {"x": x_F1}, {"x": np.ones(400, bool)}, [(10 * i, 10 * i + 10) for i in range(40)]
    )
    truth_NC = np.eye(2, dtype=np.float32)[moving_N.astype(int)]
    fitted = fit_summary(windows, truth_NC, labels=LABELS)
    scored = fitted.predictions(windows, truth_NC, ids=[str(i) for i in range(40)], role=Role.TUNE)
    assert (scored.probs().argmax(axis=1) == moving_N).all()
