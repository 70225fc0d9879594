"""Series: what is measured of windows besides what is measured of any row.

F1 of the label that is looked for beside that of always giving it, scores with each stream
missing, whole recordings, and how early events are told. Shapes: N windows, C labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.data.series import SeriesSchema
from evenhand.decide import Decision
from evenhand.evaluate.baselines import always
from evenhand.evaluate.foretelling import foretelling
from evenhand.evaluate.intervals import decided_statistic
from evenhand.evaluate.metrics import Decided, divide
from evenhand.evaluate.places import Places
from evenhand.evaluate.sequences import sequence_level
from evenhand.evaluate.streams import decided_without, without_streams
from evenhand.evaluate.systems import Question, resampled
from evenhand.types import FitStatistics, LabelSpace, Predictions, Task

FORETOLD = ("horizon", "any", "future")
"""Targets that are not the window's own label."""


@dataclass(frozen=True)
class Seen:
    """What is known of measured windows besides their scores.

    Args:
        schema: how they were cut.
        places: where they lie.
        hidden: stream -> predictions of the same windows without it; none for a single stream.
    """

    schema: SeriesSchema
    places: Places
    hidden: Mapping[str, Predictions]


def positive_of(labels: LabelSpace) -> int | None:
    """Return the position of the label that is looked for: the second of two, else None."""
    return 1 if labels.task is Task.MULTICLASS and len(labels) == 2 else None


def series_figures(
    tune: Predictions,
    rows: Predictions,
    decided_NC: Decided,
    seen: Seen,
    *,
    decision: Decision,
    fit: FitStatistics,
    question: Question,
) -> dict[str, Any]:
    """Return what ``metrics.json`` holds under ``series``; undefined figures are None.

    Args:
        tune: rows that chose the decision.
        rows: the measured rows, tune or report.
        decided_NC: labels that the run gives them, bool.
        seen: of the measured rows.
        decision: the run's.
        fit: counts of the fit rows.
        question: settings, resamples, level, seed, positive.
    """
    schema = seen.schema
    hidden = {
        stream: decided_without(tune, without, decision, question)
        for stream, without in seen.hidden.items()
    }
    foretold = None
    if schema.target in FORETOLD:
        foretold = foretelling(
            rows,
            decided_NC,
            seen.places,
            horizon=schema.seconds(schema.horizon),
            question=question,
        )
    return {
        "target": schema.target,
        "streams": [stream.name for stream in schema.streams],
        "rate": schema.rate,
        **{k: schema.seconds(getattr(schema, k)) for k in ("window", "stride", "horizon")},
        "positive": _positive(rows, decided_NC, question),
        "without": without_streams(rows, decided_NC, hidden, question),
        "sequences": sequence_level(rows, decided_NC, seen.places, fit=fit, question=question),
        "foretelling": foretold,
    }


def _positive(rows: Predictions, decided_NC: Decided, question: Question) -> dict[str, Any] | None:
    """Return F1 of the label that is looked for, beside that of always giving it."""
    label = question.positive
    if label is None:
        return None
    counts = FitStatistics.of(rows.truth_NC, rows.labels.task)
    every_NC = always(counts, len(rows), label)
    columns = [d_NC[:, [label]] for d_NC in (decided_NC, every_NC)]
    statistics = [decided_statistic(rows.truth_NC[:, [label]], d_N1) for d_N1 in columns]
    ours, trivial = resampled(statistics, rows, question)
    level = question.level
    return {
        "label": rows.labels.names[label],
        "share": float(divide(counts.positives_C, counts.known_C)[label]),
        "f1": ours.interval("macro_f1", level=level).to_dict(),
        "always_f1": trivial.interval("macro_f1", level=level).to_dict(),
        "difference": ours.minus(trivial, "macro_f1", level=level).to_dict(),
    }
