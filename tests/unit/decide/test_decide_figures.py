import numpy as np
import pytest

from evenhand.decide import crossfit, fit_and_crossfit, fit_decision
from evenhand.decide.f1 import count, f1_of
from evenhand.decide.figures import label_differences, label_figures
from evenhand.decide.ladder import Ladder
from evenhand.decide.price import price_demands
from evenhand.decide.spread import _resampled_cuts
from evenhand.decide.thresholds import best_cut
from evenhand.decide.wish import Wish
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
TRUTH_N = np.array([1, 1, 1, 0, 0, 0, 0, np.nan], dtype=np.float32)
GIVEN_N = np.array([1, 1, 0, 1, 0, 0, 0, 1], dtype=bool)


def predictions(task=ML, rows=400):
    rng = np.random.default_rng(0)
    share_C = np.array([0.55, 0.3, 0.15])
    if task is ML:
        truth_NC = (rng.random((rows, 3)) < share_C).astype(np.float32)
    else:
        truth_NC = np.eye(3, dtype=np.float32)[rng.choice(3, size=rows, p=share_C)]
    z_NC = 1.5 * rng.normal(size=(rows, 3)) + 3 * truth_NC + 2 * np.log(share_C)
    labels = LabelSpace(("joy", "calm", "fear"), task)
    return Predictions(tuple(map(str, range(rows))), Logits(z_NC), truth_NC, labels, Role.TUNE)


def test_figures_by_hand():
    measured = label_figures(TRUTH_N, GIVEN_N)
    assert (measured.rows, measured.positives, measured.hits, measured.given) == (7, 3, 2, 3)
    values = {name: figure.value for name, figure in measured.figures.items()}
    assert values == pytest.approx(
        {"recall": 2 / 3, "precision": 2 / 3, "f1": 2 / 3, "fpr": 1 / 4, "alerts": 3 / 7}
    )


def test_intervals_are_those_of_resampled_rows():
    rng = np.random.default_rng(4)
    truth_N = (rng.random(500) < 0.2).astype(np.float32)
    given_N = rng.random(500) < np.where(truth_N == 1, 0.7, 0.1)
    recalls, precisions = [], []
    for _ in range(2000):
        rows_N = rng.integers(0, 500, size=500)
        t_N, g_N = truth_N[rows_N] == 1, given_N[rows_N]
        recalls.append((t_N & g_N).sum() / t_N.sum())
        precisions.append((t_N & g_N).sum() / g_N.sum())
    measured = label_figures(truth_N, given_N, resamples=4000).figures
    for name, drawn in (("recall", recalls), ("precision", precisions)):
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert (measured[name].low, measured[name].high) == pytest.approx((low, high), abs=0.012)


def test_a_difference_is_paired():
    same = label_differences(TRUTH_N, GIVEN_N, GIVEN_N)
    assert {(f.value, f.low, f.high) for f in same.values()} == {(0.0, 0.0, 0.0)}
    none_N = np.zeros(8, dtype=bool)
    none_N[0] = True
    difference = label_differences(TRUTH_N, GIVEN_N, none_N)
    assert difference["recall"].value == pytest.approx(1 / 3)
    assert difference["precision"].value == pytest.approx(2 / 3 - 1)
    assert difference["alerts"].value == pytest.approx(2 / 7)


def test_what_is_not_defined_is_none():
    figures = label_figures(np.full(3, np.nan, dtype=np.float32), np.zeros(3, dtype=bool)).figures
    assert {figure.value for figure in figures.values()} == {None}
    figures = label_figures(np.zeros(4, dtype=np.float32), np.zeros(4, dtype=bool)).figures
    assert (figures["recall"].value, figures["precision"].value) == (None, None)
    assert figures["alerts"].value == 0


def test_resampled_cuts_are_those_of_resampled_rows():
    rng = np.random.default_rng(5)
    truth_N = (rng.random(400) < 0.3).astype(np.float32)
    scores_N = np.round(rng.normal(truth_N), 2)
    drawn_B = _resampled_cuts(Ladder.of(scores_N, truth_N), Wish(), 3000, 0)
    rows_BN = rng.integers(0, 400, size=(1500, 400))
    plain_B = [best_cut(scores_N[r], truth_N[r])[0] for r in rows_BN]
    shares = [0.05, 0.25, 0.5, 0.75, 0.95]
    np.testing.assert_allclose(
        np.quantile(drawn_B, shares), np.quantile(plain_B, shares), atol=0.06
    )


@pytest.mark.parametrize("task", [ML, MC])
@pytest.mark.parametrize(
    "settings",
    [{}, {"cuts": "global"}, {"micro": 0.5}, {"recall": {"fear": 0.9}, "cuts": "fixed"}],
)
def test_an_interval_holds_the_value_of_a_fitted_cut(task, settings):
    decision = fit_decision(predictions(task), shrink="none", resamples=40, **settings)
    for cut in decision.cuts:
        if cut.source == "fixed":
            assert (cut.low, cut.high) == (None, None)
        else:
            assert cut.low <= cut.high
            assert cut.low - 0.3 <= cut.value <= cut.high + 0.3
    assert decision == fit_decision(predictions(task), shrink="none", resamples=40, **settings)


def test_more_rows_give_a_narrower_interval():
    wide, narrow = (
        fit_decision(predictions(rows=rows), resamples=100, shrink="none").cuts[0]
        for rows in (100, 3000)
    )
    assert narrow.high - narrow.low < wide.high - wide.low


def test_no_resamples_no_interval():
    assert {cut.low for cut in fit_decision(predictions()).cuts} == {None}


def test_optimism_of_each_label_is_the_difference_of_two_f1():
    tune = predictions()
    decision, crossed = fit_and_crossfit(tune)
    own_C = f1_of(count(tune.truth_NC, decision.decide(tune.scores)))
    other_C = f1_of(count(tune.truth_NC, crossfit(tune).decided_NC))
    np.testing.assert_array_equal(crossed.decided_NC, crossfit(tune).decided_NC)
    np.testing.assert_allclose([cut.optimism for cut in decision.cuts], own_C - other_C)


@pytest.mark.parametrize("task", [ML, MC])
def test_the_price_of_a_demand(task):
    tune, settings = predictions(task), {"recall": {"fear": 0.97}}
    decision, crossed = fit_and_crossfit(tune, **settings)
    (price,) = price_demands(decision, crossed, tune, **settings)
    assert (price.label, price.demands, price.value) == (
        "fear",
        {"recall": 0.97},
        decision.cuts[2].value,
    )
    assert price.in_sample.figures["recall"].value >= 0.97
    plain_NC, t_N = crossfit(tune).decided_NC, tune.truth_NC[:, 2] == 1
    assert price.without.given == plain_NC[:, 2].sum()
    assert price.cross_fitted.hits == (crossed.decided_NC[:, 2] & t_N).sum()
    first, *rest = price.words(task)
    assert first.startswith("fear, recall >= 0.97: give it")
    text = "\n".join(rest)
    for words in ("rows that did not choose", "without the demand", "alerts", "precision", "F1"):
        assert words in text


def test_without_demands_there_is_no_price():
    tune = predictions()
    assert price_demands(*fit_and_crossfit(tune), tune) == []
