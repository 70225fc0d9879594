"""The folds of a cross-validation put together: every row by the model that never saw it."""
# Shapes: N rows, C classes, K folds.

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.durable import make_folder, write_json
from evenhand.evaluate.intervals import METHOD
from evenhand.evaluate.metrics import Decided, confusion_counts, f1, macro
from evenhand.evaluate.results import UNSTABLE_BELOW
from evenhand.evaluate.systems import (
    OURS,
    WITHOUT_DEMANDS,
    Measured,
    Question,
    System,
    baseline_systems,
    decide_measured,
    differences,
    measure,
)
from evenhand.predictions import save_predictions
from evenhand.run import Run
from evenhand.run.deciding import settings_as_decided
from evenhand.run.reread import decided_rows, settings_of
from evenhand.run.rivals import stored_rivals
from evenhand.study.folder import Study
from evenhand.types import FitStatistics, Predictions, Probs, Role, Truth


@dataclass(frozen=True)
class CrossValidation:
    """What all folds say together; ``frame`` is a table of it.

    Args:
        contents: what ``result.json`` holds.
        predictions: calibrated probabilities of every row by the model that never saw it.
    """

    contents: Mapping[str, Any]
    predictions: Predictions

    def to_dict(self) -> dict[str, Any]:
        """Return what ``result.json`` holds."""
        return dict(self.contents)

    def frame(self) -> Any:
        """Return one row a system as a ``pyarrow.Table``: mean, deviation and pooled macro-F1."""
        import pyarrow as pa

        return pa.Table.from_pylist(
            [
                {"system": row["name"], "mean": row["mean"], "deviation": row["deviation"]}
                | {f"pooled_{key}": value for key, value in row["macro_f1"].items()}
                for row in self.contents["systems"]
            ]
        )

    @staticmethod
    def file(study: Study) -> Path:
        """Where the scores of all rows go."""
        return study.root / "predictions" / "out-of-fold.parquet"

    def save(self, study: Study) -> None:
        """Write ``result.json``, and the scores of all rows.

        Raises:
            WriteError: E106 when the disk is full.
        """
        make_folder(self.file(study).parent)
        save_predictions(self.file(study), self.predictions)
        write_json(study.result, self.contents)


def conclude(runs: Sequence[Run]) -> CrossValidation:
    """Put the folds' report rows together and measure them beside the baselines.

    The rows of a fold are decided by that fold's own cuts. Intervals resample the pooled rows,
    those of one unit together. The spread over folds also holds the luck of training, but folds
    share fit rows, so it is no interval.

    Args:
        runs: finished, one a fold.
    """
    config = settings_of(runs[0])
    parts = [_measured(run) for run in runs]
    rows = _pooled([rows for rows, _ in parts])
    folds = [_systems(run, *part) for run, part in zip(runs, parts, strict=True)]
    systems = [_joined(name, [fold[name] for fold in folds]) for name in folds[0]]
    systems[0] = replace(systems[0], scored=rows)
    question = Question(
        resamples=config.report.resamples, level=config.report.level, seed=config.seed
    )
    measured = measure(rows, systems, question)
    truths = [part.truth_NC for part, _ in parts]
    contents = {
        "folds": len(runs),
        "rows": len(rows),
        "task": rows.labels.task.value,
        "labels": list(rows.labels.names),
        "level": question.level,
        "interval": METHOD,
        "systems": [_row(m, [fold[m.system.name] for fold in folds], truths) for m in measured],
        "differences": differences(measured),
        "per_class": _per_class(measured[0], rows, question.level),
        "seconds": sum(sum(run.manifest["seconds"].values()) for run in runs),
    }
    return CrossValidation(contents, rows)


def _measured(run: Run) -> tuple[Predictions, Decided]:
    """Return the report rows of a fold with calibrated probabilities, and their labels.

    No model of the study that has seen a row scored it, so that the rows may choose things from
    now on: their role is tune.
    """
    rows, decided_NC, probs_NC = decided_rows(run, Role.REPORT)
    return replace(rows, scores=Probs(probs_NC), role=Role.TUNE), decided_NC


def _systems(run: Run, rows: Predictions, decided_NC: Decided) -> dict[str, System]:
    """Return what every system gives to the report rows of a fold, by its name, ours first."""
    config, fit = settings_of(run), FitStatistics.from_dict(run.manifest["fit"])
    question = Question(settings=settings_as_decided(config, run.decision), seed=config.seed)
    found = [System("evenhand", "ours", decided_NC, rows)]
    if run.decision.kind != "fixed":
        tune, report = (run.predictions(role) for role in (Role.TUNE, Role.REPORT))
        fixed, _ = decide_measured(
            tune, report, question, {**WITHOUT_DEMANDS, "cuts": "fixed", "costs": None}
        )
        found.append(System(OURS[rows.labels.task]["fixed"], "ours", fixed, rows))
    found += baseline_systems(rows, fit, stored_rivals(run), question)
    return {system.name: system for system in found}


def _joined(name: str, parts: Sequence[System]) -> System:
    """Return one system over the rows of all folds."""
    scored = [part.scored for part in parts if part.scored is not None]
    return System(
        name,
        parts[0].kind,
        np.concatenate([part.decided_NC for part in parts]),
        _pooled(scored) if scored else None,
    )


def _pooled(parts: Sequence[Predictions]) -> Predictions:
    """Return the rows of all folds end to end.

    A fold numbers its units by itself; as folds never part a unit, no two folds share one.
    """
    groups: list[NDArray[np.int64]] = []
    for part in parts:
        own_N = np.arange(len(part)) if part.groups_N is None else part.groups_N
        groups.append(own_N + (groups[-1].max() + 1 if groups else 0))
    return replace(
        parts[0],
        ids=tuple(name for part in parts for name in part.ids),
        scores=Probs(np.concatenate([part.probs() for part in parts])),
        truth_NC=np.concatenate([part.truth_NC for part in parts]),
        groups_N=np.concatenate(groups),
    )


def _row(measured: Measured, parts: Sequence[System], truths: Sequence[Truth]) -> dict[str, Any]:
    """Return a system's figures on all rows, and its macro-F1 fold by fold."""
    values = [
        float(macro(f1(confusion_counts(truth_NC, part.decided_NC))))
        for truth_NC, part in zip(truths, parts, strict=True)
    ]
    return measured.row() | {
        "folds": values,
        "mean": statistics.fmean(values),
        "deviation": statistics.stdev(values),
    }


def _per_class(measured: Measured, rows: Predictions, level: float) -> list[dict[str, Any]]:
    """Return precision, recall, F1 and average precision of each class, with intervals."""
    support_C = (rows.truth_NC == 1).sum(axis=0)
    figures = {
        name: measured.decided.intervals(name, level=level)
        for name in ("precision", "recall", "f1")
    }
    if measured.ranked is not None:
        figures["ap"] = measured.ranked.intervals("ap", level=level)
    return [
        {
            "name": name,
            "support": int(support_C[c]),
            "unstable": bool(support_C[c] < UNSTABLE_BELOW),
        }
        | {figure: intervals[c].to_dict() for figure, intervals in figures.items()}
        for c, name in enumerate(rows.labels.names)
    ]
