import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.decide import GRIDS, best_cut, best_global_cut
from evenhand.decide.aim import Aim
from evenhand.decide.f1 import blend_of, count, macro_f1
from evenhand.decide.thresholds import best_cuts
from evenhand.decide.wish import Wish, find_cut

NAN = np.nan


@st.composite
def label(draw):
    """Scores with ties, truth with unknown rows; sometimes no positive, or nothing else."""
    rows = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores_N = rng.integers(0, draw(st.integers(1, 40)), size=rows) / 40
    truth_N = (rng.random(rows) < draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))).astype("f4")
    truth_N[rng.random(rows) < draw(st.sampled_from([0, 0.2]))] = NAN
    return scores_N, truth_N


def figures(scores_N, truth_N, cut):
    given_N = scores_N >= cut
    hits, alarms = ((truth_N == 1) & given_N).sum(), ((truth_N == 0) & given_N).sum()
    positives, negatives = (truth_N == 1).sum(), (truth_N == 0).sum()
    return {
        "hits": hits,
        "recall": hits / positives if positives else 0.0,
        "precision": hits / (hits + alarms) if hits + alarms else 0.0,
        "fpr": alarms / negatives if negatives else 0.0,
        "alerts": (hits + alarms) / (positives + negatives) if positives + negatives else 0.0,
        "f1": 2 * hits / (positives + hits + alarms) if positives + hits + alarms else 0.0,
        "errors": (alarms, positives - hits),
    }


def every_cut(scores_N, truth_N):
    """All cuts there are: each score, and one above them all."""
    return [figures(scores_N, truth_N, c) for c in [*np.unique(scores_N), scores_N.max() + 1]]


DEMANDS = [
    ({"recall": 0.6}, "precision"),
    ({"precision": 0.5}, "recall"),
    ({"fpr": 0.1}, "recall"),
    ({"alerts": 0.3}, "recall"),
    ({"recall": 0.5, "precision": 0.4}, "f1"),
    ({"precision": 0.3, "fpr": 0.2}, "recall"),
]


def holds(measured, demands):
    signs = {"recall": 1, "precision": 1, "fpr": -1, "alerts": -1}
    return measured["hits"] > 0 and all(
        signs[k] * (measured[k] - v) >= -1e-12 for k, v in demands.items()
    )


@pytest.mark.parametrize(("demands", "aim"), DEMANDS)
@settings(max_examples=50, deadline=None)
@given(table=label())
def test_a_demand_equals_brute_force(demands, aim, table):
    scores_N, truth_N = table
    found = find_cut(scores_N, truth_N, Wish(**demands))
    fine = [m for m in every_cut(scores_N, truth_N) if holds(m, demands)]
    assert found.met == bool(fine)
    if fine:
        reached = figures(scores_N, truth_N, found.cut)
        assert holds(reached, demands)
        assert reached[aim] == pytest.approx(max(m[aim] for m in fine), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(label(), st.sampled_from([(1.0, 1.0), (1.0, 20.0), (5.0, 1.0), (0.0, 1.0), (1.0, 0.0)]))
def test_least_cost_equals_brute_force(table, costs):
    scores_N, truth_N = table
    cut = find_cut(scores_N, truth_N, Wish(costs=costs)).cut
    spent = [np.dot(m["errors"], costs) for m in every_cut(scores_N, truth_N)]
    reached = np.dot(figures(scores_N, truth_N, cut)["errors"], costs)
    assert reached == pytest.approx(min(spent), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(label(), st.sampled_from(["narrow", "wide"]), st.sampled_from([0.5, 1.0, 2.0]))
def test_a_grid_is_searched_and_nothing_else(table, name, beta):
    scores_N, truth_N = table
    cut, reached = best_cut(scores_N, truth_N, beta=beta, grid=GRIDS[name])
    tried = {g: best_cut(scores_N, truth_N, beta=beta, grid=(g,))[1] for g in GRIDS[name]}
    assert reached == max(tried.values())
    assert cut == max(g for g, value in tried.items() if value == reached)


def test_the_two_grids():
    assert GRIDS["narrow"] == (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
    assert (GRIDS["wide"][0], GRIDS["wide"][-1], len(GRIDS["wide"])) == (0.1, 0.9, 17)


def test_the_nearest_cut_under_a_demand_by_hand():
    scores_N, truth_N = np.array([0.9, 0.8, 0.7, 0.6]), np.array([0.0, 1, 0, 1])
    found = find_cut(scores_N, truth_N, Wish(precision=0.9))
    assert not found.met
    assert found.cut == 0.6  # catches all: precision 1/2 as at 0.75, and the higher recall
    assert found.tally.precision[0] == 0.5


def test_recall_leaves_the_highest_precision():
    scores_N = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    truth_N = np.array([1.0, 0, 1, 1, 0])
    assert find_cut(scores_N, truth_N, Wish(recall=0.6)).cut == pytest.approx(0.55)


@st.composite
def tables(draw):
    shape = (draw(st.integers(2, 14)), draw(st.integers(2, 3)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores_NC = rng.integers(0, draw(st.integers(2, 6)), size=shape) / 6
    truth_NC = (rng.random(shape) < rng.choice([0.0, 0.2, 0.6], size=shape[1])).astype("f4")
    return scores_NC, truth_NC


def blend(truth_NC, decided_NC, beta, micro):
    return np.nan_to_num(blend_of(count(truth_NC, decided_NC), beta=beta, micro=micro))


@settings(max_examples=50, deadline=None)
@given(tables(), st.sampled_from([0.5, 1.0, 2.0]))
def test_pure_micro_reaches_the_optimum_over_all_combinations(table, beta):
    scores_NC, truth_NC = table
    start_C = np.full(truth_NC.shape[1], NAN)
    cuts_C = best_cuts(scores_NC, truth_NC, Aim(beta=beta, micro=1.0), start_C=start_C)
    columns = [np.append(np.unique(s_N), 2.0) for s_N in scores_NC.T]
    combinations = np.stack(np.meshgrid(*columns), axis=-1).reshape(-1, len(columns))
    best = max(blend(truth_NC, scores_NC >= c_C, beta, 1.0) for c_C in combinations)
    assert blend(truth_NC, scores_NC >= cuts_C, beta, 1.0) == pytest.approx(best, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(tables(), st.sampled_from([0.0, 0.3, 0.7]))
def test_no_single_cut_of_a_blend_can_be_bettered(table, micro):
    scores_NC, truth_NC = table
    start_C = np.full(truth_NC.shape[1], NAN)
    cuts_C = best_cuts(scores_NC, truth_NC, Aim(micro=micro), start_C=start_C)
    reached = blend(truth_NC, scores_NC >= cuts_C, 1.0, micro)
    for c, column_N in enumerate(scores_NC.T):
        for value in np.append(np.unique(column_N), 2.0):
            moved_C = cuts_C.copy()
            moved_C[c] = value
            assert blend(truth_NC, scores_NC >= moved_C, 1.0, micro) <= reached + 1e-9


def test_cuts_that_are_given_stay():
    scores_NC = np.array([[0.2, 0.9], [0.8, 0.1]])
    truth_NC = np.array([[0, 1], [1, 0]], dtype=np.float32)
    start_C = np.array([0.33, NAN])
    cuts_C = best_cuts(scores_NC, truth_NC, Aim(micro=0.5), start_C=start_C)
    np.testing.assert_array_equal(cuts_C, [0.33, 0.5])


@settings(max_examples=50, deadline=None)
@given(tables(), st.sampled_from([0.5, 2.0]), st.sampled_from([0.0, 0.4, 1.0]))
def test_a_global_cut_for_a_blend_equals_brute_force(table, beta, micro):
    scores_NC, truth_NC = table
    aim = Aim(beta=beta, micro=micro)
    cut, reached = best_global_cut(scores_NC, truth_NC, aim)
    if not truth_NC.any():
        assert reached == 0.0
        return
    best = max(blend(truth_NC, scores_NC >= s, beta, micro) for s in np.unique(scores_NC))
    assert reached == pytest.approx(best, abs=1e-12)
    assert blend(truth_NC, scores_NC >= cut, beta, micro) == pytest.approx(best, abs=1e-12)


def test_a_global_cut_of_a_grid():
    scores_NC = np.array([[0.42], [0.52], [0.61]])
    truth_NC = np.array([[0], [1], [1]], dtype=np.float32)
    cut, reached = best_global_cut(scores_NC, truth_NC, grid=GRIDS["wide"])
    assert (cut, reached) == (0.5, 1.0)
    assert macro_f1(truth_NC, scores_NC >= cut) == 1.0
