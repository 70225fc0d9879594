"""Teacher, student, and the student that had no teacher, measured on the same rows."""
# Shapes: N measured rows, C classes.

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.config import RunConfig
from evenhand.evaluate.compare import Settings, compare
from evenhand.evaluate.compare_rows import Answered
from evenhand.evaluate.intervals import METHOD
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.systems import WITHOUT_DEMANDS, Question, System, decide_measured, measure
from evenhand.predictions import load_predictions
from evenhand.run.deciding import settings_as_decided
from evenhand.run.folder import Run
from evenhand.run.reread import decided_rows, measured_role, settings_of
from evenhand.study.distill.layout import StudyLayout
from evenhand.types import Predictions, Role

TEACHER, STUDENT, ALONE = "teacher", "student", "student alone"
FIGURES = ("macro_f1", "macro_ap")


@dataclass(frozen=True)
class Distilled:
    """Every figure of a distillation.

    Args:
        contents: what ``distill.json`` holds.
    """

    contents: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; undefined figures are None."""
        return copy.deepcopy(dict(self.contents))

    def frame(self) -> Any:
        """Return one row a system as a ``pyarrow.Table``; intervals become three columns."""
        import pyarrow as pa

        return pa.Table.from_pylist([_flat(row) for row in self.contents["systems"]])


def distilled(layout: StudyLayout, stored: Mapping[str, Any]) -> Distilled:
    """Measure both runs and the teacher, each decided by cuts that other rows chose.

    Report rows are decided by cuts of the tune rows; where there are none, each tune row by cuts
    of other tune rows. Differences are paired: all systems see the same resamples.

    Args:
        layout: of the study, both runs finished.
        stored: what ``study.json`` holds.
    """
    alone, student = Run(layout.alone), Run(layout.student)
    role, config = measured_role(student), settings_of(student)
    rows, student_NC, _ = decided_rows(student, role)
    alone_rows, alone_NC, _ = decided_rows(alone, role)
    given = {STUDENT: (rows, student_NC), ALONE: (alone_rows, alone_NC)}
    taught = _teacher(layout, role, student, config)
    if taught is not None:
        given = {TEACHER: taught} | given
    costs = {TEACHER: _of_teacher(stored["teacher"]), STUDENT: _cost(student), ALONE: _cost(alone)}
    return Distilled(
        {
            "estimate": "held out" if role is Role.REPORT else "cross-fitted",
            "role": role.value,
            "rows": len(rows),
            "labels": list(rows.labels.names),
            "task": rows.labels.task.value,
            "weight": config.distill.weight,
            "fit_rows": stored["rows"]["fit"],
            "unlabelled_rows": stored["rows"]["unlabelled"],
            "level": config.report.level,
            "resamples": config.report.resamples,
            "interval": METHOD,
            "seed": config.seed,
            "notes": stored["notes"],
            "teacher": stored["teacher"],
            "systems": _systems(rows, given, costs, config),
            "differences": [
                _difference(one, other, given, config)
                for one, other in ((STUDENT, ALONE), (TEACHER, STUDENT))
                if {one, other} <= given.keys()
            ],
        }
    )


def _teacher(
    layout: StudyLayout, role: Role, student: Run, config: RunConfig
) -> tuple[Predictions, Decided] | None:
    """Decide the teacher's rows as the student's are; None where it does not know them.

    What is demanded of the student is not: the teacher may never be able to meet it.
    """
    if not layout.teacher_of(role).is_file():
        return None
    tune, rows = (load_predictions(layout.teacher_of(of)) for of in (Role.TUNE, role))
    question = Question(settings=settings_as_decided(config, student.decision), seed=config.seed)
    report = rows if role is Role.REPORT else None
    return rows, decide_measured(tune, report, question, WITHOUT_DEMANDS)[0]


def _systems(
    rows: Predictions,
    given: Mapping[str, tuple[Predictions, Decided]],
    costs: Mapping[str, dict[str, float | None]],
    config: RunConfig,
) -> list[dict[str, Any]]:
    question = Question(
        resamples=config.report.resamples, level=config.report.level, seed=config.seed
    )
    systems = [System(name, "ours", *pair[::-1]) for name, pair in given.items()]
    measured = (found.row() for found in measure(rows, systems, question))
    return [
        {name: row[name] for name in ("name", *FIGURES)} | costs[row["name"]] for row in measured
    ]


def _difference(
    one: str, other: str, given: Mapping[str, tuple[Predictions, Decided]], config: RunConfig
) -> dict[str, Any]:
    """Return how much better ``one`` is than ``other``, and row by row where."""
    settings = Settings(
        resamples=config.report.resamples, level=config.report.level, seed=config.seed
    )
    found = compare(
        Answered.of(other, *given[other]), Answered.of(one, *given[one]), settings=settings
    )
    return {"name": f"{one} less {other}", **found.to_dict()}


def _cost(run: Run) -> dict[str, float | None]:
    size = sum(file.stat().st_size for file in run.layout.bundle.iterdir())
    return {"minutes": sum(run.manifest["seconds"].values()) / 60, "megabytes": size / 1e6}


def _of_teacher(about: Mapping[str, Any]) -> dict[str, float | None]:
    seconds = about["seconds"]
    return {
        "minutes": None if seconds is None else seconds / 60,
        "megabytes": about["megabytes"],
    }


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {"name": row["name"]}
    for key in FIGURES:
        interval = row[key] or {"value": None, "low": None, "high": None}
        flat |= {key: interval["value"], f"{key}_low": interval["low"]}
        flat |= {f"{key}_high": interval["high"]}
    return flat | {"minutes": row["minutes"], "megabytes": row["megabytes"]}
