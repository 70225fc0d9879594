"""What the teacher says of the rows, stored before anything is trained."""
# Shapes: M rows of a teacher's file, C classes.

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evenhand.data import Dataset
from evenhand.data.unlabelled import Unlabelled
from evenhand.predictions import save_predictions
from evenhand.study.distill.layout import StudyLayout
from evenhand.study.distill.teachers import Asked, Teacher
from evenhand.types import Predictions, Probs, Role

MEASURED = (Role.TUNE, Role.REPORT)


def store_scores(
    layout: StudyLayout, teacher: Teacher, dataset: Dataset, further: Unlabelled | None
) -> None:
    """Write the teacher's probabilities: of measured rows if it knows them, and of all it teaches.

    Raises:
        DataError: E242 for rows that it must know and does not.
        WriteError: E106 when a file cannot be written.
    """
    for role, predictions in measured_rows(teacher, dataset).items():
        save_predictions(layout.teacher_of(role), predictions)
    save_predictions(layout.teacher, taught_rows(teacher, dataset, further))


def taught_rows(teacher: Teacher, dataset: Dataset, further: Unlabelled | None) -> Predictions:
    """Return probabilities of the fit rows, then of unlabelled rows, whose truth is unknown.

    Raises:
        DataError: E242 for rows that the teacher does not know.
    """
    fit = _predictions(teacher, dataset, Role.FIT)
    if further is None:
        return fit
    asked = Asked(further.ids, list(further.texts))
    probs_MC = teacher.probs(asked, dataset.labels)
    return Predictions(
        ids=fit.ids + further.ids,
        scores=Probs(np.concatenate([fit.scores.values_NC, probs_MC])),
        truth_NC=np.concatenate([fit.truth_NC, np.full(probs_MC.shape, np.nan, np.float32)]),
        labels=fit.labels,
        role=Role.FIT,
    )


def measured_rows(teacher: Teacher, dataset: Dataset) -> dict[Role, Predictions]:
    """Return probabilities of tune and report rows; nothing where the teacher lacks any of them.

    Its cuts are chosen on all tune rows, as those of the runs beside it are.
    """
    asked = {role: Asked.of(dataset, role) for role in MEASURED if dataset.count(role)}
    if not all(teacher.knows(rows.ids) for rows in asked.values()):
        return {}
    return {
        role: replace(
            _predictions(teacher, dataset, role), groups_N=dataset.unit_N[dataset.rows(role)]
        )
        for role in asked
    }


def _predictions(teacher: Teacher, dataset: Dataset, role: Role) -> Predictions:
    asked = Asked.of(dataset, role)
    probs_MC = teacher.probs(asked, dataset.labels)
    return Predictions(asked.ids, Probs(probs_MC), dataset.truth(role), dataset.labels, role)
