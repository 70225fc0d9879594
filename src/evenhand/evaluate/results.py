"""Results: every figure of a run, from aligned predictions, with interval and baselines.

Report rows, where there are any, are decided by decisions fitted on tune rows ("held out").
Without them each tune row is decided by a decision fitted on other tune rows
("cross-fitted"); the epoch was chosen on them too, so that figure is still a little kind.
Shapes: N rows, C classes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.calibrate.measures import calibration_measures
from evenhand.decide import Decision, Refit
from evenhand.errors import DataError
from evenhand.evaluate import metrics
from evenhand.evaluate.demanded import demands_measured
from evenhand.evaluate.intervals import METHOD, groups_drawn
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.scorecard import scorecard
from evenhand.evaluate.selection import ranking_scores
from evenhand.evaluate.systems import (
    AVERAGES,
    OURS,
    Measured,
    Question,
    Rival,
    baseline_systems,
    differences,
    equalled,
    measure,
    measured_rows,
    our_systems,
)
from evenhand.types import FitStatistics, Floats, Logits, Predictions, Probs, Task

UNSTABLE_BELOW = 20
"""A class with fewer positives is marked: its figures say little."""
MOST_CURVES = 12
"""Labels up to which each one's reliability curve is kept."""


@dataclass(frozen=True)
class Results:
    """Every figure of a run, and the rows that it was counted on.

    Args:
        contents: what ``metrics.json`` holds.
        predictions: the measured rows.
        decided_NC: labels that the chosen decision gives them, bool.
        probs_NC: their calibrated probabilities.
    """

    contents: Mapping[str, Any]
    predictions: Predictions
    decided_NC: Decided
    probs_NC: Floats

    def to_dict(self) -> dict[str, Any]:
        """Return what ``metrics.json`` holds; undefined figures are None."""
        return copy.deepcopy(dict(self.contents))

    def frame(self) -> Any:
        """Return one row a class as a ``pyarrow.Table``; intervals become three columns."""
        import pyarrow as pa

        return pa.Table.from_pylist([_flat(row) for row in self.contents["per_class"]])

    def plot(self) -> str:
        """Draw F1 by class with intervals, before and after the cuts; return the SVG."""
        from evenhand.evaluate.plots import Words, draw_dumbbells

        words = Words("per-class", "F1 by class", "F1 with intervals at 0.5 and at the cuts.")
        return draw_dumbbells(self.contents["per_class"], words)


def evaluate(
    tune: Predictions,
    report: Predictions | None,
    *,
    decision: Decision,
    fit: FitStatistics,
    rivals: tuple[Rival, ...] = (),
    question: Question | None = None,
    refit: Refit | None = None,
) -> Results:
    """Measure a model's predictions beside its baselines, all on the same rows and resamples.

    Args:
        tune: rows that chose the decision.
        report: rows that chose nothing, or None: then the tune rows are cross-fitted.
        decision: the run's, fitted on ``tune``; its kind of cut names the first system.
        fit: counts of the fit rows, for the baselines that know only shares.
        rivals: other models, such as TF-IDF, on the same rows in the same order.
        question: settings, resamples, level, seed, note.
        refit: makes the scores of tune rows anew for each fold, where tune rows chose them.

    Raises:
        DataError: E212 when ``tune`` are report rows, E211 when a rival's rows are others,
            E213 when anything has other labels than the decision, E209 for no rows.
    """
    question = question or Question()
    tune.refuse_report("choosing cuts")
    _refuse_mismatch(tune, report, decision, rivals)
    ours, probs_NC = our_systems(tune, report, decision, question, refit=refit)
    rows = measured_rows(tune, report, seed=question.seed, refit=refit)
    measured = measure(rows, [*ours, *baseline_systems(rows, fit, rivals, question)], question)
    contents = {
        "estimate": "cross-fitted" if report is None else "held out",
        "role": rows.role.value,
        "rows": len(rows),
        "task": rows.labels.task.value,
        "labels": list(rows.labels.names),
        "level": question.level,
        "interval": METHOD,
        "resamples": question.resamples,
        "seed": question.seed,
        "note": question.note,
        "systems": [m.row() for m in measured],
        "differences": differences(measured),
        "per_class": _per_class(rows, measured, decision),
        "equals_baseline": equalled(measured),
        "demands": demands_measured(decision, rows, ours[0].decided_NC, seed=question.seed),
        "unmet": list(decision.unmet),
    }
    if groups := groups_drawn(rows.groups_N):
        contents["groups"] = groups
    contents |= _overall(rows, measured[0]) | averages_and_calibration(
        rows, ours[0].decided_NC, probs_NC
    )
    return Results(contents, rows, ours[0].decided_NC, probs_NC)


def _refuse_mismatch(
    tune: Predictions, report: Predictions | None, decision: Decision, rivals: tuple[Rival, ...]
) -> None:
    given = (tune, report, *(p for rival in rivals for p in (rival.tune, rival.report)))
    if any(p.labels != decision.labels for p in given if p is not None):
        raise DataError(
            "E213",
            "predictions and decision have different labels",
            got=f"decision for {len(decision.labels)} labels, {decision.labels.names[:4]} ...",
            fix="fit the decision on the tune rows of the same run",
        )
    if not (tune if report is None else report).ids:
        raise DataError(
            "E209",
            "there is no row to measure",
            got="predictions of 0 rows",
            fix="pass rows of the role, or leave the role out",
        )
    for rival in rivals:
        for ours, theirs in ((tune, rival.tune), (report, rival.report)):
            if _ids(ours) != _ids(theirs):
                raise DataError(
                    "E211",
                    f"the predictions of {rival.name!r} are of other rows",
                    got=f"{len(_ids(theirs))} rows beside {len(_ids(ours))}",
                    fix="score the same rows, in the same order",
                )


def _ids(predictions: Predictions | None) -> tuple[str, ...]:
    return () if predictions is None else predictions.ids


def _per_class(
    rows: Predictions, measured: list[Measured], decision: Decision
) -> list[dict[str, Any]]:
    first = measured[0]
    fixed_name = OURS[rows.labels.task]["fixed"]
    fixed = next(m for m in measured if m.system.name == fixed_name)
    counts = metrics.confusion_counts(rows.truth_NC, first.system.decided_NC)
    columns = {
        name: replicates.intervals(figure, level=first.level)
        for name, replicates, figure in (
            ("precision", first.decided, "precision"),
            ("recall", first.decided, "recall"),
            ("f1", first.decided, "f1"),
            ("f1_half", fixed.decided, "f1"),
            *((("ap", first.ranked, "ap"),) if first.ranked else ()),
        )
    }
    auc_C, mcc_C = _aucs(rows), metrics.matthews(counts)
    return [
        {"name": name, "support": int(counts.support_C[c])}
        | {key: intervals[c].to_dict() for key, intervals in columns.items()}
        | {
            "auc": _number(auc_C[c]),
            "mcc": _number(mcc_C[c]),
            "threshold": decision.cuts[c].value,
            "threshold_source": decision.cuts[c].source,
            "unstable": bool(counts.support_C[c] < UNSTABLE_BELOW),
        }
        for c, name in enumerate(rows.labels.names)
    ]


def _overall(rows: Predictions, first: Measured) -> dict[str, Any]:
    """Return what is said of the first system as a whole."""
    truth_NC, decided_NC, task = rows.truth_NC, first.system.decided_NC, rows.labels.task
    counts = metrics.confusion_counts(truth_NC, decided_NC)
    f1_C = metrics.f1(counts)
    matrix_CC = metrics.confusion_matrix(truth_NC, decided_NC)
    row = first.row()
    overall = {name: row[name] for name in (*AVERAGES, "macro_ap")} | {
        "hamming": _number(metrics.hamming(truth_NC, decided_NC, task)),
        "kappa": _number(metrics.kappa(matrix_CC)) if task is Task.MULTICLASS else None,
        "balanced_accuracy": _number(metrics.balanced_accuracy(counts, task)),
        "macro_auc": _number(metrics.macro(_aucs(rows))),
        "f1_spread": _number(np.sqrt(metrics.macro((f1_C - metrics.macro(f1_C)) ** 2))),
    }
    outcomes_4C = (counts.tn_C, counts.fp_C, counts.fn_C, counts.tp_C)
    confusion = (
        {"matrix": matrix_CC.tolist()}
        if task is Task.MULTICLASS
        else {"one_vs_rest": np.stack(outcomes_4C, axis=1).astype(int).tolist()}
    )
    silent_C = np.flatnonzero(~decided_NC.any(axis=0))
    return {
        "undefined": metrics.undefined(f1_C),
        "overall": overall,
        "confusion": {"labels": list(rows.labels.names)} | confusion,
        "never_predicted": [rows.labels.names[c] for c in silent_C],
    }


def averages_and_calibration(
    rows: Predictions, decided_NC: Decided, probs_NC: Floats
) -> dict[str, Any]:
    """Return averages of each figure, and how honest probabilities are, raw and calibrated.

    Args:
        rows: the measured rows.
        decided_NC: labels given, bool.
        probs_NC: calibrated probabilities.
    """
    scored = scorecard(rows.labels, rows.truth_NC, decided_NC, scores_NC=ranking_scores(rows))
    scores = rows.scores
    raw = scores.probs(rows.labels.task) if isinstance(scores, Logits) else scores
    return {
        "averages": scored.to_dict()["averages"],
        "calibration": {
            "raw": _honesty(rows, raw),
            "calibrated": _honesty(rows, Probs(probs_NC)),
        },
    }


def _honesty(rows: Predictions, probs: Probs) -> dict[str, Any]:
    """Return the measures of calibration, the curve of each label only where there are few."""
    measures = calibration_measures(probs, rows.truth_NC, rows.labels.task)
    if len(rows.labels) > MOST_CURVES:
        measures["per_label"] = [
            {name: value for name, value in label.items() if name != "curve"}
            for label in measures["per_label"]
        ]
    return measures


def _aucs(rows: Predictions) -> Floats:
    columns = zip(rows.truth_NC.T, ranking_scores(rows).T, strict=True)
    return np.array([metrics.roc_auc(t_N, s_N) for t_N, s_N in columns])


def _number(value: float | Floats) -> float | None:
    return None if math.isnan(value) else float(value)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a class's row with ``f1``, ``f1_low``, ``f1_high`` in place of an interval."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= {key: value["value"], f"{key}_low": value["low"], f"{key}_high": value["high"]}
        else:
            flat[key] = value
    return flat
