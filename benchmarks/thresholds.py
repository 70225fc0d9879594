"""Exact thresholds: against brute force, against scikit-learn, on the clock, and without torch.

Run: ``python benchmarks/thresholds.py``; ``--part exact``, ``scikit-learn`` or ``time`` runs one of
the parts, ``--cases`` fewer cases. Seeds are fixed; times are medians of five, of the
processor (one thread), since machines are shared.

scikit-learn's TunedThresholdClassifierCV is given every advantage: ``cv="prefit"`` and
``refit=False``, so that it too chooses on the very rows that it is judged on, once with
every observed score as a candidate and once with its default grid of 100. Both cuts are
judged alike, by the F1 of ``score >= cut`` on those rows.

Biases of three classes and more are found class by class, so that no single bias can be bettered;
that is not the optimum. The last two lines say how often it is, and what is lacking at worst.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import TunedThresholdClassifierCV

import brute_force as cases
from evenhand.decide import best_cut, crossfit
from evenhand.decide.biases import best_biases
from evenhand.decide.tilt import best_tilt
from evenhand.decide.wish import Wish, find_cut
from evenhand.types import LabelSpace, Logits, Predictions, Role, Task

CASES = 1000
AT_RECALL = Wish(recall=0.95)
HEAVY = ("torch", "transformers", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib")
Array = npt.NDArray[np.float64]

EXACT: Mapping[str, cases.Pair] = {
    "a label, F1": cases.against_brute_force,
    "a label, F-beta": cases.against_f_beta_brute_force,
    "a label, least cost": cases.against_cost_brute_force,
    "a label, recall demanded": cases.against_constrained_brute_force("recall"),
    "a label, precision demanded": cases.against_constrained_brute_force("precision"),
    "a label, false-positive rate demanded": cases.against_constrained_brute_force("fpr"),
    "a label, alerts demanded": cases.against_constrained_brute_force("alerts"),
    "four labels, one cut": cases.against_global_brute_force,
    "three labels, micro-F1": cases.against_micro_brute_force,
    "two classes, bias": cases.against_two_class_brute_force,
    "3 to 5 classes, one tilt": cases.against_every_tilt,
    "3 to 5 classes, each bias by itself": cases.against_one_bias_moved,
    "3 to 5 classes, a class under a demand": cases.against_constrained_bias,
    "3 classes, both biases at once": cases.against_all_biases(tilted=False),
    "3 classes, the same from the best tilt on": cases.against_all_biases(tilted=True),
}


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
    """How ours compares over all cases.

    Args:
        kept: cases in which ours is at least as good.
        better: cases in which ours is better.
        cases: all of them.
        worst: by how much ours falls short at most.
    """

    kept: int
    better: int
    cases: int
    worst: float


def compare(pair: cases.Pair, number: int) -> Outcome:
    """Run the random cases."""
    ours, theirs = np.array([pair(np.random.default_rng(seed)) for seed in range(number)]).T
    kept, better = ours >= theirs - cases.TIGHT, ours > theirs + cases.TIGHT
    worst = float(np.where(kept, 0.0, theirs - ours).max())
    return Outcome(int(kept.sum()), int(better.sum()), number, worst)


def against_scikit_learn(*, every_score: bool) -> cases.Pair:
    """Return the comparison with all observed candidates, or with the default grid."""

    def pair(rng: np.random.Generator) -> tuple[float, float]:
        scores_N, truth_N = cases.one_label(rng)
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
        theirs = cases.f1(truth_N, scores_N >= tuned.best_threshold_)
        return cases.f1(truth_N, scores_N >= best_cut(scores_N, truth_N)[0]), theirs

    return pair


def seconds(job: Callable[[], object]) -> float:
    """Return the median processor time of five runs."""
    times = []
    for _ in range(5):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
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


def like_reuters() -> tuple[Array, npt.NDArray[np.float32]]:
    """Return random probabilities and truth of 10,000 rows and 52 uneven classes."""
    rng = np.random.default_rng(0)
    share_C = np.geomspace(1, 0.0005, 52)
    y_N = rng.choice(52, size=10_000, p=share_C / share_C.sum())
    truth_NC = np.eye(52, dtype=np.float32)[y_N]
    raw_NC = np.exp(rng.normal(3 * truth_NC + np.log(share_C), 1.0))
    return raw_NC / raw_NC.sum(axis=1, keepdims=True), truth_NC


def show_exact(console: Console, number: int) -> None:
    """Print how often each search is as good as trying everything."""
    table = Table("against brute force", "as good", "worst shortfall", "cases", title="Exactness")
    for name, pair in EXACT.items():
        found = compare(pair, number)
        worst = f"{found.worst:.4f}" if found.worst else "0"
        table.add_row(name, f"{found.kept / found.cases:.1%}", worst, str(found.cases))
    console.print(table)


def show_scikit_learn(console: Console, number: int) -> None:
    """Print how the cut of one label compares with scikit-learn's."""
    table = Table("against scikit-learn", "at least", "better", "cases")
    for name, every_score in (("every observed score", True), ("default grid of 100", False)):
        found = compare(against_scikit_learn(every_score=every_score), number)
        kept = f"{found.kept / found.cases:.1%}"
        table.add_row(name, kept, str(found.better), str(found.cases))
    console.print(table)


def show_times(console: Console) -> None:
    """Print what cuts cost in seconds, and what importing them brings along."""
    table = Table("job", "seconds", title=f"Time ({platform.machine()}, numpy {np.__version__})")
    for share in (0.5, 0.05, 0.001):
        scores_N, truth_N = many_scores(1_000_000, share)
        spent = seconds(lambda s=scores_N, t=truth_N: best_cut(s, t))  # type: ignore[misc]
        table.add_row(f"best cut of 1 M scores, {share:.1%} positive", f"{spent:.3f}")
        spent = seconds(lambda s=scores_N, t=truth_N: find_cut(s, t, AT_RECALL))  # type: ignore[misc]
        table.add_row(f"highest precision at recall 0.95, {share:.1%} positive", f"{spent:.3f}")
    predictions, several = like_goemotions(), like_reuters()
    for name, job in (
        ("cross-fitted temperature, cuts and shrinkage, 5,426 x 28", lambda: crossfit(predictions)),
        ("one tilt of 52 classes, 10,000 rows", lambda: best_tilt(*several)),
        ("biases of 52 classes, 10,000 rows", lambda: best_biases(*several)),
    ):
        table.add_row(name, f"{seconds(job):.2f}")
    spent, loaded = import_time()
    table.add_row("import evenhand.decide, a fresh process", f"{spent:.3f}")
    console.print(table)
    console.print(f"loaded by that import, of {', '.join(HEAVY)}: {', '.join(loaded) or 'none'}")


def import_time() -> tuple[float, list[str]]:
    """Return the median seconds of the import, and which heavy packages it loads."""
    program = (
        "import sys, time; start = time.process_time(); import evenhand.decide; "
        "print(time.process_time() - start, *sys.modules)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    spent = float(np.median([float(run.stdout.split()[0]) for run in runs]))
    loaded = set(runs[0].stdout.split()[1:])
    return spent, [name for name in HEAVY if name in loaded]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["exact", "scikit-learn", "time"], help="all if absent")
    parser.add_argument("--cases", type=int, default=CASES, help="random cases of each kind")
    asked, console = parser.parse_args(), Console(width=100)
    if asked.part in (None, "exact"):
        show_exact(console, asked.cases)
    if asked.part in (None, "scikit-learn"):
        show_scikit_learn(console, asked.cases)
    if asked.part in (None, "time"):
        show_times(console)


if __name__ == "__main__":
    main()
