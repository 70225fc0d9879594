"""Scorecard: every plain figure of decided labels and scores, without intervals.

Each figure has a value a class and three averages: ``macro`` counts every class the same,
``micro`` every cell, ``weighted`` every positive. What is undefined is NaN, left out of the
averages, and counted. Shapes: N rows, C classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate import metrics
from evenhand.evaluate.metrics import Counts, Decided
from evenhand.types import Floats, LabelSpace, Task, Truth


@dataclass(frozen=True)
class Tally:
    """What decided labels come to when they are counted; tallies of parts add up.

    Args:
        counts: outcomes per class.
        matrix_CC: rows by true and decided class, int64; of no meaning if multi-label.
        matched: rows that are right in every known label.
        known: rows with a known label.
    """

    counts: Counts
    matrix_CC: NDArray[np.int64]
    matched: int
    known: int

    @classmethod
    def of(cls, truth_NC: Truth, decided_NC: Decided) -> Tally:
        """Count some rows; no row gives a tally of zeros."""
        matched_N, known_N = metrics.matched_rows(truth_NC, decided_NC)
        return cls(
            counts=metrics.confusion_counts(truth_NC, decided_NC),
            matrix_CC=metrics.confusion_matrix(truth_NC, decided_NC),
            matched=int(matched_N.sum()),
            known=int(known_N.sum()),
        )

    def __add__(self, other: Tally) -> Tally:
        pairs = zip(vars(self.counts).values(), vars(other.counts).values(), strict=True)
        return Tally(
            counts=Counts(*(one_C + two_C for one_C, two_C in pairs)),
            matrix_CC=self.matrix_CC + other.matrix_CC,
            matched=self.matched + other.matched,
            known=self.known + other.known,
        )


@dataclass(frozen=True)
class Ranked:
    """Figures of scores that need no cut: per class, and over all cells together."""

    auc_C: Floats
    ap_C: Floats
    micro_auc: float
    micro_ap: float

    @classmethod
    def of(cls, truth_NC: Truth, scores_NC: Floats) -> Ranked:
        """Measure all rows at once."""
        truth_CN, scores_CN = np.ascontiguousarray(truth_NC.T), np.ascontiguousarray(scores_NC.T)
        columns = zip(truth_CN, scores_CN, strict=True)
        standings = [metrics.Standing.of(t_N, s_N) for t_N, s_N in columns]
        pooled = metrics.Standing.of(truth_CN.ravel(), scores_CN.ravel())
        return cls(
            auc_C=np.array([standing.auc for standing in standings]),
            ap_C=np.array([standing.ap for standing in standings]),
            micro_auc=pooled.auc,
            micro_ap=pooled.ap,
        )


@dataclass(frozen=True)
class Scorecard:
    """Figures by name; undefined ones are NaN here, and None in ``to_dict``.

    Args:
        labels: names and task.
        per_class: figure -> ``(C,)``; ``support`` among them.
        averages: figure -> macro, micro, weighted, and for how many classes it is undefined.
        overall: figures that have no value a class.
        confusion: ``(C, C)`` if multi-class, one 2 x 2 table a class if multi-label.
    """

    labels: LabelSpace
    per_class: Mapping[str, Floats]
    averages: Mapping[str, Mapping[str, float]]
    overall: Mapping[str, float]
    confusion: NDArray[np.int64]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "task": self.labels.task.value,
            "labels": list(self.labels.names),
            "per_class": {name: _plain(v_C) for name, v_C in self.per_class.items()},
            "averages": {
                name: {kind: _number(v) for kind, v in kinds.items()}
                for name, kinds in self.averages.items()
            },
            "overall": {name: _number(value) for name, value in self.overall.items()},
            "confusion": self.confusion.tolist(),
        }

    def frame(self) -> Any:
        """Return one row a class as a ``pyarrow.Table``; undefined figures are null."""
        import pyarrow as pa

        columns = {name: _plain(values_C) for name, values_C in self.per_class.items()}
        return pa.table({"label": list(self.labels.names), **columns})


def scorecard(
    labels: LabelSpace, truth_NC: Truth, decided_NC: Decided, *, scores_NC: Floats | None = None
) -> Scorecard:
    """Measure rows that are all at hand.

    Args:
        labels: names and task.
        truth_NC: 0, 1 or NaN (unknown), float, ``(N, C)``.
        decided_NC: bool, ``(N, C)``.
        scores_NC: whatever ranks rows within a class; without it there is no AUC and no AP.
    """
    ranked = None if scores_NC is None else Ranked.of(truth_NC, scores_NC)
    return compose(labels, Tally.of(truth_NC, decided_NC), ranked)


def compose(labels: LabelSpace, tally: Tally, ranked: Ranked | None) -> Scorecard:
    """Return the scorecard that a tally and ranking figures amount to."""
    counts, multiclass = tally.counts, labels.task is Task.MULTICLASS
    pooled = metrics.pooled(counts)
    decided = {
        "precision": metrics.precision,
        "recall": metrics.recall,
        "f1": metrics.f1,
        "mcc": metrics.matthews,
        "kappa": metrics.class_kappa,
    }
    per_class = {name: figure(counts) for name, figure in decided.items()}
    micro = {name: float(figure(pooled)) for name, figure in decided.items()}
    if ranked is not None:
        per_class |= {"auc": ranked.auc_C, "ap": ranked.ap_C}
        micro |= {"auc": ranked.micro_auc, "ap": ranked.micro_ap}
    exact = float(metrics.divide(tally.matched, tally.known))
    wrong, cells = pooled.fp_C + pooled.fn_C, sum(vars(pooled).values()) - pooled.support_C
    return Scorecard(
        labels=labels,
        per_class={**per_class, "support": counts.support_C},
        averages={
            name: {
                "macro": float(metrics.macro(values_C)),
                "micro": micro[name],
                "weighted": float(metrics.weighted(values_C, counts.support_C)),
                "undefined": metrics.undefined(values_C),
            }
            for name, values_C in per_class.items()
        },
        overall={
            "accuracy": exact,
            "hamming": 1.0 - exact if multiclass else float(metrics.divide(wrong, cells)),
            "balanced_accuracy": metrics.balanced_accuracy(counts, labels.task),
            "f1_spread": metrics.spread(per_class["f1"]),
        }
        | (
            {
                "kappa": metrics.kappa(tally.matrix_CC),
                "mcc": metrics.correlation(tally.matrix_CC),
            }
            if multiclass
            else {}
        ),
        confusion=tally.matrix_CC if multiclass else metrics.outcomes(counts),
    )


def _plain(values_C: Floats) -> list[float | None]:
    return [_number(value) for value in values_C.tolist()]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
