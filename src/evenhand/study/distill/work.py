"""The work of a distillation, each part of it done once.

Two ordinary runs are trained on the same rows, one with the teacher and one without, so that
what the teacher brings is told from what training once more brings.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evenhand.config import parse_config
from evenhand.data import Dataset
from evenhand.data.unlabelled import Unlabelled, read_unlabelled
from evenhand.durable import file_sha256, make_folder, write_json
from evenhand.errors import MissingFileError, TrainingError
from evenhand.run.folder import Layout
from evenhand.run.screen import Screen
from evenhand.run.sound import read_sound
from evenhand.run.sources import Sources
from evenhand.run.train import trained
from evenhand.run.unchanged import changed_data
from evenhand.study.distill.layout import StudyLayout
from evenhand.study.distill.question import Distillation
from evenhand.study.distill.scoring import store_scores
from evenhand.study.distill.table import Distilled, distilled
from evenhand.study.distill.teachers import Teacher, open_teacher
from evenhand.study.work import stopping

KEYS = ("teacher", "sources", "alone", "student", "rows", "sha256", "unlabelled_sha256", "notes")
SHOWN = ("systems", "differences", "notes")
"""What a stored result must hold to be shown again."""
STORED = "teacher_file_sha256"
"""In ``study.json`` once the teacher's scores are on disk."""


def begin(study: Distillation, *, screen: Screen) -> StudyLayout:
    """Write down what is asked, and what the teacher says of the rows.

    After that neither the teacher nor anything else of ``study`` is needed in memory.

    Raises:
        WriteError: E106 when the folder cannot be written.
    """
    layout = study.layout
    make_folder(layout.root)
    write_json(layout.manifest, study.described())
    stored = read_sound(layout.manifest, *KEYS)
    _store(layout, stored, study.teacher, (study.dataset, study.further), screen=screen)
    return layout


def finish(layout: StudyLayout, *, screen: Screen) -> Distilled:
    """Train what is missing of both runs, and compare them.

    Raises:
        EvenhandError: with the code of what went wrong; ``go_on`` takes it up from there.
    """
    stored = read_sound(layout.manifest, *KEYS)
    sources = Sources.from_dict(stored["sources"])
    with stopping(layout.root, command=layout.command):
        for folder, asked in ((layout.alone, "alone"), (layout.student, "student")):
            if not Layout(folder).finished:
                screen.say(f"run     {folder}")
            trained(sources, stored[asked], folder, screen=screen)
    found = distilled(layout, stored)
    write_json(layout.result, found.to_dict())
    return found


def go_on(out: str | Path, *, screen: Screen) -> Distilled:
    """Go on with the distillation in ``out``; what is finished is not done again, but returned.

    Raises:
        MissingFileError: E302 when none was started there.
        TrainingError: E303 when data, unlabelled rows or teacher are no longer what they were.
    """
    layout = StudyLayout(Path(out))
    if not layout.manifest.is_file():
        raise MissingFileError(
            "E302",
            "there is no distillation to go on with",
            got=str(layout.root),
            fix="start one without --resume",
        )
    if layout.result.is_file():
        return Distilled(read_sound(layout.result, *SHOWN))
    if not Layout(layout.student).finished:
        _take_up(layout, screen=screen)
    return finish(layout, screen=screen)


def _take_up(layout: StudyLayout, *, screen: Screen) -> None:
    """Refuse what has changed, and let the teacher speak if it has not yet."""
    stored = read_sound(layout.manifest, *KEYS)
    config = parse_config(stored["student"], source=str(layout.manifest))
    dataset = Sources.from_dict(stored["sources"]).read(config)
    if (files := changed_data(dataset, stored["sha256"])) is not None:
        raise _changed("the data", files)
    further = None
    if config.distill.unlabelled is not None:
        further = read_unlabelled(config.distill.unlabelled, dataset)
        if further.sha256 != stored["unlabelled_sha256"]:
            raise _changed("the file of unlabelled rows", config.distill.unlabelled)
    if STORED in stored:
        if not layout.teacher.is_file() or file_sha256(layout.teacher) != stored[STORED]:
            raise _changed("what the teacher said", str(layout.teacher))
        return
    about = stored["teacher"]
    teacher = open_teacher(Path(about["path"]), about["scores"], dataset)
    if teacher.sha256 != about["sha256"]:
        raise _changed("the teacher", about["path"])
    _store(layout, stored, teacher, (dataset, further), screen=screen)


def _store(
    layout: StudyLayout,
    stored: dict[str, Any],
    teacher: Teacher,
    rows: tuple[Dataset, Unlabelled | None],
    *,
    screen: Screen,
) -> None:
    """Write what the teacher says, and that it has."""
    screen.say(f"teacher {teacher.source}: scores {sum(stored['rows'].values()):,} rows")
    store_scores(layout, teacher, *rows)
    write_json(layout.manifest, {**stored, STORED: file_sha256(layout.teacher)})


def _changed(what: str, got: str) -> TrainingError:
    return TrainingError(
        "E303",
        f"{what} is no longer what the distillation was started with",
        got=got,
        fix="restore it, or start a new one with another --out",
    )
