from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.config import parse_config
from evenhand.decide import Costs, crossfit, fit_decision
from evenhand.decide.aim import LARGEST_BETA, Aim
from evenhand.decide.biases import GAP, argmax_decision, best_biases, log_probs
from evenhand.decide.demands import demand_words, demanded_biases
from evenhand.decide.f1 import blend_of, count
from evenhand.decide.wish import Wish
from evenhand.errors import ConfigError, DataError
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

ML, MC = Task.MULTILABEL, Task.MULTICLASS
NAMES = ("joy", "calm", "fear", "grief")


def predictions(task=ML, *, rows=400, seed=0):
    rng = np.random.default_rng(seed)
    share_C = np.array([0.55, 0.3, 0.12, 0.03])
    if task is ML:
        truth_NC = (rng.random((rows, 4)) < share_C).astype(np.float32)
    else:
        truth_NC = np.eye(4, dtype=np.float32)[rng.choice(4, size=rows, p=share_C)]
    z_NC = 1.5 * rng.normal(size=(rows, 4)) + 3 * truth_NC + 2 * np.log(share_C)
    labels = LabelSpace(NAMES, task)
    return Predictions(tuple(map(str, range(rows))), Logits(z_NC), truth_NC, labels, Role.TUNE)


def table(seed, rows, classes, steps):
    rng = np.random.default_rng(seed)
    raw_NC = rng.integers(1, steps + 1, size=(rows, classes)).astype(float)
    share_C = rng.dirichlet(np.full(classes, 0.5))
    truth_NC = np.eye(classes, dtype=np.float32)[rng.choice(classes, size=rows, p=share_C)]
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), truth_NC


def biases_to_try(probs_NC, biases_C, c):
    adjusted_NC = log_probs(probs_NC) + biases_C
    rival_N = np.delete(adjusted_NC, c, axis=1).max(axis=1)
    critical = np.unique(rival_N - log_probs(probs_NC)[:, c])
    middles = [a + (b - a) / 2 for a, b in pairwise(critical) if b - a > GAP]
    for value in [critical[0] - 1, *middles, critical[-1] + 1]:
        moved_C = biases_C.copy()
        moved_C[c] = value
        yield moved_C


def spent(costs_CC, truth_NC, decided_NC):
    return costs_CC[truth_NC.argmax(axis=1), decided_NC.argmax(axis=1)].sum()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 30), st.integers(1, 20))
def test_two_classes_reach_the_least_cost_there_is(seed, rows, steps):
    probs_NC, truth_NC = table(seed, rows, 2, steps)
    costs_CC = np.array([[0.0, 1.0], [7.0, 0.0]])
    biases_C = best_biases(probs_NC, truth_NC, aim=Aim(costs_CC=costs_CC))
    tried = [np.zeros(2)]
    if truth_NC.any(axis=0).all():
        tried += biases_to_try(probs_NC, np.zeros(2), 0)
    best = min(spent(costs_CC, truth_NC, argmax_decision(probs_NC, b_C)) for b_C in tried)
    assert spent(costs_CC, truth_NC, argmax_decision(probs_NC, biases_C)) == best


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(3, 30),
    st.sampled_from([(1.0, 0.4), (2.0, 0.0), (0.5, 1.0), (1.0, None)]),
)
def test_no_single_bias_can_be_bettered_under_any_aim(seed, rows, kind):
    probs_NC, truth_NC = table(seed, rows, 3, 8)
    beta, micro = kind
    matrix_CC = np.random.default_rng(seed).integers(1, 9, size=(3, 3)).astype(float)
    np.fill_diagonal(matrix_CC, 0.0)
    aim = Aim(costs_CC=matrix_CC) if micro is None else Aim(beta=beta, micro=micro)

    def worth(b_C):
        decided_NC = argmax_decision(probs_NC, b_C)
        if micro is None:
            return -spent(matrix_CC, truth_NC, decided_NC)
        return blend_of(count(truth_NC, decided_NC), beta=beta, micro=micro)

    biases_C = best_biases(probs_NC, truth_NC, aim=aim)
    support_C = truth_NC.sum(axis=0)
    for c in np.flatnonzero(support_C):
        if c != support_C.argmax():
            for moved_C in biases_to_try(probs_NC, biases_C, c):
                assert worth(moved_C) <= worth(biases_C) + 1e-9


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(3, 30),
    st.sampled_from([{"recall": 0.7}, {"precision": 0.6}, {"fpr": 0.2}, {"alerts": 0.4}]),
)
def test_a_demand_on_one_class_equals_brute_force(seed, rows, demand):
    probs_NC, truth_NC = table(seed, rows, 3, 8)
    wish = Wish(**demand)
    aim = "precision" if "recall" in demand else "recall"

    def measured(b_C):
        hits_C, given_C, positives_C = count(truth_NC, argmax_decision(probs_NC, b_C))
        hits, given, positives = hits_C[1], given_C[1], positives_C[1]
        return {
            "hits": hits,
            "recall": hits / max(positives, 1),
            "precision": hits / max(given, 1),
            "fpr": (given - hits) / max(rows - positives, 1),
            "alerts": given / rows,
        }

    def met(m):
        ((kind, value),) = demand.items()
        sign = 1 if kind in ("recall", "precision") else -1
        return m["hits"] > 0 and sign * (m[kind] - value) >= -1e-12

    biases_C = demanded_biases(probs_NC, truth_NC, np.zeros(3), {1: wish})
    fine = [m for b_C in biases_to_try(probs_NC, np.zeros(3), 1) if met(m := measured(b_C))]
    if fine:
        reached = measured(biases_C)
        assert met(reached)
        assert reached[aim] == pytest.approx(max(m[aim] for m in fine), abs=1e-12)


@pytest.mark.parametrize("task", [ML, MC])
@pytest.mark.parametrize("cuts", ["fixed", "global", "per-label"])
def test_a_demand_holds_on_the_rows_that_chose_it(task, cuts):
    tune = predictions(task)
    plain = fit_decision(tune, cuts=cuts)
    decision = fit_decision(tune, cuts=cuts, recall={"grief": 0.9}, alerts={"fear": 0.1})
    decided_NC = decision.decide(tune.scores)
    hits_C, given_C, positives_C = count(tune.truth_NC, decided_NC)
    assert hits_C[3] / positives_C[3] >= 0.9
    assert given_C[2] <= 0.1 * len(tune)
    assert [cut.source for cut in decision.cuts[2:]] == ["demand", "demand"]
    assert decision.cuts[:2] == plain.cuts[:2] or task is MC
    assert decision.asked == {"recall": {"grief": 0.9}, "alerts": {"fear": 0.1}}


def test_what_cannot_be_met_says_how_near_it_gets():
    tune = predictions()
    with pytest.raises(DataError, match=r"\[E214\] a demand on 'grief' cannot be met") as caught:
        fit_decision(tune, precision={"grief": 0.999}, recall={"grief": 0.9})
    assert "recall >= 0.9 and precision >= 0.999; the nearest cut has precision" in str(
        caught.value
    )
    tune.scores.values_NC[np.flatnonzero(tune.truth_NC[:, 0] == 0)[0], 0] = 99.0
    with pytest.raises(
        DataError, match=r"\[E214\].*\n.*\n  fix: demand less \(precision"
    ) as caught:
        fit_decision(tune, calibrate="none", precision={"joy": 0.9999})
    near = float(str(caught.value).split("(precision ")[1].split()[0])
    fit_decision(tune, calibrate="none", precision={"joy": near})


def test_a_label_without_positives_can_meet_nothing():
    tune = predictions()
    tune.truth_NC[:, 3] = 0
    with pytest.raises(DataError, match=r"\[E214\].*\n.*0 positives\n  fix: pass rows that carry"):
        fit_decision(tune, recall={"grief": 0.5})


def test_a_limit_under_which_no_alert_is_right_is_refused():
    tune = predictions()
    with pytest.raises(DataError, match=r"\[E214\].*\n  got: alerts <= 0 \(0\.01% of 400 rows\);"):
        fit_decision(tune, alerts={"grief": 0.0001})


def test_a_demand_that_another_rule_undoes_is_refused():
    tune = predictions()
    with pytest.raises(DataError, match=r"\[E214\] a demand on 'joy'.*\n.*\n  fix: drop exclusive"):
        fit_decision(tune, recall={"joy": 0.99}, exclusive="joy")


def test_folds_take_what_is_nearest():
    tune = predictions(rows=60)
    crossed = crossfit(tune, precision={"grief": 0.99})
    assert crossed.decided_NC.shape == (60, 4)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"recall": {"greif": 0.9}}, DataError, r"\[E201\].*\n.*\n  fix: did you mean 'grief'"),
        ({"recall": {"grief": 1.2}}, ConfigError, r"\[E102\] recall.grief is out of range"),
        ({"precision": {"grief": 0.0}}, ConfigError, r"\[E102\] precision.grief"),
        ({"fpr": {"grief": 1.0}}, ConfigError, r"\[E102\] fpr.grief.*\n.*\n.*\[0, 1\)"),
        ({"beta": 0.0}, ConfigError, r"\[E102\] beta"),
        ({"beta": 1e300}, ConfigError, r"\[E102\] beta.*\n  got: beta = 1e\+300\n  fix: .* 1000;"),
        ({"beta": float("nan")}, ConfigError, r"\[E102\] beta"),
        ({"micro": 1.5}, ConfigError, r"\[E102\] micro"),
        ({"grid": "fine"}, ConfigError, r"\[E102\] grid"),
        ({"resamples": -1}, ConfigError, r"\[E102\] resamples"),
        ({"exclusive": "jo"}, DataError, r"\[E201\].*\n.*\n  fix: did you mean 'joy'"),
        (
            {"recall": {"joy": 0.9}, "costs": Costs(sides={"joy": (1.0, 2.0)})},
            ConfigError,
            r"\[E105\] a label has costs and a demand",
        ),
        (
            {"costs": Costs(matrix={"joy": {"calm": 2.0}})},
            ConfigError,
            r"\[E105\] a cost matrix is for data with one label a row",
        ),
        ({"costs": Costs(sides={"jo": (1.0, 2.0)})}, DataError, r"\[E201\]"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        fit_decision(predictions(rows=30), **settings)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("recall", 0.95, "recall >= 0.95"),
        ("fpr", 0.1, "fpr <= 0.1"),
        ("alerts", 1 / 630, "alerts <= 1 (0.1587% of 630 rows)"),
        ("alerts", 0.02, "alerts <= 12 (2% of 630 rows)"),
        ("alerts", 49 / 630, "alerts <= 49 (7.778% of 630 rows)"),
    ],
)
def test_a_demand_is_told_as_it_was_asked(kind, value, words):
    assert demand_words(kind, value, 630) == words


@pytest.mark.parametrize("build", [Aim, Wish])
@pytest.mark.parametrize("beta", [0.0, -1.0, 1000.5, 1e300, float("inf"), float("nan")])
def test_no_aim_and_no_wish_has_a_beta_that_drowns_the_counts(build, beta):
    with pytest.raises(ConfigError, match=r"\[E102\] beta is out of range"):
        build(beta=beta)


def test_the_largest_beta_is_that_of_a_run_file():
    assert parse_config({"decision": {"beta": LARGEST_BETA}}, source="test").decision.beta == 1000
    with pytest.raises(ConfigError, match=r"\[E102\].*\n  got: decision\.beta = 1000\.5"):
        parse_config({"decision": {"beta": LARGEST_BETA + 0.5}}, source="test")


def test_the_largest_and_a_tiny_beta_do_their_work():
    tune = predictions()
    most = fit_decision(tune, beta=LARGEST_BETA, shrink="none").decide(tune.scores)
    least = fit_decision(tune, beta=1e-300, shrink="none").decide(tune.scores)
    assert most.sum() > fit_decision(tune, shrink="none").decide(tune.scores).sum() > least.sum()


@pytest.mark.parametrize(
    "settings", [{"at_least_one": True}, {"exclusive": "joy"}, {"grid": "wide"}]
)
def test_multilabel_rules_are_refused_for_multiclass(settings):
    with pytest.raises(ConfigError, match=r"\[E105\] \w+ is for multi-label data"):
        fit_decision(predictions(MC, rows=30), **settings)
