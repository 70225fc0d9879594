"""Teachers: a trained model, or anybody's scores; either gives probabilities of rows by their ids.

Of a model only what any bundle offers is used: its labels, how it reads rows, and ``predict``.
"""
# Shapes: M rows that are asked for, C classes.

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from evenhand import bundle
from evenhand.data import Dataset, Schema
from evenhand.data.series import SeriesSchema
from evenhand.decide.foreign import Kind, read_scores_alone
from evenhand.durable import MANIFEST, file_sha256
from evenhand.errors import ConfigError, DataError, MissingFileError
from evenhand.run.teaching import probs_for, refuse_other_labels
from evenhand.types import Floats, LabelSpace, Predictions, Probs, Role

if TYPE_CHECKING:
    from evenhand.bundle import Predictor


@dataclass(frozen=True)
class Asked:
    """Rows that a teacher is asked about.

    Args:
        ids: one a row.
        contents: what a model reads: texts, or windows of series.
    """

    ids: tuple[str, ...]
    contents: Any

    @classmethod
    def of(cls, dataset: Dataset, role: Role) -> Asked:
        """Return the rows of a role."""
        rows = dataset.rows(role)
        ids = tuple(dataset.ids[i] for i in rows)
        if dataset.windows is not None:
            return cls(ids, dataset.windows.take(rows))
        return cls(ids, [dataset.texts[i] for i in rows])

    def __len__(self) -> int:
        return len(self.ids)


class Teacher(Protocol):
    """What a teacher can be asked."""

    @property
    def kind(self) -> Literal["model", "scores"]:
        """Whether it can be asked about any row, or only about those of its file."""
        ...

    @property
    def source(self) -> Path:
        """The file or folder that it is."""
        ...

    @property
    def sha256(self) -> str:
        """Hash by which another one is told from it."""
        ...

    def megabytes(self) -> float | None:
        """Return its size on disk, 10^6 bytes; None where it is no model."""
        ...

    def knows(self, ids: Sequence[str]) -> bool:
        """Say whether it can give probabilities of all these rows."""
        ...

    def probs(self, asked: Asked, labels: LabelSpace) -> Floats:
        """Return calibrated probabilities in the order of ``labels``, ``(M, C)``.

        Raises:
            DataError: E242 for rows that it does not know.
        """
        ...


@dataclass(frozen=True)
class ModelTeacher:
    """A bundle, of a run or by itself.

    Args:
        source: as it was named.
        model: what the bundle holds.
    """

    source: Path
    model: Predictor
    kind: Literal["model"] = "model"

    @property
    def sha256(self) -> str:
        """Hash of what its folder lists: of a bundle's manifest, which holds that of every file."""
        folder = _folder(self.source)
        if (folder / MANIFEST).is_file():
            return file_sha256(folder / MANIFEST)
        listed = [(f.relative_to(folder).as_posix(), f.stat().st_size) for f in _files(folder)]
        return hashlib.sha256(repr(listed).encode()).hexdigest()

    def megabytes(self) -> float | None:
        """Return the size of the bundle, 10^6 bytes."""
        return sum(file.stat().st_size for file in _files(_folder(self.source))) / 1e6

    def knows(self, ids: Sequence[str]) -> bool:
        """Say yes: a model can be asked about any row."""
        return True

    def probs(self, asked: Asked, labels: LabelSpace) -> Floats:
        """Return the model's calibrated probabilities, ``(M, C)``."""
        said = self.model.predict(asked.contents)
        return probs_for(
            nameless(asked.ids, said.probs_NC, said.labels),
            asked.ids,
            labels,
            source=str(self.source),
        )


@dataclass(frozen=True)
class ScoresTeacher:
    """A file of scores by row id.

    Args:
        source: the file.
        stored: what stands in it.
    """

    source: Path
    stored: Predictions
    kind: Literal["scores"] = "scores"

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return file_sha256(self.source)

    def megabytes(self) -> float | None:
        """Return None: a file of scores says nothing of who gave them."""
        return None

    def knows(self, ids: Sequence[str]) -> bool:
        """Say whether all these rows stand in the file."""
        return set(ids) <= set(self.stored.ids)

    def probs(self, asked: Asked, labels: LabelSpace) -> Floats:
        """Return the probabilities of rows in the file, ``(M, C)``."""
        return probs_for(self.stored, asked.ids, labels, source=str(self.source))


def _folder(source: Path) -> Path:
    """Return the bundle at ``source``: of a run, or itself."""
    return source / "bundle" if (source / "bundle").is_dir() else source


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def nameless(ids: tuple[str, ...], probs_NC: Floats, labels: LabelSpace) -> Predictions:
    """Return probabilities of rows whose truth is not told (NaN), with the role fit."""
    unknown_NC = np.full(probs_NC.shape, np.nan, np.float32)
    return Predictions(ids, Probs(probs_NC), unknown_NC, labels, Role.FIT)


def refuse_unreadable(source: Path, scores: Kind | None) -> None:
    """Raise where that is no teacher, or it is not said what its scores are.

    Raises:
        MissingFileError: E202 where nothing is there.
        ConfigError: E110 for a file without ``--scores``, or a folder with it.
    """
    if source.is_dir():
        if scores is not None:
            raise ConfigError(
                "E110",
                "--scores says what a file of scores holds, and that teacher is a model",
                got=f"--scores {scores} beside {source}",
                fix="leave --scores out",
            )
    elif not source.is_file():
        raise MissingFileError(
            "E202",
            "there is no such teacher",
            got=str(source),
            fix="name a run, a bundle, or a file of scores",
        )
    elif scores is None:
        raise ConfigError(
            "E110",
            "what the scores in a file are is never guessed",
            got=f"{source} without --scores",
            fix="--scores probs, or --scores logits",
        )


def open_teacher(source: Path, scores: Kind | None, dataset: Dataset) -> Teacher:
    """Return the teacher at ``source``, if it speaks of the rows' labels and reads such rows.

    Raises:
        DataError: E242 where it does not; E202 to E206, E210 and E211 for a file as
            ``evenhand decide`` reads it.
        EvenhandError: as ``refuse_unreadable`` and ``bundle.load``.
    """
    refuse_unreadable(source, scores)
    if scores is not None:
        stored = read_scores_alone(source, scores, task=dataset.labels.task)
        refuse_other_labels(stored.labels, dataset.labels, source=str(source))
        return ScoresTeacher(source, stored)
    model = bundle.load(source)
    refuse_other_labels(model.labels, dataset.labels, source=str(source))
    _refuse_other_rows(model.schema, dataset, source=source)
    return ModelTeacher(source, model)


def _refuse_other_rows(schema: Schema | SeriesSchema, dataset: Dataset, *, source: Path) -> None:
    theirs, ours = _reads(schema), _reads(dataset.schema)
    if theirs != ours:
        raise DataError(
            "E242",
            "the teacher reads other rows than these",
            got=f"{source} reads {theirs}, the data are {ours}",
            fix="take a teacher of such rows, or its scores of them as a file: --scores probs",
        )


def _reads(schema: Schema | SeriesSchema) -> str:
    if not isinstance(schema, SeriesSchema):
        return "texts"
    streams = ", ".join(f"{stream.name} of {stream.width}" for stream in schema.streams)
    return f"windows at {schema.rate:g} frames a second of {streams}"
