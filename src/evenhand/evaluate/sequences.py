"""Sequences: what the answers to windows amount to for whole recordings.

A recording has a label if any of its measured windows has it, or as most of them have it; the
same is asked of the answers. Shapes: N windows, R recordings, C labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.baselines import ALWAYS
from evenhand.evaluate.intervals import bootstrap, decided_statistic, numbered
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.places import Places
from evenhand.evaluate.systems import Question
from evenhand.types import FitStatistics, Floats, Predictions, Truth

FIGURES = ("precision", "recall", "f1")


def sequence_level(
    rows: Predictions,
    decided_NC: Decided,
    places: Places,
    *,
    fit: FitStatistics,
    question: Question,
) -> dict[str, Any] | None:
    """Measure whole recordings; None where each of them is a single window.

    ``any`` is about the labels above 0, one against all recordings without it; its baseline gives
    them to every recording. ``majority`` is the label of most windows, the lower of two that are
    as frequent; its baseline is the commonest label of the fit rows. Recordings of one group are
    resampled together.

    Args:
        rows: the measured windows.
        decided_NC: labels given to them, bool.
        places: of the same windows.
        fit: counts of the fit rows.
        question: resamples, level, seed.

    Raises:
        DataError: E211 when the places are of other windows.
    """
    places.refuse_other(rows.ids)
    _, of_N = np.unique(places.recordings, return_inverse=True)
    member_N = numbered(of_N)
    _, first_R = np.unique(member_N, return_index=True)
    if len(first_R) == len(rows):
        return None
    groups_R = None if rows.groups_N is None else rows.groups_N[first_R]
    truth_NC, names = rows.truth_NC == 1, rows.labels.names
    most_C = np.arange(len(names)) == int(np.argmax(fit.positives_C))
    levels = {
        "any": _Level(
            names[1:],
            _any(truth_NC[:, 1:], member_N),
            _any(decided_NC[:, 1:], member_N),
            (ALWAYS, np.ones(len(names) - 1, np.bool_)),
        ),
        "majority": _Level(
            names,
            _most(truth_NC, member_N),
            _most(decided_NC, member_N),
            ("majority", most_C),
        ),
    }
    return {"recordings": len(first_R)} | {
        how: level.measured(groups_R, question) for how, level in levels.items()
    }


def _any(given_NC: Decided, member_N: NDArray[np.int64]) -> Decided:
    return _sums(given_NC, member_N) > 0


def _most(given_NC: Decided, member_N: NDArray[np.int64]) -> Decided:
    sums_RC = _sums(given_NC, member_N)
    return np.asarray(sums_RC.argmax(axis=1)[:, None] == np.arange(sums_RC.shape[1]))


def _sums(given_NC: Decided, member_N: NDArray[np.int64]) -> Floats:
    sums_RC = np.zeros((int(member_N.max()) + 1, given_NC.shape[1]))
    np.add.at(sums_RC, member_N, given_NC.astype(np.float64))
    return sums_RC


@dataclass(frozen=True)
class _Level:
    """Recordings under one way of calling them.

    Args:
        names: labels, ``(C,)``.
        truth_RC: whether a recording has the label.
        given_RC: whether its answers amount to it.
        trivial: name of a constant answer, and the labels that it gives, ``(C,)``.
    """

    names: Sequence[str]
    truth_RC: Decided
    given_RC: Decided
    trivial: tuple[str, Decided]

    def measured(self, groups_R: NDArray[np.int64] | None, question: Question) -> dict[str, Any]:
        """Return figures with intervals, and those of the constant answer."""
        truth: Truth = self.truth_RC.astype(np.float32)
        name, always_C = self.trivial
        always_RC = np.broadcast_to(always_C, truth.shape)
        ours, theirs = bootstrap(
            [decided_statistic(truth, decided_RC) for decided_RC in (self.given_RC, always_RC)],
            len(truth),
            resamples=question.resamples,
            seed=question.seed,
            groups_N=groups_R,
        )
        level = question.level
        columns = {figure: ours.intervals(figure, level=level) for figure in FIGURES}
        return {
            "macro_f1": ours.interval("macro_f1", level=level).to_dict(),
            "accuracy": ours.interval("accuracy", level=level).to_dict(),
            "baseline": {
                "name": name,
                "macro_f1": theirs.interval("macro_f1", level=level).to_dict(),
                "difference": ours.minus(theirs, "macro_f1", level=level).to_dict(),
            },
            "per_class": [
                {"name": label, "support": int(self.truth_RC[:, c].sum())}
                | {figure: intervals[c].to_dict() for figure, intervals in columns.items()}
                for c, label in enumerate(self.names)
            ],
        }
