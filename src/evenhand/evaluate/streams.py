"""Streams: what a run is worth where one of them is missing, decided by the same cuts."""
# Shapes: N windows, K of a fold, C labels.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.decide import Choice, Decision, crossfit
from evenhand.decide.rule import fit_rule
from evenhand.evaluate.intervals import decided_statistic
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.systems import Question, resampled
from evenhand.types import Predictions, Role


def decided_without(
    tune: Predictions, hidden: Predictions, decision: Decision, question: Question
) -> Decided:
    """Return the labels of rows whose stream is missing, by cuts that rows with it chose.

    Report rows are decided by the run's own decision. Tune rows, which chose it, are decided in
    the folds of the cross-fit: each by the rule that other tune rows, with all streams, chose.

    Args:
        tune: tune rows with all streams.
        hidden: tune or report rows without one of them; tune rows in the same order.
        decision: the run's.
        question: settings and seed.
    """
    if hidden.role is Role.REPORT:
        return decision.decide(hidden.scores)
    settings = {**question.settings, "cuts": decision.kind, "resamples": 0}
    fold_N = crossfit(tune, seed=question.seed, **settings).fold_N
    choice = Choice(**settings, seed=question.seed)
    decided_NC = np.zeros(hidden.truth_NC.shape, dtype=np.bool_)
    for fold in range(int(fold_N.max()) + 1):
        held_K = np.flatnonzero(fold_N == fold)
        rule = fit_rule(tune.take(np.flatnonzero(fold_N != fold)), choice)
        decided_NC[held_K], _ = rule.decide(hidden.take(held_K).scores)
    return decided_NC


def without_streams(
    rows: Predictions, decided_NC: Decided, hidden: Mapping[str, Decided], question: Question
) -> list[dict[str, Any]]:
    """Return macro-F1 with each stream missing, and its paired difference from all streams.

    A stream that the network does not use gives a difference of 0 from 0 to 0.

    Args:
        rows: the measured rows.
        decided_NC: labels given with all streams, bool.
        hidden: stream -> labels given without it.
        question: resamples, level, seed, positive.
    """
    given = (decided_NC, *hidden.values())
    statistics = [decided_statistic(rows.truth_NC, d_NC) for d_NC in given]
    whole, *others = resampled(statistics, rows, question)
    level = question.level
    return [
        {
            "stream": stream,
            "macro_f1": found.interval("macro_f1", level=level).to_dict(),
            "difference": found.minus(whole, "macro_f1", level=level).to_dict(),
            "per_class": {
                name: interval.to_dict()
                for name, interval in zip(
                    rows.labels.names, found.intervals("f1", level=level), strict=True
                )
            },
        }
        for stream, found in zip(hidden, others, strict=True)
    ]
