"""Exact thresholds: against brute force, against scikit-learn, and on the clock.

Run: ``python benchmarks/thresholds.py``. Seeds are fixed; times are medians of five.

scikit-learn's TunedThresholdClassifierCV is given every advantage: ``cv="prefit"`` and
``refit=False``, so that it too chooses on the very rows that it is judged on, once with
every observed score as a candidate and once with its default grid of 100. Both cuts are
judged alike, by the F1 of ``score >= cut`` on those rows.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import TunedThresholdClassifierCV

from evenhand.decide import best_cut, best_global_cut, crossfit
from evenhand.decide.aim import Aim
from evenhand.decide.biases import argmax_decision, best_biases, log_probs
from evenhand.decide.demands import demanded_biases
from evenhand.decide.f1 import blend_of, count, macro_f1
from evenhand.decide.thresholds import best_cuts
from evenhand.decide.wish import Wish, find_cut
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

CASES = 1000
SLOW_CASES = 200
TIGHT = 1e-12
AT_RECALL = Wish(recall=0.95)
Array = npt.NDArray[np.float64]


class Given(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier whose only feature is its probability."""

    classes_ = np.array([0, 1])

    def fit(self, features: Array, target: Array) -> Given:
        """Fit nothing."""
        return self

    def predict_proba(self, features: Array) -> Array:
        """Return the feature as the probability of class 1."""
        return np.column_stack([1 - features[:, 0], features[:, 0]])

    def predict(self, features: Array) -> Array:
        """Return labels at 0.5."""
        return (features[:, 0] >= 0.5).astype(float)

    def __sklearn_is_fitted__(self) -> bool:
        return True


@dataclass(frozen=True)
class Outcome:
    """Cases where ours is at least as good, and where it is better."""

    kept: int
    better: int
    cases: int


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


def compare(
    ours_and_theirs: Callable[[np.random.Generator], tuple[float, float]], cases: int
) -> Outcome:
    """Run the random cases."""
    pairs = [ours_and_theirs(np.random.default_rng(seed)) for seed in range(cases)]
    kept = sum(ours >= theirs - TIGHT for ours, theirs in pairs)
    return Outcome(kept, sum(ours > theirs + TIGHT for ours, theirs in pairs), cases)


def against_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One label: every observed score tried."""
    scores_N, truth_N = one_label(rng)
    ours = f1(truth_N, scores_N >= best_cut(scores_N, truth_N)[0])
    return ours, max(f1(truth_N, scores_N >= s) for s in np.unique(scores_N))


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
    critical = np.unique(-np.diff(log_probs(probs_NC), axis=1))
    between = [(a + b) / 2 for a, b in pairwise(critical) if b - a > 1e-9]
    tried = [critical[0] - 1, *between, critical[-1] + 1]
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


def random_wish(rng: np.random.Generator) -> Wish:
    """Return a demand of a random kind."""
    kind = str(rng.choice(["recall", "precision", "fpr", "alerts"]))
    return Wish(**{kind: float(rng.choice([0.05, 0.2, 0.5, 0.8, 0.95]))})  # type: ignore[arg-type]


def against_constrained_brute_force(rng: np.random.Generator) -> tuple[float, float]:
    """One label under a demand: every observed score tried; both -1 where none will do."""
    scores_N, truth_N = one_label(rng)
    wish = random_wish(rng)
    found = find_cut(scores_N, truth_N, wish)
    ours = worth_under(wish, caught(truth_N, scores_N >= found.cut))
    tried = [worth_under(wish, caught(truth_N, scores_N >= s)) for s in np.unique(scores_N)]
    return (ours if found.met == (ours >= 0) else -2.0), max(tried)


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
    critical = np.unique(rivals_N - log_probs(probs_NC)[:, c])
    between = [(a + b) / 2 for a, b in pairwise(critical) if b - a > 1e-9]
    moved = []
    for value in [critical[0] - 1, *between, critical[-1] + 1]:
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


def against_constrained_bias(rng: np.random.Generator) -> tuple[float, float]:
    """A demand on one of three to five classes: every setting of its bias tried."""
    probs_NC, truth_NC = several_classes(rng)
    wish, start_C = random_wish(rng), np.zeros(truth_NC.shape[1])

    def worth(biases_C: Array) -> float:
        return worth_under(wish, caught(truth_NC[:, 1], argmax_decision(probs_NC, biases_C)[:, 1]))

    ours = worth(demanded_biases(probs_NC, truth_NC, start_C, {1: wish}))
    return ours, max(map(worth, one_bias_moved(probs_NC, start_C, 1)))


def against_scikit_learn(*, every_score: bool) -> Callable[..., tuple[float, float]]:
    """Return the comparison with all observed candidates, or with the default grid."""

    def pair(rng: np.random.Generator) -> tuple[float, float]:
        scores_N, truth_N = one_label(rng)
        truth_N[:2] = [0, 1]
        if np.ptp(scores_N) == 0:  # scikit-learn refuses constant scores
            scores_N[1] += 0.1
        tuned = TunedThresholdClassifierCV(
            Given(),
            scoring="f1",
            thresholds=np.unique(scores_N) if every_score else 100,
            cv="prefit",
            refit=False,
        ).fit(scores_N[:, None], truth_N)
        theirs = f1(truth_N, scores_N >= tuned.best_threshold_)
        return f1(truth_N, scores_N >= best_cut(scores_N, truth_N)[0]), theirs

    return pair


def seconds(job: Callable[[], object]) -> float:
    """Return the median time of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def many_scores(rows: int, share: float) -> tuple[Array, Array]:
    """Return scores of one label, all distinct, and truth."""
    rng = np.random.default_rng(0)
    truth_N = (rng.random(rows) < share).astype(float)
    return 1 / (1 + np.exp(-rng.normal(2 * truth_N))), truth_N


def like_goemotions() -> Predictions:
    """Return random tune rows of the size of GoEmotions' dev split: 5,426 x 28."""
    rng = np.random.default_rng(0)
    share_C = np.geomspace(0.001, 0.3, 28)
    truth_NC = (rng.random((5426, 28)) < share_C).astype(np.float32)
    z_NC = rng.normal(2.5 * truth_NC + np.log(share_C), 1.5)
    names = tuple(f"label {c}" for c in range(28))
    ids = tuple(map(str, range(len(z_NC))))
    return Predictions(ids, Logits(z_NC), truth_NC, LabelSpace(names, Task.MULTILABEL), Role.TUNE)


def main() -> None:
    """Print both tables."""
    exact = Table("ours against", "at least", "better", "cases", title="Exactness")
    for name, pair, cases in (
        ("brute force, one label", against_brute_force, CASES),
        ("brute force, one cut for four labels", against_global_brute_force, CASES),
        ("brute force, two classes under argmax", against_two_class_brute_force, CASES),
        ("brute force, each bias of 3 to 5 classes", against_one_bias_moved, CASES),
        ("brute force, a label under a demand", against_constrained_brute_force, CASES),
        ("brute force, a class under a demand", against_constrained_bias, CASES),
        ("brute force, least cost of a label", against_cost_brute_force, CASES),
        ("brute force, micro-F1 of three labels", against_micro_brute_force, CASES),
        ("scikit-learn, every observed score", against_scikit_learn(every_score=True), CASES),
        ("scikit-learn, default grid of 100", against_scikit_learn(every_score=False), SLOW_CASES),
    ):
        outcome = compare(pair, cases)
        kept = f"{outcome.kept / outcome.cases:.1%}"
        exact.add_row(name, kept, str(outcome.better), str(outcome.cases))
    clock = Table("job", "seconds", title=f"Time ({platform.machine()}, numpy {np.__version__})")
    for share in (0.5, 0.05, 0.001):
        scores_N, truth_N = many_scores(1_000_000, share)
        spent = seconds(lambda s=scores_N, t=truth_N: best_cut(s, t))  # type: ignore[misc]
        clock.add_row(f"best cut of 1 M scores, {share:.1%} positive", f"{spent:.3f}")
        spent = seconds(lambda s=scores_N, t=truth_N: find_cut(s, t, AT_RECALL))  # type: ignore[misc]
        clock.add_row(f"highest precision at recall 0.95, {share:.1%} positive", f"{spent:.3f}")
    predictions = like_goemotions()
    spent = seconds(lambda: crossfit(predictions))
    clock.add_row("cross-fitted temperature, cuts and shrinkage, 5,426 x 28", f"{spent:.2f}")
    console = Console(width=100)
    console.print(exact)
    console.print(clock)


if __name__ == "__main__":
    main()
