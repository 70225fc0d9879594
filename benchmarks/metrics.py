"""Metrics and intervals: against scikit-learn and scipy, and on the clock.

Run: ``python benchmarks/metrics.py [--cases N]``. Seeds are fixed; times are medians of three in
seconds of processor time, on one thread if OMP_NUM_THREADS=1. Each line is printed when it is
done; the whole takes some minutes.

Of the 2,000 cases every hundredth has 2,000 rows, the others 1 to 40; they have 2 to 5 classes.
A class may be absent, never predicted, or on every row, and scores have ties. A gap is the
largest absolute difference from scikit-learn over all figures that both define; where
scikit-learn has no word for "undefined" the figure is left out of its side. scikit-learn's own
check of its arguments is off, since it takes most of the time.
"""

from __future__ import annotations

import argparse
import platform
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy import stats
from sklearn import config_context
from sklearn import metrics as sk

from evenhand.evaluate.intervals import (
    bootstrap,
    decided_statistic,
    paired_difference,
    ranking_statistic,
    resample_weights,
)
from evenhand.evaluate.mcnemar import exact_p
from evenhand.evaluate.metrics import confusion_counts, f1, macro
from evenhand.evaluate.scorecard import Scorecard, scorecard
from evenhand.evaluate.streaming import Stream
from evenhand.types import LabelSpace, Task

CASES = 2000
LARGE_EVERY, LARGE = 100, 2000
TIGHT = 1e-10
Array = npt.NDArray[np.float64]
Truth = npt.NDArray[np.float32]
Decided = npt.NDArray[np.bool_]
Random = np.random.Generator


def size(rng: Random, case: int) -> tuple[int, int]:
    """Return rows and classes."""
    rows = LARGE if case % LARGE_EVERY == LARGE_EVERY - 1 else int(rng.integers(1, 41))
    return rows, int(rng.integers(2, 6))


def multilabel(case: int) -> tuple[Truth, Decided, Array]:
    """Return truth, decisions and tied scores of a random case."""
    rng = np.random.default_rng(case)
    shape = size(rng, case)
    truth_NC = (rng.random(shape) < rng.choice([0, 0.05, 0.3, 0.7, 1], size=shape[1])).astype(
        np.float32
    )
    scores_NC = rng.integers(0, int(rng.choice([2, 5, 50])), shape) / 50
    return truth_NC, scores_NC >= rng.choice([0.0, 0.02, 0.5, 2.0], size=shape[1]), scores_NC


def multiclass(case: int) -> tuple[Truth, Decided, Array]:
    """Return one-hot truth and decisions, and scores, of a random case."""
    rng = np.random.default_rng(case)
    rows, classes = size(rng, case)
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


def multilabel_gap(case: int) -> float:
    """Return the largest difference from scikit-learn in one multi-label case."""
    truth_NC, decided_NC, scores_NC = multilabel(case)
    card = scorecard(space(truth_NC, Task.MULTILABEL), truth_NC, decided_NC, scores_NC=scores_NC)
    return max(
        gap(card.overall["accuracy"], sk.accuracy_score(truth_NC, decided_NC)),
        gap(card.overall["hamming"], sk.hamming_loss(truth_NC, decided_NC)),
        gap(card.confusion, sk.multilabel_confusion_matrix(truth_NC, decided_NC)),
        *per_class_gaps(card, truth_NC, decided_NC),
        *ranking_gaps(card, truth_NC, scores_NC),
        *correlation_gaps(card, truth_NC, decided_NC),
    )


def multiclass_gap(case: int) -> float:
    """Return the largest difference from scikit-learn in one multi-class case."""
    truth_NC, decided_NC, scores_NC = multiclass(case)
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


def streamed_gap(case: int) -> float:
    """Return the largest difference of the streaming form from the one-shot form."""
    truth_NC, decided_NC, scores_NC = multilabel(case)
    rng = np.random.default_rng(case)
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


def mcnemar_gap(case: int) -> float:
    """Return the difference from scipy's exact binomial test."""
    rng = np.random.default_rng(case)
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


def like_goemotions(rows: int = 5427) -> tuple[Truth, Decided, Array]:
    """Return random rows with the labels' shares of GoEmotions, 28 columns."""
    rng = np.random.default_rng(0)
    share_C = np.geomspace(0.001, 0.3, 28)
    truth_NC = (rng.random((rows, 28)) < share_C).astype(np.float32)
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


def by_loop(resamples: int = 200) -> float:
    """Return the largest difference of bootstrap draws from scikit-learn's on copied rows."""
    truth_NC, decided_NC, scores_NC = (part[:600, 14:] for part in like_goemotions())
    statistics = [decided_statistic(truth_NC, decided_NC), ranking_statistic(truth_NC, scores_NC)]
    decided, ranked = bootstrap(statistics, len(truth_NC), resamples=resamples, seed=0)
    weights_NR = np.concatenate(list(resample_weights(len(truth_NC), resamples, 0)), axis=1)
    gaps = []
    for r in range(resamples):
        rows = np.repeat(np.arange(len(truth_NC)), weights_NR[:, r].astype(int))
        drawn_KC, given_KC, ranks_KC = truth_NC[rows], decided_NC[rows], scores_NC[rows]
        f1_C = sk.f1_score(drawn_KC, given_KC, average=None, zero_division=np.nan)
        gaps.append(gap(decided.draws["f1"][:, r], f1_C))
        ap_C = [
            sk.average_precision_score(t_K, s_K) if t_K.any() else np.nan
            for t_K, s_K in zip(drawn_KC.T, ranks_KC.T, strict=True)
        ]
        gaps.append(gap(ranked.draws["ap"][:, r], ap_C))
    return max(gaps)


def seconds(job: Callable[[], object]) -> float:
    """Return the median processor time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return float(np.median(times))


def prove(cases: int) -> None:
    """Print the largest gap of each kind."""
    print(f"figures: largest gap, cases within {TIGHT:g}")
    for name, one_gap in (
        ("multi-label, against scikit-learn", multilabel_gap),
        ("multi-class, against scikit-learn", multiclass_gap),
        ("streaming, against one-shot", streamed_gap),
        ("McNemar, against scipy's binomial test", mcnemar_gap),
    ):
        gaps = np.array([one_gap(case) for case in range(cases)])
        within = int((gaps <= TIGHT).sum())
        print(f"  {name}: {gaps.max():.1e}, {within:,} of {cases:,}", flush=True)
    print(f"  200 bootstrap draws, F1 and AP a class, against scikit-learn: {by_loop():.1e}")
    ours, theirs = against_scipy()
    print(
        "  paired macro-F1 difference, 95 % of 4,000 resamples: "
        f"ours {ours[0]:.4f} to {ours[1]:.4f}, scipy {theirs[0]:.4f} to {theirs[1]:.4f}",
        flush=True,
    )


def clock() -> None:
    """Print seconds."""
    print(f"seconds of processor time ({platform.machine()}, numpy {np.__version__})")
    truth_NC, decided_NC, scores_NC = like_goemotions()
    decided = decided_statistic(truth_NC, decided_NC)
    ranked = ranking_statistic(truth_NC, scores_NC)
    for name, statistics in (
        ("1,000 resamples of decided labels, 5,427 x 28", [decided]),
        ("the same with average precision", [decided, ranked]),
    ):
        spent = seconds(lambda s=statistics: bootstrap(s, 5427, resamples=1000, seed=0))  # type: ignore[misc]
        print(f"  {name}: {spent:.2f}", flush=True)
    truth_NC, decided_NC, scores_NC = like_goemotions(1_000_000)
    labels = space(truth_NC, Task.MULTILABEL)
    spent = seconds(lambda: scorecard(labels, truth_NC, decided_NC, scores_NC=scores_NC))
    print(f"  every plain figure of 1,000,000 x 28: {spent:.2f}", flush=True)


def main() -> None:
    """Prove, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with config_context(skip_parameter_validation=True, assume_finite=True):
        prove(asked.cases)
    clock()


if __name__ == "__main__":
    main()
