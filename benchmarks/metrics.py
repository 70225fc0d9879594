"""Metrics and intervals: against scikit-learn and scipy, and on the clock.

Run: ``python benchmarks/metrics.py``. Seeds are fixed; times are medians of three, on one
thread if OMP_NUM_THREADS=1.

The 2,000 cases have 1 to 60 rows and 2 to 7 classes; a class may be absent, never predicted, or
on every row, and scores have ties. A gap is the largest absolute difference from scikit-learn
over all figures that both define; where scikit-learn has no word for "undefined" the figure is
left out of its side.
"""

from __future__ import annotations

import platform
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from scipy import stats
from sklearn import metrics as sk

from evenhand.evaluate.intervals import (
    bootstrap,
    decided_statistic,
    paired_difference,
    ranking_statistic,
)
from evenhand.evaluate.mcnemar import exact_p
from evenhand.evaluate.metrics import confusion_counts, f1, macro
from evenhand.evaluate.scorecard import Scorecard, scorecard
from evenhand.evaluate.streaming import Stream
from evenhand.types import LabelSpace, Task

CASES = 2000
TIGHT = 1e-10
Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.float32]
Decided = npt.NDArray[np.bool_]


def multilabel(rng: np.random.Generator) -> tuple[Truth, Decided, Array]:
    """Return truth, decisions and tied scores of a random case."""
    shape = int(rng.integers(1, 61)), int(rng.integers(2, 8))
    truth_NC = (rng.random(shape) < rng.choice([0, 0.05, 0.3, 0.7, 1], size=shape[1])).astype(
        np.float32
    )
    scores_NC = rng.integers(0, int(rng.choice([2, 5, 50])), shape) / 50
    return truth_NC, scores_NC >= rng.choice([0.0, 0.02, 0.5, 2.0], size=shape[1]), scores_NC


def multiclass(rng: np.random.Generator) -> tuple[Truth, Decided, Array]:
    """Return one-hot truth and decisions, and scores, of a random case."""
    rows, classes = int(rng.integers(1, 61)), int(rng.integers(2, 8))
    scores_NC = rng.integers(0, 9, (rows, classes)) / 9
    true_N = rng.integers(0, int(rng.integers(1, classes + 1)), rows)
    decided_NC = scores_NC.argmax(axis=1)[:, None] == np.arange(classes)
    return np.eye(classes, dtype=np.float32)[true_N], decided_NC, scores_NC


def per_class_gaps(card: Scorecard, truth_NC: Truth, decided_NC: Decided) -> Iterator[float]:
    """Yield differences of precision, recall and F1, per class and averaged."""
    theirs = sk.precision_recall_fscore_support(truth_NC, decided_NC, zero_division=np.nan)
    for name, values_C in zip(("precision", "recall", "f1", "support"), theirs, strict=True):
        yield gap(card.per_class[name], values_C)
    for average in ("macro", "micro", "weighted"):
        averaged = sk.precision_recall_fscore_support(
            truth_NC, decided_NC, average=average, zero_division=np.nan
        )
        for name, value in zip(("precision", "recall", "f1"), averaged, strict=False):
            if average != "weighted" or not np.isnan(card.averages[name][average]):
                yield gap(card.averages[name][average], value)


def ranking_gaps(card: Scorecard, truth_NC: Truth, scores_NC: Array) -> Iterator[float]:
    """Yield differences of AUC and AP, for classes that have both kinds of rows."""
    for c, truth_N in enumerate(truth_NC.T):
        if 0 < truth_N.sum() < len(truth_N):
            yield gap(card.per_class["auc"][c], sk.roc_auc_score(truth_N, scores_NC[:, c]))
        if truth_N.any():
            theirs = sk.average_precision_score(truth_N, scores_NC[:, c])
            yield gap(card.per_class["ap"][c], theirs)
    if 0 < truth_NC.sum() < truth_NC.size:
        theirs = sk.roc_auc_score(truth_NC.ravel(), scores_NC.ravel())
        yield gap(card.averages["auc"]["micro"], theirs)
        theirs = sk.average_precision_score(truth_NC.ravel(), scores_NC.ravel())
        yield gap(card.averages["ap"]["micro"], theirs)


def correlation_gaps(card: Scorecard, truth_NC: Truth, decided_NC: Decided) -> Iterator[float]:
    """Yield differences of each class's Matthews coefficient and kappa, where defined."""
    for c, (truth_N, decided_N) in enumerate(zip(truth_NC.T, decided_NC.T, strict=True)):
        for name, theirs in (("mcc", sk.matthews_corrcoef), ("kappa", sk.cohen_kappa_score)):
            if not np.isnan(ours := card.per_class[name][c]):
                yield gap(ours, theirs(truth_N == 1, decided_N))


def multilabel_gap(rng: np.random.Generator) -> float:
    """Return the largest difference from scikit-learn in one multi-label case."""
    truth_NC, decided_NC, scores_NC = multilabel(rng)
    card = scorecard(space(truth_NC, Task.MULTILABEL), truth_NC, decided_NC, scores_NC=scores_NC)
    return max(
        gap(card.overall["accuracy"], sk.accuracy_score(truth_NC, decided_NC)),
        gap(card.overall["hamming"], sk.hamming_loss(truth_NC, decided_NC)),
        gap(card.confusion, sk.multilabel_confusion_matrix(truth_NC, decided_NC)),
        *per_class_gaps(card, truth_NC, decided_NC),
        *ranking_gaps(card, truth_NC, scores_NC),
        *correlation_gaps(card, truth_NC, decided_NC),
    )


def multiclass_gap(rng: np.random.Generator) -> float:
    """Return the largest difference from scikit-learn in one multi-class case."""
    truth_NC, decided_NC, scores_NC = multiclass(rng)
    card = scorecard(space(truth_NC, Task.MULTICLASS), truth_NC, decided_NC, scores_NC=scores_NC)
    true_N, decided_N = truth_NC.argmax(axis=1), decided_NC.argmax(axis=1)
    matrix_CC = sk.confusion_matrix(true_N, decided_N, labels=range(truth_NC.shape[1]))
    recall_C = sk.recall_score(truth_NC, decided_NC, average=None, zero_division=np.nan)
    gaps = [
        gap(card.confusion, matrix_CC),
        gap(card.overall["accuracy"], sk.accuracy_score(true_N, decided_N)),
        gap(card.overall["hamming"], sk.hamming_loss(true_N, decided_N)),
        gap(card.overall["balanced_accuracy"], float(np.nanmean(recall_C))),
        *per_class_gaps(card, truth_NC, decided_NC),
        *ranking_gaps(card, truth_NC, scores_NC),
        *correlation_gaps(card, truth_NC, decided_NC),
    ]
    for name, theirs in (("kappa", sk.cohen_kappa_score), ("mcc", sk.matthews_corrcoef)):
        if not np.isnan(ours := card.overall[name]):
            gaps.append(gap(ours, theirs(true_N, decided_N)))
    return max(gaps)


def streamed_gap(rng: np.random.Generator) -> float:
    """Return the largest difference of the streaming form from the one-shot form."""
    truth_NC, decided_NC, scores_NC = multilabel(rng)
    truth_NC[rng.random(truth_NC.shape) < 0.1] = np.nan
    labels = space(truth_NC, Task.MULTILABEL)
    once = scorecard(labels, truth_NC, decided_NC, scores_NC=scores_NC)
    stream = Stream(labels)
    for rows in np.array_split(np.arange(len(truth_NC)), int(rng.integers(1, 9))):
        stream.add(truth_NC[rows], decided_NC[rows], scores_NC=scores_NC[rows])
    parts = stream.scorecard()
    return max(
        *(gap(parts.per_class[name], once.per_class[name]) for name in once.per_class),
        *(gap(parts.averages[n][k], v) for n, a in once.averages.items() for k, v in a.items()),
        *(gap(parts.overall[name], value) for name, value in once.overall.items()),
        gap(parts.confusion, once.confusion),
    )


def mcnemar_gap(rng: np.random.Generator) -> float:
    """Return the difference from scipy's exact binomial test."""
    a, b = (int(n) for n in rng.integers(0, int(rng.choice([5, 60, 2000])), 2))
    theirs = stats.binomtest(min(a, b), a + b, 0.5).pvalue if a + b else 1.0
    return abs(float(exact_p(a, b)) - float(theirs))


def gap(ours: npt.ArrayLike, theirs: npt.ArrayLike) -> float:
    """Return the largest difference; infinite where only one side is undefined."""
    one, two = np.broadcast_arrays(np.asarray(ours, float), np.asarray(theirs, float))
    if (np.isnan(one) != np.isnan(two)).any():
        return float("inf")
    return float(np.nanmax(np.abs(one - two))) if (~np.isnan(one)).any() else 0.0


def space(truth_NC: Truth, task: Task) -> LabelSpace:
    """Return names for the columns."""
    return LabelSpace(tuple(f"label {c}" for c in range(truth_NC.shape[1])), task)


def like_goemotions() -> tuple[Truth, Decided, Array]:
    """Return random rows of the size of GoEmotions' test split: 5,427 x 28."""
    rng = np.random.default_rng(0)
    share_C = np.geomspace(0.001, 0.3, 28)
    truth_NC = (rng.random((5427, 28)) < share_C).astype(np.float32)
    scores_NC = rng.normal(2.5 * truth_NC + np.log(share_C), 1.5)
    return truth_NC, scores_NC > 0, scores_NC


def against_scipy(rows: int = 400, resamples: int = 4000) -> tuple[Array, Array]:
    """Return the bounds of a paired macro-F1 difference: ours, and those of scipy."""
    truth_NC, _, scores_NC = (part[:rows, 18:] for part in like_goemotions())
    a_NC, b_NC = scores_NC > 0, scores_NC > 1
    ours = paired_difference(truth_NC, a_NC, decided_b_NC=b_NC, resamples=resamples)

    def difference(rows_N: npt.NDArray[np.int64]) -> float:
        counts = [confusion_counts(truth_NC[rows_N], d_NC[rows_N]) for d_NC in (a_NC, b_NC)]
        return float(macro(f1(counts[0])) - macro(f1(counts[1])))

    theirs = stats.bootstrap(
        (np.arange(rows),),
        difference,
        n_resamples=resamples,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return np.array([ours.low, ours.high]), np.array([theirs.low, theirs.high])


def seconds(job: Callable[[], object]) -> float:
    """Return the median time of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    """Print both tables."""
    warnings.simplefilter("ignore")
    exact = Table("figures", "largest gap", f"within {TIGHT:g}", "cases", title="Exactness")
    for name, one_gap in (
        ("multi-label, against scikit-learn", multilabel_gap),
        ("multi-class, against scikit-learn", multiclass_gap),
        ("streaming, against one-shot", streamed_gap),
        ("McNemar, against scipy's binomial test", mcnemar_gap),
    ):
        gaps = np.array([one_gap(np.random.default_rng(seed)) for seed in range(CASES)])
        exact.add_row(name, f"{gaps.max():.1e}", str(int((gaps <= TIGHT).sum())), str(CASES))
    ours, theirs = against_scipy()
    clock = Table("job", "seconds", title=f"Time ({platform.machine()}, numpy {np.__version__})")
    truth_NC, decided_NC, scores_NC = like_goemotions()
    decided = decided_statistic(truth_NC, decided_NC)
    ranked = ranking_statistic(truth_NC, scores_NC)
    for name, statistics in (
        ("1,000 resamples of decided labels, 5,427 x 28", [decided]),
        ("the same with average precision", [decided, ranked]),
    ):
        spent = seconds(lambda s=statistics: bootstrap(s, 5427, resamples=1000, seed=0))  # type: ignore[misc]
        clock.add_row(name, f"{spent:.2f}")
    console = Console(width=100)
    console.print(exact)
    console.print(
        "paired macro-F1 difference, 95 % of 4,000 resamples: "
        f"ours {ours[0]:.4f} to {ours[1]:.4f}, scipy {theirs[0]:.4f} to {theirs[1]:.4f}"
    )
    console.print(clock)


if __name__ == "__main__":
    main()
