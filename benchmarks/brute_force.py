"""Random cases with ties and absent classes, each decided by evenhand and by trying everything.

Every function takes a generator and returns what evenhand reaches and what the best of all
reaches, by figures that are counted anew from the decisions. ``thresholds.py`` runs them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from evenhand.decide import best_cut, best_global_cut
from evenhand.decide.aim import Aim
from evenhand.decide.biases import argmax_decision, best_biases, log_probs
from evenhand.decide.choice import DEMANDS
from evenhand.decide.demands import demanded_biases
from evenhand.decide.f1 import blend_of, count, macro_f1
from evenhand.decide.thresholds import best_cuts
from evenhand.decide.tilt import best_tilt, rarity
from evenhand.decide.wish import Wish, find_cut

TIGHT = 1e-12
APART = 1e-9
Array = npt.NDArray[np.float64]
Pair = Callable[[np.random.Generator], tuple[float, float]]


def one_label(rng: np.random.Generator) -> tuple[Array, Array]:
    """Scores with ties in most cases; truth from one positive to all."""
    rows = int(rng.integers(2, 80))
    truth_N = (rng.random(rows) < rng.choice([0.02, 0.1, 0.3, 0.7])).astype(float)
    scores_N = np.clip(rng.normal(0.4 + 0.2 * truth_N, 0.2), 0, 1)
    steps = int(rng.choice([3, 10, 50, 0]))
    return (np.round(scores_N * steps) / steps if steps else scores_N), truth_N


def f1(truth_N: Array, decided_N: npt.NDArray[np.bool_]) -> float:
    """Return F1; 0 where it is not defined."""
    value = macro_f1(truth_N[:, None].astype(np.float32), decided_N[:, None])
    return 0.0 if np.isnan(value) else value


def between_all(critical: Array) -> list[float]:
    """Return a point below all values, one between each two, and one above all."""
    known = np.unique(critical)
    inner = [float(a + b) / 2 for a, b in pairwise(known) if b - a > APART]
    return [float(known[0]) - 1, *inner, float(known[-1]) + 1]


def against_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One label: every observed score tried."""
    scores_N, truth_N = one_label(rng)
    ours = f1(truth_N, scores_N >= best_cut(scores_N, truth_N)[0])
    return ours, max(f1(truth_N, scores_N >= s) for s in np.unique(scores_N))


def against_f_beta_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One label for F-beta: every observed score tried."""
    scores_N, truth_N = one_label(rng)
    beta = float(rng.choice([0.25, 0.5, 2.0, 4.0]))

    def worth(cut: float) -> float:
        counts_31 = count(truth_N[:, None].astype(np.float32), (scores_N >= cut)[:, None])
        return float(np.nan_to_num(blend_of(counts_31, beta=beta)))

    ours = worth(best_cut(scores_N, truth_N, beta=beta)[0])
    return ours, max(worth(s) for s in np.unique(scores_N))


def against_global_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One cut for four labels, absent ones among them: every observed score tried."""
    shape = (int(rng.integers(2, 40)), 4)
    truth_NC = (rng.random(shape) < rng.choice([0, 0.05, 0.3, 0.7], size=4)).astype(np.float32)
    truth_NC[0, 0] = 1
    scores_NC = rng.integers(0, 30, size=shape) / 30
    ours = macro_f1(truth_NC, scores_NC >= best_global_cut(scores_NC, truth_NC)[0])
    return ours, max(macro_f1(truth_NC, scores_NC >= s) for s in np.unique(scores_NC))


def against_two_class_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """Two classes: every bias between two critical values tried."""
    scores_N, positive_N = one_label(rng)
    positive_N[:2] = [0, 1]
    probs_NC = np.column_stack([1 - scores_N, scores_N])
    truth_NC = np.column_stack([1 - positive_N, positive_N]).astype(np.float32)
    ours = macro_f1(truth_NC, argmax_decision(probs_NC, best_biases(probs_NC, truth_NC)))
    tried = between_all(-np.diff(log_probs(probs_NC), axis=1))
    theirs = max(
        macro_f1(truth_NC, argmax_decision(probs_NC, np.array([0.0, bias]))) for bias in tried
    )
    return ours, theirs


def caught(truth_N: Array, decided_N: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return what a label's decisions catch."""
    hits, given = float(truth_N[decided_N].sum()), float(decided_N.sum())
    positives, rows = float(truth_N.sum()), len(truth_N)
    return {
        "recall": hits / positives if positives else 0.0,
        "precision": hits / given if given else 0.0,
        "fpr": (given - hits) / (rows - positives) if rows > positives else 0.0,
        "alerts": given / rows,
        "hits": hits,
    }


def worth_under(wish: Wish, measured: dict[str, float]) -> float:
    """Return what a demand leaves to maximise; -1 where it is not met."""
    ((kind, value),) = wish.demands.items()
    sign = 1 if kind in ("recall", "precision") else -1
    if not measured["hits"] or sign * (measured[kind] - value) < -TIGHT:
        return -1.0
    return measured["precision" if kind == "recall" else "recall"]


def random_wish(rng: np.random.Generator, kind: str | None = None) -> Wish:
    """Return a demand, of a random kind if none is given."""
    kind = kind or str(rng.choice(DEMANDS))
    return Wish(**{kind: float(rng.choice([0.05, 0.2, 0.5, 0.8, 0.95]))})  # type: ignore[arg-type]


def against_constrained_brute_force(kind: str) -> Pair:
    """One label under a demand: every observed score tried; both -1 where none will do."""

    def pair(rng: np.random.Generator) -> tuple[float, float]:
        scores_N, truth_N = one_label(rng)
        wish = random_wish(rng, kind)
        found = find_cut(scores_N, truth_N, wish)
        ours = worth_under(wish, caught(truth_N, scores_N >= found.cut))
        tried = [worth_under(wish, caught(truth_N, scores_N >= s)) for s in np.unique(scores_N)]
        return (ours if found.met == (ours >= 0) else -2.0), max(tried)

    return pair


def against_cost_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One label with two costs: every observed score tried, and giving nothing."""
    scores_N, truth_N = one_label(rng)
    costs = float(rng.integers(0, 10)), float(rng.integers(0, 50))

    def saved(cut: float) -> float:
        decided_N = scores_N >= cut
        alarms, missed = (decided_N & (truth_N == 0)).sum(), truth_N[~decided_N].sum()
        return -float(costs[0] * alarms + costs[1] * missed)

    ours = saved(find_cut(scores_N, truth_N, Wish(costs=costs)).cut)
    return ours, max(saved(s) for s in [*np.unique(scores_N), 2.0])


def against_micro_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """Three labels for micro-F1: every combination of observed scores tried."""
    shape = (int(rng.integers(2, 12)), 3)
    truth_NC = (rng.random(shape) < rng.choice([0, 0.2, 0.6], size=3)).astype(np.float32)
    scores_NC = rng.integers(0, 8, size=shape) / 8
    cuts_C = best_cuts(scores_NC, truth_NC, Aim(micro=1.0), start_C=np.full(3, np.nan))

    def micro(cuts: Array) -> float:
        return float(np.nan_to_num(blend_of(count(truth_NC, scores_NC >= cuts), micro=1.0)))

    columns = [np.append(np.unique(column_N), 2.0) for column_N in scores_NC.T]
    combinations = np.stack(np.meshgrid(*columns), axis=-1).reshape(-1, 3)
    return micro(cuts_C), max(micro(cuts) for cuts in combinations)


def several_classes(rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.float32]]:
    """Probabilities with ties and one-hot truth; a class is often absent."""
    rows, classes = int(rng.integers(2, 40)), int(rng.integers(3, 6))
    raw_NC = rng.integers(1, int(rng.choice([3, 8, 40])), size=(rows, classes)).astype(float)
    winner_N = rng.choice(classes, size=rows, p=rng.dirichlet(np.full(classes, 0.5)))
    truth_NC = np.eye(classes, dtype=np.float32)[winner_N]
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), truth_NC


def one_bias_moved(probs_NC: Array, biases_C: Array, c: int) -> list[Array]:
    """Return the biases with that of one class at every setting that decides differently."""
    rivals_N = np.delete(log_probs(probs_NC) + biases_C, c, axis=1).max(axis=1)
    moved = []
    for value in between_all(rivals_N - log_probs(probs_NC)[:, c]):
        other_C = biases_C.copy()
        other_C[c] = value
        moved.append(other_C)
    return moved


def against_one_bias_moved(rng: np.random.Generator) -> tuple[float, float]:
    """Three to five classes: every setting of each single bias tried."""
    probs_NC, truth_NC = several_classes(rng)
    biases_C = best_biases(probs_NC, truth_NC)
    support_C = truth_NC.sum(axis=0)
    movable = [c for c in np.flatnonzero(support_C) if c != support_C.argmax()]
    tried = [b_C for c in movable for b_C in one_bias_moved(probs_NC, biases_C, int(c))]
    ours = macro_f1(truth_NC, argmax_decision(probs_NC, biases_C))
    return ours, max([macro_f1(truth_NC, argmax_decision(probs_NC, b)) for b in tried] or [ours])


def against_every_tilt(rng: np.random.Generator) -> tuple[float, float]:
    """Three to five classes: every tilt between two at which classes change places tried."""
    probs_NC, truth_NC = several_classes(rng)
    slope_C, log_NC = rarity(truth_NC), log_probs(probs_NC)
    rises = [(i, j) for i in range(len(slope_C)) for j in np.flatnonzero(slope_C > slope_C[i])]
    critical = [(log_NC[:, i] - log_NC[:, j]) / (slope_C[j] - slope_C[i]) for i, j in rises]

    def worth(tilt: float) -> float:
        return macro_f1(truth_NC, argmax_decision(probs_NC, tilt * slope_C))

    return worth(best_tilt(probs_NC, truth_NC)), max(
        map(worth, between_all(np.append(0, critical)))
    )


def three_classes(rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.float32]]:
    """Probabilities with ties of at most twelve rows, and one-hot truth of all three classes."""
    rows = int(rng.integers(3, 13))
    raw_NC = rng.integers(1, int(rng.choice([3, 8, 40])), size=(rows, 3)).astype(float)
    winner_N = np.append([0, 1, 2], rng.choice(3, size=rows - 3, p=rng.dirichlet(np.ones(3))))
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), np.eye(3, dtype=np.float32)[winner_N]


def against_all_biases(*, tilted: bool) -> Pair:
    """Three classes: one setting of both free biases in each cell of the plane tried."""

    def pair(rng: np.random.Generator) -> tuple[float, float]:
        probs_NC, truth_NC = three_classes(rng)
        start_C = best_tilt(probs_NC, truth_NC) * rarity(truth_NC) if tilted else None
        biases_C = best_biases(probs_NC, truth_NC, start_C=start_C)
        ours = macro_f1(truth_NC, argmax_decision(probs_NC, biases_C))
        return ours, _best_of_plane(log_probs(probs_NC), truth_NC)

    return pair


def _best_of_plane(log_NC: Array, truth_NC: npt.NDArray[np.float32]) -> float:
    """Return the highest macro-F1 over all biases of three classes, that of the first being 0.

    Row by row the winner changes on three lines: ``b1 = first``, ``b2 = second`` and
    ``b2 - b1 = third``. Between two neighbours of ``b1`` at which lines meet, the order of the
    others along ``b2`` is the same, so that a point a cell is enough.
    """
    first, second = log_NC[:, 0] - log_NC[:, 1], log_NC[:, 0] - log_NC[:, 2]
    third = log_NC[:, 1] - log_NC[:, 2]
    meetings = np.concatenate([first, (second[:, None] - third).ravel()])
    points = [
        (0.0, b1, b2)
        for b1 in between_all(meetings)
        for b2 in between_all(np.concatenate([second, third + b1]))
    ]
    decided_KN = (log_NC + np.array(points)[:, None]).argmax(axis=2)
    return _best_macro_f1(decided_KN, truth_NC.argmax(axis=1))


def _best_macro_f1(decided_KN: npt.NDArray[np.int64], y_N: npt.NDArray[np.int64]) -> float:
    """Return the highest macro-F1 of many decisions, all classes being in the truth."""
    f1_KC = [
        2
        * ((decided_KN == c) & (y_N == c)).sum(axis=1)
        / ((decided_KN == c).sum(axis=1) + (y_N == c).sum())
        for c in range(3)
    ]
    return float(np.mean(f1_KC, axis=0).max())


def against_constrained_bias(rng: np.random.Generator) -> tuple[float, float]:
    """A demand on one of three to five classes: every setting of its bias tried."""
    probs_NC, truth_NC = several_classes(rng)
    wish, start_C = random_wish(rng), np.zeros(truth_NC.shape[1])

    def worth(biases_C: Array) -> float:
        return worth_under(wish, caught(truth_NC[:, 1], argmax_decision(probs_NC, biases_C)[:, 1]))

    ours = worth(demanded_biases(probs_NC, truth_NC, start_C, {1: wish}))
    return ours, max(map(worth, one_bias_moved(probs_NC, start_C, 1)))
