"""Scores from elsewhere: two tables, one of scores and one of truth, matched by id."""
# Shapes: N rows, C columns.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from evenhand.decide.table import Table, read_table
from evenhand.errors import DataError, did_you_mean
from evenhand.types import Floats, LabelSpace, Logits, Predictions, Probs, Role, Task

Kind = Literal["probs", "logits"]
ID, ROLE = "id", "role"
SHOWN = 3


@dataclass(frozen=True)
class _Numbers:
    """A table's label columns as numbers; an empty cell is NaN."""

    table: Table
    names: tuple[str, ...]
    ids: tuple[str, ...]
    values_NC: Floats


def read_scores(
    path: Path, kind: Kind, *, truth: Path, task: Task = Task.MULTILABEL
) -> Predictions:
    """Read scores and truth of any model as tune rows, in the order of the scores.

    Both files (CSV, TSV or Parquet) have a column ``id`` and one column a label, in any
    order. Truth is 0, 1 or empty (unknown); multi-class truth has one 1 a row. A column
    ``role`` in the truth is checked and not taken for a label.

    Args:
        path: file of scores.
        kind: ``probs`` or ``logits``; never guessed from the values.
        truth: file of truth.
        task: one label a row, or any number of them.

    Raises:
        MissingFileError: E202 for a missing file.
        DataError: E202 for an empty file, E203 when it is not UTF-8, E204 for a malformed
            row, E205 without ``id``, E206 for a cell that is no number or no truth, E209 or
            E212 for rows whose role may not choose, E210 for a missing score or one outside
            [0, 1], E211 for ids that occur twice or do not match, E213 for label names that
            do not match.
    """
    scores = _numbers(read_table(path), ignored=(ID,))
    _refuse_bad_scores(scores, kind)
    truth_table = read_table(truth)
    _refuse_roles(truth_table)
    known = _numbers(truth_table, ignored=(ID, ROLE))
    _refuse_other_names(scores, known)
    _refuse_bad_truth(known, task)
    rows_N = _align(scores, known)
    columns_C = [known.names.index(name) for name in scores.names]
    return Predictions(
        ids=scores.ids,
        scores=Probs(scores.values_NC) if kind == "probs" else Logits(scores.values_NC),
        truth_NC=known.values_NC[np.ix_(rows_N, columns_C)].astype(np.float32),
        labels=LabelSpace(scores.names, task),
        role=Role.TUNE,
    )


def read_scores_alone(path: Path, kind: Kind, *, task: Task) -> Predictions:
    """Read scores of any model without their truth, which is unknown (NaN) throughout.

    Args:
        path: file with a column ``id`` and one column a label.
        kind: ``probs`` or ``logits``; never guessed from the values.
        task: one label a row, or any number of them.

    Returns:
        The rows with the role fit: nothing can be chosen or measured by them.

    Raises:
        EvenhandError: E202 to E206, E210, E211 as ``read_scores``; E213 for too few labels.
    """
    scores = _numbers(read_table(path), ignored=(ID,))
    _refuse_bad_scores(scores, kind)
    return Predictions(
        ids=scores.ids,
        scores=Probs(scores.values_NC) if kind == "probs" else Logits(scores.values_NC),
        truth_NC=np.full(scores.values_NC.shape, np.nan, np.float32),
        labels=LabelSpace(scores.names, task),
        role=Role.FIT,
    )


def _numbers(table: Table, *, ignored: tuple[str, ...]) -> _Numbers:
    if ID not in table.columns:
        raise DataError(
            "E205",
            f"{table.path.name} has no column {ID!r}",
            got="columns " + ", ".join(map(repr, list(table.columns)[:8])),
            fix=f"name the column that identifies a row {ID!r} in both files",
        )
    names = tuple(name for name in table.columns if name not in ignored)
    values_NC = np.empty((len(table), len(names)))
    for c, name in enumerate(names):
        values_NC[:, c] = table.floats(name)
    ids = tuple(table.columns[ID])
    if len(set(ids)) < len(ids):
        first: dict[str, int] = {}
        row = next(r for r, i in enumerate(ids) if first.setdefault(i, r) != r)
        raise DataError(
            "E211",
            f"an id occurs twice in {table.path.name}",
            got=f"{ids[row]!r} at {table.where(first[ids[row]])} and {table.where(row)}",
            fix="give every row an id of its own",
        )
    return _Numbers(table, names, ids, values_NC)


def _refuse_bad_scores(scores: _Numbers, kind: Kind) -> None:
    x_NC = scores.values_NC
    bad_NC = ~np.isfinite(x_NC)
    what, fix = "a score is missing, NaN or infinite", "mend what wrote the scores"
    if kind == "probs" and not bad_NC.any():
        bad_NC = (x_NC < 0) | (x_NC > 1)
        what, fix = (
            "a probability lies outside [0, 1]",
            "raw scores are passed with --scores logits",
        )
    if bad_NC.any():
        row, column = np.argwhere(bad_NC)[0]
        raise DataError("E210", what, got=_cell(scores, row, column), fix=fix)


def _refuse_bad_truth(known: _Numbers, task: Task) -> None:
    y_NC = known.values_NC
    bad_NC = ~(np.isnan(y_NC) | (y_NC == 0) | (y_NC == 1))
    if bad_NC.any():
        row, column = np.argwhere(bad_NC)[0]
        raise DataError(
            "E206",
            "a truth cell is neither 0, 1 nor empty",
            got=_cell(known, row, column),
            fix="write 1 where the label holds, 0 where not, nothing where it is unknown",
        )
    if task is Task.MULTICLASS:
        fine_N = np.isnan(y_NC).all(axis=1) | (
            (np.nansum(y_NC, axis=1) == 1) & ~np.isnan(y_NC).any(axis=1)
        )
        if not fine_N.all():
            row = int(np.argmin(fine_N))
            raise DataError(
                "E206",
                "multi-class truth needs exactly one 1 a row",
                got=f"{int(np.nansum(y_NC[row]))} labels at {known.table.where(row)}",
                fix="mend the row, or pass --task multilabel",
            )


def _refuse_roles(truth: Table) -> None:
    for row, cell in enumerate(truth.columns.get(ROLE, ())):
        value = cell.strip()
        if value == Role.REPORT:
            raise DataError(
                "E212",
                "report rows may not be used for choosing thresholds",
                got=f"role {value!r} at {truth.where(row)}",
                fix="pass tune rows only; rows that chose something can no longer prove it",
            )
        if value != Role.TUNE:
            raise DataError(
                "E209",
                "a row has a role that may not choose thresholds",
                got=f"role {value!r} at {truth.where(row)}",
                fix=f"pass rows with the role {Role.TUNE.value!r}, or drop the column",
            )


def _refuse_other_names(scores: _Numbers, known: _Numbers) -> None:
    lacking = [name for name in scores.names if name not in known.names]
    extra = [name for name in known.names if name not in scores.names]
    if not scores.names or lacking or extra:
        raise DataError(
            "E213",
            "the two files do not have the same labels",
            got=_name_difference(scores, known, lacking, extra),
            fix=_name_hint(lacking, extra),
        )


def _name_difference(
    scores: _Numbers, known: _Numbers, lacking: list[str], extra: list[str]
) -> str:
    parts = [
        f"{', '.join(map(repr, names[:SHOWN]))} only in {numbers.table.path.name}"
        for names, numbers in ((lacking, scores), (extra, known))
        if names
    ]
    return "; ".join(parts) or f"no label column in {scores.table.path.name}"


def _name_hint(lacking: list[str], extra: list[str]) -> str:
    plain = {_plain(name): name for name in extra}
    for name in lacking:
        if _plain(name) in plain:
            return f"{name!r} and {plain[_plain(name)]!r} differ only in case or spaces: rename one"
    if lacking and extra:
        return f"for {lacking[0]!r}, {did_you_mean(lacking[0], extra)}"
    return f"keep {ID!r} and one column a label in both files, and nothing else"


def _plain(name: str) -> str:
    return "".join(name.casefold().split())


def _align(scores: _Numbers, known: _Numbers) -> list[int]:
    """Return the truth's row for each row of scores."""
    position: Mapping[str, int] = {i: row for row, i in enumerate(known.ids)}
    for one, other, others in (
        (scores, known, position.keys()),
        (known, scores, set(scores.ids)),
    ):
        lost = [row for row, i in enumerate(one.ids) if i not in others]
        if lost:
            shown = ", ".join(f"{one.ids[r]!r} at {one.table.where(r)}" for r in lost[:SHOWN])
            raise DataError(
                "E211",
                f"{len(lost)} ids of {one.table.path.name} are not in {other.table.path.name}",
                got=shown + (", ..." if len(lost) > SHOWN else ""),
                fix="every id must stand in both files; drop or add the rows",
            )
    return [position[i] for i in scores.ids]


def _cell(numbers: _Numbers, row: int, column: int) -> str:
    name = numbers.names[column]
    text = numbers.table.columns[name][row]
    shown = repr(text) if text else "an empty cell"
    return f"{shown} at {numbers.table.where(row)}, column {name!r}"
