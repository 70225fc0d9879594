from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import precision_recall_curve

from evenhand.evaluate.plots import (
    Series,
    Words,
    draw_dumbbells,
    draw_precision_recall,
    draw_reliability,
    draw_training,
    precision_recall,
    printable,
    reliability_bins,
    thin,
    wilson,
)

WORDS = Words("plot", "A title", "A description.")


def interval(value: float | None) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def rows(*names: str) -> list[dict[str, object]]:
    return [
        {"name": n, "support": 1234, "f1": interval(0.6), "f1_half": interval(0.4)} for n in names
    ]


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter("text")]


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


def test_reliability_bins_by_hand() -> None:
    probs_NC = np.array([[0.1, 0.95], [0.15, 1.0], [0.12, 0.97]])
    truth_NC = np.array([[0, 1], [1, 1], [np.nan, 0]], dtype=np.float32)
    low, high = reliability_bins(probs_NC, truth_NC)
    assert (low.low, low.high, low.count, low.observed) == (0.1, 0.2, 2, 0.5)
    assert low.predicted == pytest.approx(0.125)
    assert (high.low, high.high, high.count) == (0.9, 1.0, 3)
    assert high.observed == pytest.approx(2 / 3)


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


def test_printable_drops_control_characters_and_cuts() -> None:
    assert printable("a\x00b\n", 9) == "a\ufffdb\ufffd"
    assert printable("abcdef", 4) == "abc…"


def test_dumbbells_keep_text_as_text_and_need_no_markup_of_their_own() -> None:
    svg = draw_dumbbells(rows("<b>&amp;", "$x_1$", "日本語", "a\x01b"), WORDS)
    found = texts(svg)
    assert {"<b>&amp;", "$x_1$", "日本語", "a\ufffdb", "1,234", "rows"} <= set(found)
    assert "<b>" not in svg


def test_an_undefined_class_draws_no_point() -> None:
    bare = {"name": "a", "support": 0, "f1": interval(None), "f1_half": interval(None)}
    assert draw_dumbbells([bare], WORDS).count("<use") < draw_dumbbells(rows("a"), WORDS).count(
        "<use"
    )


def test_plots_take_their_colours_from_the_page() -> None:
    svg = draw_dumbbells(rows("a"), WORDS)
    assert "var(--accent)" in svg
    assert "currentColor" in svg
    assert "#00000" not in svg
    assert "#fff" not in svg
    assert "font-family" not in svg
    assert "DejaVu" not in svg


def test_plots_are_named_for_those_who_cannot_see_them() -> None:
    root = ElementTree.fromstring(draw_reliability(reliability_bins(*two_by_two()), WORDS))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "plot-title plot-desc"
    assert [(e.tag, e.attrib["id"], e.text) for e in root[:2]] == [
        ("title", "plot-title", "A title"),
        ("desc", "plot-desc", "A description."),
    ]


def two_by_two() -> tuple[np.ndarray, np.ndarray]:
    return np.array([[0.2, 0.8], [0.4, 0.6]]), np.array([[0, 1], [1, 0]], dtype=np.float32)


def test_ids_carry_the_key_so_that_plots_can_share_a_page() -> None:
    curve = np.array([0.5, 1.0]), np.array([1.0, 0.5])
    drawn = [
        draw_precision_recall(*curve, Words(key, "t", "d"), prevalence=0.1, cut=(0.5, 1.0))
        for key in ("first", "second")
    ]
    ids = [
        {e.attrib["id"] for e in ElementTree.fromstring(svg).iter() if "id" in e.attrib}
        for svg in drawn
    ]
    assert ids[0]
    assert ids[0].isdisjoint(ids[1])


def test_drawing_is_deterministic_and_leaves_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    series = [Series("loss", np.arange(3.0), np.array([3.0, 2.0, 1.0]), "accent")]
    first = draw_training(series, WORDS, mark=1.0)
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "text.color": "red"}):
        assert draw_training(series, WORDS, mark=1.0) == first
    assert dict(mpl.rcParams) == before


def test_plots_load_nothing_and_hold_no_script() -> None:
    svg = draw_training([Series("x", np.arange(3.0), np.arange(3.0), "faint")], WORDS)
    assert "http" not in svg
    assert "<script" not in svg
    assert "<style" not in svg
