"""What is asked of a distillation, and everything that can be wrong with that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.config import RunConfig, parse_config
from evenhand.data import Dataset
from evenhand.data.ledger import Ledger
from evenhand.data.split_file import split_hash
from evenhand.data.unlabelled import Unlabelled, read_unlabelled
from evenhand.decide.foreign import Kind
from evenhand.errors import ConfigError
from evenhand.run.pace import step_seconds
from evenhand.run.prepare import check_parts
from evenhand.run.screen import Screen
from evenhand.run.sources import Sources
from evenhand.run.train import Ready, located, make_ready
from evenhand.study.distill.layout import StudyLayout
from evenhand.study.distill.plan import Plan, Planned
from evenhand.study.distill.scoring import measured_rows, taught_rows
from evenhand.study.distill.seen import notes_on_seen, run_of
from evenhand.study.distill.teachers import Teacher, open_teacher, refuse_unreadable
from evenhand.types import Role

FORMAT = 1


@dataclass(frozen=True)
class Question:
    """What is asked of a distillation.

    Args:
        teacher: a run, a bundle, or a file of scores.
        sources: the rows of both runs.
        asked: nested settings of both, as in a run file.
        scores: what a file of scores holds; None for a model.
        unlabelled: file of further texts.
        weight: of the teacher; None is what the settings say.
    """

    teacher: Path
    sources: Sources
    asked: Mapping[str, Any]
    scores: Kind | None = None
    unlabelled: Path | None = None
    weight: float | None = None

    def alone(self) -> dict[str, Any]:
        """Return the settings of the run without a teacher."""
        return located({name: values for name, values in self.asked.items() if name != "distill"})

    def student(self, teacher_file: Path) -> dict[str, Any]:
        """Return the settings of the run with one, whose scores are in ``teacher_file``."""
        taught = {**self.asked.get("distill", {}), "teacher": str(teacher_file.absolute())}
        if self.weight is not None:
            taught["weight"] = self.weight
        if self.unlabelled is not None:
            taught["unlabelled"] = str(self.unlabelled.absolute())
        return {**self.alone(), "distill": taught}


@dataclass(frozen=True)
class Distillation:
    """A distillation that can start.

    Args:
        question: what is asked.
        layout: where it goes.
        ready: the run without a teacher.
        config: settings of the run with one.
        teacher: opened.
        further: unlabelled rows, if there are any.
        notes: what the user should know.
    """

    question: Question
    layout: StudyLayout
    ready: Ready
    config: RunConfig
    teacher: Teacher
    further: Unlabelled | None
    notes: tuple[str, ...]

    @property
    def dataset(self) -> Dataset:
        """The labelled rows of both runs."""
        return self.ready.dataset

    @property
    def unlabelled(self) -> int:
        """How many unlabelled rows there are to learn from."""
        return 0 if self.further is None else len(self.further.ids)

    def plan(self) -> Plan:
        """Return what is going to be done."""
        rows = self.ready.engine.loop.passes.rows
        tokens = float(self.ready.prepared.tables[Role.FIT].lengths().mean())
        return Plan(
            teacher=f"{self.question.teacher} ({self.teacher.kind})",
            rows={role.value: self.dataset.count(role) for role in Role},
            unlabelled=self.unlabelled,
            trainings=(
                Planned("alone", self.ready.job.config, rows, tokens),
                Planned("student", self.config, rows + self.unlabelled, tokens),
            ),
            notes=self.notes,
        )

    def step_seconds(self) -> float:
        """Return how long an optimizer step takes, by a few of the run without a teacher."""
        return step_seconds(self.ready.engine)

    def described(self) -> dict[str, Any]:
        """Return what ``study.json`` says of it, from which it can go on."""
        question, teacher, dataset = self.question, self.teacher, self.dataset
        run = run_of(question.teacher)
        return {
            "format": FORMAT,
            "teacher": {
                "path": str(question.teacher.absolute()),
                "kind": teacher.kind,
                "scores": question.scores,
                "sha256": teacher.sha256,
                "megabytes": teacher.megabytes(),
                "seconds": None if run is None else sum(run.manifest["seconds"].values()),
            },
            "sources": question.sources.to_dict(),
            "alone": question.alone(),
            "student": question.student(self.layout.teacher),
            "rows": {**self.plan().rows, "unlabelled": self.unlabelled},
            "sha256": {"split": split_hash(dataset), **dataset.sha256},
            "unlabelled_sha256": None if self.further is None else self.further.sha256,
            "notes": list(self.notes),
        }


def make_study(question: Question, out: str | Path, *, screen: Screen) -> Distillation:
    """Find everything that can be wrong with a distillation; nothing is written.

    Args:
        question: what is asked.
        out: a folder that is empty or not there.
        screen: where to speak.

    Raises:
        DataError: E242 for a teacher that does not fit the rows, or has learnt from those that
            are measured.
        EvenhandError: with the code of what else is wrong.
    """
    layout = StudyLayout(Path(out))
    layout.refuse_used()
    _refuse_memory(question.sources)
    refuse_unreadable(question.teacher, question.scores)
    parse_config(question.asked, source="the run file or --set")
    _refuse_other_teacher(question.asked)
    config = parse_config(question.student(layout.teacher), source="the command line")
    check_parts(config)
    ready = make_ready(question.sources, question.alone(), layout.alone, screen=screen)
    dataset, further = ready.dataset, None
    teacher = open_teacher(question.teacher, question.scores, dataset)
    if question.unlabelled is not None:
        further = read_unlabelled(str(question.unlabelled), dataset)
        for line in Ledger((further.count,)).lines():
            screen.say(line)
    notes = notes_on_seen(question.teacher, dataset)
    if teacher.kind == "scores":
        taught_rows(teacher, dataset, further)
        if not measured_rows(teacher, dataset):
            notes.append(
                f"{question.teacher} lacks tune or report rows: the teacher is not measured"
            )
    config = ready.job.config.model_copy(update={"distill": config.distill})
    return Distillation(question, layout, ready, config, teacher, further, tuple(notes))


def _refuse_memory(sources: Sources) -> None:
    """Raise for tables in memory: the study reads its rows more than once."""
    for name, what in sources.to_dict().items():
        if what is not None and what.startswith("<"):
            raise ConfigError(
                "E110",
                "a study goes back to its rows, so that they must lie in files",
                got=f"{name} is {what}, a table in memory",
                fix="write it to a file first",
            )


def _refuse_other_teacher(asked: Mapping[str, Any]) -> None:
    """Raise where the settings name the teacher's file, which the study itself writes."""
    for key in ("teacher", "unlabelled"):
        if asked.get("distill", {}).get(key) is not None:
            raise ConfigError(
                "E105",
                "a distillation writes the teacher's file itself",
                got=f"distill.{key} = {asked['distill'][key]!r}",
                fix=f"leave out distill.{key}: evenhand distill TEACHER DATA --unlabelled FILE",
            )
