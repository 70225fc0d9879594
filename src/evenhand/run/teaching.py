"""What a teacher adds to a run: soft targets of the fit rows, and texts that only it has labelled.

What counts or chooses rows (statistics, samplers, priors, the split, baselines, the report) reads
the true labels of the labelled rows. The loss alone reads these targets.
"""
# Shapes: N fit rows, U unlabelled rows, M rows that are asked for, C classes.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.config import RunConfig
from evenhand.data import Dataset
from evenhand.data.ledger import FileCount, Ledger
from evenhand.data.unlabelled import Unlabelled, read_unlabelled
from evenhand.durable import file_sha256
from evenhand.errors import ConfigError, DataError
from evenhand.losses import HARD_TARGETS
from evenhand.predictions import load_predictions
from evenhand.training.targets import soft_targets
from evenhand.types import Floats, LabelSpace, Predictions, Probs, Role, Task, Truth

SHOWN = 3
TOLERANCE = 1e-3
"""How far the probabilities of a multi-class row may lie from adding up to 1."""


@dataclass(frozen=True)
class Teaching:
    """What is learnt from a teacher.

    Args:
        texts: of the unlabelled rows, ``(U,)``.
        targets_NC: what the loss reads: of the fit rows in their order, then of ``texts``.
        weight: of the teacher in the targets of the fit rows, in [0, 1].
        count: where the unlabelled rows went; None without their file.
        sha256: ``teacher`` and ``unlabelled`` -> hash of the file.
    """

    texts: tuple[str, ...]
    targets_NC: Truth
    weight: float
    count: FileCount | None
    sha256: dict[str, str]

    @property
    def truth_share(self) -> float:
        """Return how much of all that is learnt in a pass is the truth, in [0, 1]."""
        rows = len(self.targets_NC)
        return (1 - self.weight) * (rows - len(self.texts)) / rows

    def lines(self) -> Iterator[str]:
        """Yield what the user should know, a line each."""
        yield f"teacher {self.weight:.0%} of each target, the truth the rest"
        if self.count is not None:
            yield from Ledger((self.count,)).lines()
            yield f"unlabelled {len(self.texts):,} rows, the teacher alone"

    def to_dict(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {"weight": self.weight, "unlabelled": len(self.texts), "sha256": self.sha256}


def refuse_untaught(config: RunConfig) -> None:
    """Raise where ``[distill]`` would have no effect, or other parts cannot go with a teacher.

    Raises:
        ConfigError: E105.
    """
    asked = config.distill
    default = type(asked)()
    if asked.teacher is None and (asked.weight, asked.unlabelled) != (default.weight, None):
        key = "weight" if asked.unlabelled is None else "unlabelled"
        raise ConfigError(
            "E105",
            "without a teacher there is nothing to learn from it",
            got=f"distill.{key} = {getattr(asked, key)!r}, distill.teacher is not set",
            fix=f"leave out distill.{key}, or start at evenhand distill TEACHER DATA",
        )
    if asked.teacher is None or asked.weight == 0:
        _refuse_unheard(asked.unlabelled)
        return
    _refuse_hard("loss", config.loss.name, config.loss.name in HARD_TARGETS, fix="loss.name=auto")
    _refuse_hard("mix", config.mix.name, config.mix.name == "smote", fix="mix.name=none")


def _refuse_hard(part: str, name: str, hard: bool, *, fix: str) -> None:
    if hard:
        raise ConfigError(
            "E105",
            "with a teacher targets lie between 0 and 1, and that part takes 0 and 1 alone",
            got=f"{part}.name = {name!r} beside distill.teacher",
            fix=f"--set {fix}, or leave out distill.teacher",
        )


def _refuse_unheard(unlabelled: str | None) -> None:
    if unlabelled is not None:
        raise ConfigError(
            "E105",
            "unlabelled rows have the teacher alone, and at weight 0 it has no say",
            got=f"distill.unlabelled = {unlabelled!r}, distill.weight = 0.0",
            fix="leave out distill.unlabelled, or raise distill.weight",
        )


def teaching_of(config: RunConfig, dataset: Dataset) -> Teaching | None:
    """Read what ``[distill]`` names; None where it names no teacher.

    Raises:
        MissingFileError: E202 when a file is not there.
        DataError: E204 for a teacher's file that evenhand did not write, E242 for one that does
            not fit the rows; and as ``read_unlabelled``.
        ConfigError: E110 for unlabelled rows beside series.
    """
    asked = config.distill
    if asked.teacher is None:
        return None
    further = None if asked.unlabelled is None else read_unlabelled(asked.unlabelled, dataset)
    stored = load_predictions(Path(asked.teacher))
    ids = taught_ids(dataset, further)
    teacher_NC = probs_for(stored, ids, dataset.labels, source=asked.teacher)
    truth_NC = dataset.truth(Role.FIT)
    targets_NC = soft_targets(
        truth_NC, teacher_NC[: len(truth_NC)], weight=asked.weight, task=dataset.labels.task
    )
    hashes = {"teacher": file_sha256(Path(asked.teacher))}
    return Teaching(
        texts=() if further is None else further.texts,
        targets_NC=np.concatenate([targets_NC, teacher_NC[len(truth_NC) :].astype(np.float32)]),
        weight=asked.weight,
        count=None if further is None else further.count,
        sha256=hashes if further is None else hashes | {"unlabelled": further.sha256},
    )


def taught_ids(dataset: Dataset, further: Unlabelled | None) -> tuple[str, ...]:
    """Return the ids of the rows that a teacher must know: fit rows, then unlabelled ones."""
    fit = tuple(dataset.ids[i] for i in dataset.rows(Role.FIT))
    return fit if further is None else fit + further.ids


def probs_for(
    stored: Predictions, ids: Sequence[str], labels: LabelSpace, *, source: str
) -> Floats:
    """Return a teacher's probabilities of ``ids``, in the order of ``labels``, ``(M, C)``.

    Rows that nobody asks for are left out.

    Args:
        stored: what the teacher says.
        ids: of the rows that are asked for.
        labels: of the data.
        source: file or folder, for messages.

    Raises:
        DataError: E242 for other labels, another task, rows that are missing, or multi-class
            probabilities that do not add up to 1.
    """
    refuse_other_labels(stored.labels, labels, source=source)
    place = {name: row for row, name in enumerate(stored.ids)}
    lost = [name for name in ids if name not in place]
    if lost:
        shown = ", ".join(map(repr, lost[:SHOWN])) + (", ..." if len(lost) > SHOWN else "")
        raise DataError(
            "E242",
            f"the teacher does not know {len(lost):,} of {len(ids):,} rows",
            got=f"{source} has no row {shown}",
            fix="score every fit row and every unlabelled row; ids are those of the data",
        )
    columns_C = [stored.labels.names.index(name) for name in labels.names]
    probs_MC = stored.probs()[np.ix_([place[name] for name in ids], columns_C)]
    if labels.task is Task.MULTICLASS:
        return _summing(probs_MC, stored, ids, source=source)
    return probs_MC


def refuse_other_labels(theirs: LabelSpace, ours: LabelSpace, *, source: str) -> None:
    """Raise where a teacher speaks of other labels than the data, or of another task.

    Raises:
        DataError: E242.
    """
    extra = [name for name in theirs.names if name not in ours.names]
    lacking = [name for name in ours.names if name not in theirs.names]
    if not extra and not lacking and theirs.task is ours.task:
        return
    parts = [
        f"{', '.join(map(repr, names[:SHOWN]))} only in {where}"
        for names, where in ((extra, source), (lacking, "the data"))
        if names
    ]
    raise DataError(
        "E242",
        "the teacher does not speak of the labels of the data",
        got="; ".join(parts) or f"{source} is {theirs.task}, the data {ours.task}",
        fix="take a teacher of these labels"
        + ("; columns that are no labels must go" if extra else ""),
    )


def _summing(probs_MC: Floats, stored: Predictions, ids: Sequence[str], *, source: str) -> Floats:
    sums_M = probs_MC.sum(axis=1)
    off_M = np.abs(sums_M - 1)
    if len(off_M) and off_M.max() > TOLERANCE:
        row = int(np.argmax(off_M))
        given = "probs" if isinstance(stored.scores, Probs) else "logits"
        raise DataError(
            "E242",
            "a row has one label, and its probabilities do not add up to 1",
            got=f"{sums_M[row]:.4f} for {ids[row]!r} in {source} ({given})",
            fix="divide each row by its sum; raw scores are passed with --scores logits",
        )
    summing_MC: Floats = probs_MC / sums_M[:, None]
    return summing_MC
