import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_curve

from evenhand.evaluate.report_curves import bins_of, precision_recall, thin, wilson


def test_precision_recall_by_hand() -> None:
    truth_N = np.array([1, 0, 1, 0], dtype=np.float32)
    recall_K, precision_K = precision_recall(truth_N, np.array([0.9, 0.8, 0.7, 0.1]))
    assert recall_K.tolist() == [0.5, 1.0]
    assert precision_K.tolist() == [1.0, 2 / 3]


def test_tied_scores_are_one_cut() -> None:
    recall_K, precision_K = precision_recall(np.array([1.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5]))
    assert recall_K.tolist() == [1.0]
    assert precision_K.tolist() == [2 / 3]


def test_unknown_truth_is_left_out() -> None:
    recall_K, precision_K = precision_recall(
        np.array([1.0, np.nan, 0.0]), np.array([0.2, 0.9, 0.1])
    )
    assert recall_K.tolist() == [1.0]
    assert precision_K.tolist() == [1.0]


def test_a_class_without_positives_has_no_curve() -> None:
    recall_K, precision_K = precision_recall(np.zeros(3), np.array([0.1, 0.2, 0.3]))
    assert len(recall_K) == len(precision_K) == 0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=60).filter(
        lambda pairs: any(positive for positive, _ in pairs)
    )
)
def test_every_point_is_one_that_scikit_learn_finds(pairs: list[tuple[bool, int]]) -> None:
    truth_N = np.array([p for p, _ in pairs], dtype=np.float64)
    score_N = np.array([s for _, s in pairs], dtype=np.float64)
    precision, recall, _ = precision_recall_curve(truth_N, score_N)
    best = {}
    for p, r in zip(precision[:-1], recall[:-1], strict=True):
        if r > 0:
            best[round(float(r), 9)] = max(float(p), best.get(round(float(r), 9), 0.0))
    recall_K, precision_K = precision_recall(truth_N, score_N, points=1000)
    assert [round(float(r), 9) for r in recall_K] == sorted(best)
    np.testing.assert_allclose(precision_K, [best[r] for r in sorted(best)])


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    rng = np.random.default_rng(0)
    truth_N = (rng.random(5000) < 0.4).astype(np.float64)
    recall_K, _ = precision_recall(truth_N, rng.random(5000), points=50)
    assert len(recall_K) <= 50
    assert recall_K[-1] == 1.0
    assert (np.diff(recall_K) > 0).all()


def test_bins_keep_their_edges_and_have_wilson_intervals() -> None:
    curve = {"forecast": [0.05, 1.0], "observed": [0.0, 0.75], "count": [5.0, 4.0]}
    low, high = bins_of(curve, level=0.95, bins=10)
    assert (low.low, low.high, low.count, low.observed) == (0, 0.1, 5, 0)
    assert low.observed_low == pytest.approx(0, abs=1e-12)
    assert (high.low, high.high, high.predicted) == (0.9, 1.0, 1.0)
    assert (high.observed_low, high.observed_high) == wilson(0.75, 4, 0.95)


@pytest.mark.parametrize(("hits", "count"), [(0, 5), (5, 5), (3, 10), (40, 1000)])
def test_wilson_agrees_with_scipy(hits: int, count: int) -> None:
    expected = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    assert wilson(hits / count, count, 0.95) == pytest.approx((expected.low, expected.high))


def test_thinning_averages_neighbours_and_leaves_short_series_alone() -> None:
    x, y = thin(np.arange(6.0), np.array([0.0, 2, 4, 6, 8, 10]), points=3)
    assert x.tolist() == [0.5, 2.5, 4.5]
    assert y.tolist() == [1.0, 5.0, 9.0]
    same, _ = thin(np.arange(3.0), np.arange(3.0), points=3)
    assert same.tolist() == [0, 1, 2]
