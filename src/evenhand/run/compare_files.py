"""Prediction files: ids, labels given, and the truth, from tables that anybody may have written."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.data.header import ID_NAMES, known_column
from evenhand.data.labels import binary, cell_name, is_missing
from evenhand.data.table import Table, read_table
from evenhand.errors import DataError, did_you_mean
from evenhand.evaluate.compare_rows import Answered, listed, same_but_for_case
from evenhand.run.reread import unguarded
from evenhand.types import BETWEEN, Floats, LabelSpace, Probs, Task, Truth

TRUTH, LABELS, LABEL, ROLE = "truth", "labels", "label", "role"
SCORE = "p:"

Names = tuple[str, ...]
"""Labels of one row."""


@dataclass(frozen=True)
class TrueRows:
    """The truth of some rows by id.

    Args:
        where: the file, for messages.
        names: labels that it speaks of.
        rows: id -> label -> 0, 1 or NaN.
        listed: whether rows list the labels that they have, so that one left out is 0.
    """

    where: str
    names: tuple[str, ...]
    rows: Mapping[str, Mapping[str, float]]
    listed: bool = False

    def matrix(self, ids: Sequence[str], labels: LabelSpace) -> Truth:
        """Return the truth of ``ids``, ``(N, C)``.

        Raises:
            DataError: E211 for ids that are missing here, E213 for labels that are missing on
                either side.
        """
        self._refuse_other_labels(labels)
        lost = [name for name in ids if name not in self.rows]
        if lost:
            raise DataError(
                "E211",
                f"{len(lost)} of {len(ids)} rows have no truth in {self.where}",
                got=listed(lost),
                fix="give the truth of every row; none is dropped for you",
            )
        return np.array(
            [[self.rows[i].get(name, 0.0) for name in labels.names] for i in ids], np.float32
        ).reshape(len(ids), len(labels))

    def _refuse_other_labels(self, labels: LabelSpace) -> None:
        extra = [name for name in self.names if name not in labels.names]
        lacking = [] if self.listed else [n for n in labels.names if n not in self.names]
        if extra or lacking:
            raise DataError(
                "E213",
                f"the truth in {self.where} is not about the labels that were answered",
                got="; ".join(
                    f"{listed(names)} only in the {kind}"
                    for names, kind in ((extra, "truth"), (lacking, "answers"))
                    if names
                ),
                fix=same_but_for_case(extra, lacking or labels.names)
                or did_you_mean((extra or lacking)[0], labels.names if extra else self.names),
            )

    @property
    def single(self) -> bool:
        """Whether every row has exactly one label."""
        return all(sum(row.values()) == 1 for row in self.rows.values())


@dataclass(frozen=True)
class AnswerFile:
    """A table of answers.

    Args:
        table: as it was read.
        ids: one a row, unique.
        given: labels of each row.
        truth: if the table itself has a column ``truth``.
    """

    table: Table
    ids: tuple[str, ...]
    given: tuple[Names, ...]
    truth: TrueRows | None

    @property
    def scored(self) -> tuple[str, ...]:
        """Labels that have a column ``p:NAME``; that is all labels of what ``predict`` wrote."""
        return tuple(n.removeprefix(SCORE) for n in self.table.columns if n.startswith(SCORE))

    @property
    def single(self) -> bool:
        """Whether every row was given exactly one label."""
        return all(len(names) == 1 for names in self.given)

    def answered(self, name: str, labels: LabelSpace, truth: TrueRows) -> Answered:
        """Return the rows in terms of ``labels``.

        Raises:
            DataError: E201 for a label that is not among them, E206 or E210 for scores that
                are none, E211 when truth is missing.
        """
        known = set(labels.names)
        for row, names in enumerate(self.given):
            if not known.issuperset(names):
                _refuse_unknown(next(n for n in names if n not in known), labels, self.where(row))
        scores_NC = None
        if set(self.scored) == known:
            scores_NC = Probs(self._scores(labels)).values_NC
        return Answered(
            name,
            self.ids,
            truth.matrix(self.ids, labels),
            np.array([[n in names for n in labels.names] for names in self.given], np.bool_),
            labels,
            scores_NC=scores_NC,
        )

    def where(self, row: int) -> str:
        """Return file and line of a row."""
        return self.table.where(row)

    def _scores(self, labels: LabelSpace) -> Floats:
        scores_NC = np.empty((len(self.ids), len(labels)))
        for c, name in enumerate(labels.names):
            for row, cell in enumerate(self.table.columns[SCORE + name]):
                try:
                    scores_NC[row, c] = float(cell)
                except (TypeError, ValueError) as error:
                    raise DataError(
                        "E206",
                        "a probability is not a number",
                        got=f"{cell!r} at {self.where(row)}, column {SCORE + name!r}",
                        fix="mend the cell, or remove the columns p:NAME",
                    ) from error
        return scores_NC


def read_answers(path: Path, *, id_column: str | None = None) -> AnswerFile:
    """Read answers: an id column, ``labels`` (joined by ``|``), and perhaps ``truth``.

    Other columns stay in the table; what ``predict`` wrote is read as it is.

    Raises:
        EvenhandError: E202 to E204 as ``read_table``, E205 without ids or labels, E211 for an
            id that stands twice or is missing.
    """
    table = read_table(path, expect=("id", TRUTH, LABELS))
    ids = read_ids(table, id_column)
    if LABELS not in table.columns:
        raise DataError(
            "E205",
            f"{path} has no column {LABELS!r}",
            got="columns " + ", ".join(map(repr, list(table.columns)[:8])),
            fix="write the labels given to each row into it, joined by |",
        )
    scored = {n.removeprefix(SCORE) for n in table.columns if n.startswith(SCORE)}
    given = tuple(_names(cell, scored) for cell in table.columns[LABELS])
    truth = _named_truth(table, ids, TRUTH, scored) if TRUTH in table.columns else None
    return AnswerFile(table, ids, given, truth)


def read_truth(path: Path, names: Collection[str], *, id_column: str | None = None) -> TrueRows:
    """Read the truth: an id column and ``truth``, ``labels`` or ``label``, or 0/1 a label.

    Args:
        path: a table; its other columns are left alone where labels stand in one.
        names: labels that are known so far.
        id_column: its name; a well-known one if None.

    Raises:
        EvenhandError: E202 to E204 as ``read_table``, E205 without ids or truth, E206 for a
            cell that is neither 0, 1 nor empty, E211 for an id twice.
    """
    table = read_table(path, expect=("id", TRUTH, LABELS, LABEL, *names))
    ids = read_ids(table, id_column)
    column = next((name for name in (TRUTH, LABELS, LABEL) if name in table.columns), None)
    if column is not None:
        return _named_truth(table, ids, column, names)
    skipped = {id_column or known_column(list(table.columns), ID_NAMES), ROLE}
    columns = [name for name in table.columns if name in names] or [
        name
        for name, cells in table.columns.items()
        if name not in skipped and all(binary(cell) is not None for cell in cells)
    ]
    if not columns:
        raise DataError(
            "E205",
            f"{path} has no truth",
            got="columns " + ", ".join(map(repr, list(table.columns)[:8])),
            fix="name the column of true labels 'truth', or give one column of 0 and 1 a label",
        )
    rows: dict[str, dict[str, float]] = {}
    for row, name in enumerate(ids):
        rows[name] = {column: _binary(table, row, column) for column in columns}
    return TrueRows(str(path), tuple(columns), rows)


def label_space(files: Iterable[AnswerFile], truth: TrueRows | None) -> LabelSpace:
    """Return the labels of some files taken together.

    All labels are known where a file has columns ``p:NAME``; else they are those that occur.
    One label a row is assumed where every row has exactly one, in truth and in all answers.

    Raises:
        DataError: E213 for names that differ in case or spaces, columns ``p:NAME`` that are not
            the same in both files, or a single class.
    """
    files = list(files)
    truths = [truth] if truth else [file.truth for file in files if file.truth]
    met = {name for file in files for given in file.given for name in given}
    met |= {name for known in truths for name in known.names}
    scored = [file for file in files if file.scored]
    _refuse_other_scores(scored)
    names = scored[0].scored if scored else tuple(sorted(met))
    for i, name in enumerate(names):
        advice = same_but_for_case([name], names[:i])
        if advice:
            raise DataError(
                "E213",
                "two label names are nearly the same",
                got=f"{name!r} beside {', '.join(map(repr, names[:i][:8]))}",
                fix=advice,
            )
    single = all(file.single for file in files) and all(known.single for known in truths)
    return LabelSpace(names, Task.MULTICLASS if single else Task.MULTILABEL)


def _refuse_other_scores(files: Sequence[AnswerFile]) -> None:
    for file in files[1:]:
        lacking = [name for name in files[0].scored if name not in file.scored]
        extra = [name for name in file.scored if name not in files[0].scored]
        if lacking or extra:
            raise DataError(
                "E213",
                "the two files do not have the same columns p:NAME",
                got="; ".join(
                    f"{listed(names)} only in {one.table.path}"
                    for names, one in ((lacking, files[0]), (extra, file))
                    if names
                ),
                fix=same_but_for_case(lacking, extra)
                or "compare systems that were asked for the same labels",
            )


def read_ids(table: Table, id_column: str | None) -> tuple[str, ...]:
    """Return the id of every row.

    Raises:
        DataError: E205 without an id column, E211 for an id that is missing or stands twice.
    """
    column = id_column or known_column(list(table.columns), ID_NAMES)
    if column is None:
        raise DataError(
            "E205",
            f"{table.path} has no column 'id'",
            got="columns " + ", ".join(map(repr, list(table.columns)[:8])),
            fix="rows are matched by id: add the column, or name it with --id NAME",
        )
    seen: dict[str, int] = {}
    for row, cell in enumerate(table.column(column)):
        name = "" if is_missing(cell) else unguarded(cell_name(cell))
        if not name or name in seen:
            before = f" and {table.where(seen[name])}" if name else ""
            raise DataError(
                "E211",
                "an id stands twice" if name else "an id is missing",
                got=f"{name!r} at {table.where(row)}{before}",
                fix="give every row an id of its own",
            )
        seen[name] = row
    return tuple(seen)


def _named_truth(table: Table, ids: Sequence[str], column: str, known: Collection[str]) -> TrueRows:
    named = [_names(cell, known) for cell in table.column(column)]
    return TrueRows(
        table.path,
        tuple(sorted({name for names in named for name in names})),
        {i: dict.fromkeys(names, 1.0) for i, names in zip(ids, named, strict=True)},
        listed=True,
    )


def _names(cell: object, known: Collection[str]) -> Names:
    """Return the labels in a cell; one that is a name as a whole is not taken apart."""
    if isinstance(cell, list | tuple):
        return tuple(cell_name(part) for part in cell)
    text = "" if is_missing(cell) else unguarded(cell_name(cell))
    if not text:
        return ()
    return (text,) if text in known else tuple(text.split(BETWEEN))


def _binary(table: Table, row: int, column: str) -> float:
    value = binary(table.columns[column][row])
    if value is None:
        raise DataError(
            "E206",
            "a truth cell is neither 0, 1 nor empty",
            got=f"{table.columns[column][row]!r} at {table.where(row)}, column {column!r}",
            fix="write 1 where the label holds, 0 where not, nothing where it is unknown",
        )
    return value


def _refuse_unknown(name: str, labels: LabelSpace, where: str) -> None:
    raise DataError(
        "E201",
        "an answer is no label of the other system",
        got=f"{name!r} at {where}",
        fix=did_you_mean(name, labels.names),
    )
