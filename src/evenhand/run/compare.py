"""Two systems from their files: runs, or tables of answers, laid side by side by row id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.data.header import TEXT_NAMES, known_column
from evenhand.data.table import Table, read_table
from evenhand.errors import DataError, MissingFileError
from evenhand.evaluate.compare import Comparison, Settings, compare
from evenhand.evaluate.compare_rows import Answered
from evenhand.evaluate.compare_slices import LENGTH, Slicing, by_length
from evenhand.evaluate.mistakes_series import spoken
from evenhand.evaluate.places import Places
from evenhand.run.compare_files import (
    AnswerFile,
    TrueRows,
    label_space,
    read_answers,
    read_truth,
)
from evenhand.run.folder import Run
from evenhand.run.reread import column_by_id, decided_rows, reread, texts_of, values_of
from evenhand.run.series import places_in
from evenhand.run.series_slices import slicing_of
from evenhand.types import Predictions, Role


@dataclass(frozen=True)
class Sides:
    """What the command was given.

    Args:
        a: a run folder or a file of answers.
        b: likewise.
        truth: file with the true labels of the rows of answer files.
        data: file with further columns of the rows: texts, slices.
        id_column: how files name their ids; a well-known name if None.
    """

    a: Path
    b: Path
    truth: Path | None = None
    data: Path | None = None
    id_column: str | None = None


def compare_sides(
    sides: Sides, *, slices: Sequence[str] = (), settings: Settings | None = None
) -> Comparison:
    """Compare two systems on the rows that both answered.

    Runs are compared on their report rows if both have some, else on their tune rows, each
    decided by cuts that other rows chose.

    Args:
        sides: runs and files.
        slices: columns, or ``length``.
        settings: resamples, level, seed, examples.

    Raises:
        EvenhandError: E201 to E206, E210, E211, E213, E401, with file and line where there is
            one.
    """
    sources = _Sources(sides, [_open(path, sides.id_column) for path in (sides.a, sides.b)])
    a, b = sources.answered()
    texts = sources.texts_if_any()
    return compare(
        a,
        b,
        slices=[sources.slicing(column, a.ids) for column in slices],
        texts=texts,
        settings=settings,
    )


def answered_run(run: Run, role: Role) -> Answered:
    """Return the labels that a run gives to its own rows.

    Report rows are decided by the run's cuts; tune rows, which chose them, by cuts that the
    other tune rows choose.
    """
    predictions, decided_NC, _ = decided_rows(run, role)
    return Answered.of(str(run.folder), predictions, decided_NC)


def _open(path: Path, id_column: str | None) -> Run | AnswerFile:
    return Run(path) if path.is_dir() else read_answers(path, id_column=id_column)


@dataclass(frozen=True)
class _Sources:
    """The two sides, opened."""

    sides: Sides
    opened: Sequence[Run | AnswerFile]

    @property
    def runs(self) -> list[Run]:
        return [side for side in self.opened if isinstance(side, Run)]

    @property
    def files(self) -> list[AnswerFile]:
        return [side for side in self.opened if isinstance(side, AnswerFile)]

    def answered(self) -> tuple[Answered, Answered]:
        """Return both sides in the same terms, their rows in any order."""
        role = self._role()
        of_runs = {id(run): answered_run(run, role) for run in self.runs}
        if not self.files:
            one, two = (of_runs[id(run)] for run in self.runs)
            return one, two
        stored = self.runs[0].predictions(role) if self.runs else None
        truth = self._truth(stored)
        labels = stored.labels if stored else label_space(self.files, truth)
        names = (str(self.sides.a), str(self.sides.b))
        one, two = (
            of_runs[id(side)]
            if isinstance(side, Run)
            else side.answered(name, labels, truth or _own_truth(side))
            for side, name in zip(self.opened, names, strict=True)
        )
        return one, two

    def _role(self) -> Role:
        """Return the role of the compared rows of runs: report where all sides have it."""
        if any(not run.layout.predictions(Role.REPORT.value).is_file() for run in self.runs):
            return Role.TUNE
        if self.runs and self.files:
            wanted = set(self.files[0].ids)
            if wanted == set(self.runs[0].predictions(Role.TUNE).ids):
                return Role.TUNE
        return Role.REPORT

    def _truth(self, stored: Predictions | None) -> TrueRows | None:
        """Return the truth that all files share: of ``--truth``, or of the run beside them."""
        if self.sides.truth is not None:
            names = {name for file in self.files for name in file.scored}
            names |= set(stored.labels.names) if stored else set()
            return read_truth(self.sides.truth, names, id_column=self.sides.id_column)
        if stored is None or self.files[0].truth is not None:
            return None
        names_C = stored.labels.names
        return TrueRows(
            str(self.runs[0].folder),
            names_C,
            {
                name: dict(zip(names_C, row_C.tolist(), strict=True))
                for name, row_C in zip(stored.ids, stored.truth_NC, strict=True)
            },
        )

    def texts_if_any(self) -> Mapping[str, str]:
        """Return texts by id where they can be found; flips are shown without them otherwise."""
        if (windows := self._windows()) is not None:
            return dict(zip(windows.ids, spoken(windows), strict=True))
        try:
            return self._texts()
        except (DataError, MissingFileError):
            return {}

    def _texts(self) -> Mapping[str, str]:
        tables = self._tables()
        for table in tables:
            column = known_column(list(table.columns), TEXT_NAMES)
            if column is not None:
                return column_by_id(table, column, id_column=self.sides.id_column)
        if self.runs and self.sides.data is None:
            return texts_of(reread(self.runs[0]))
        raise DataError(
            "E205",
            "no file says what the texts are",
            got=", ".join(table.path for table in tables),
            fix="name a file with ids and texts: --data FILE",
        )

    def slicing(self, column: str, ids: Sequence[str]) -> Slicing:
        """Return a value for every row: of a column, or by the length of its text."""
        if (windows := self._windows()) is not None:
            return slicing_of(self.runs[0], windows, column)
        if column == LENGTH:
            texts = self._texts()
            return by_length({name: texts[name] for name in ids if name in texts})
        for table in self._tables():
            if column in table.columns:
                by_id = column_by_id(table, column, id_column=self.sides.id_column)
                return Slicing(column, by_id)
        if self.runs and self.sides.data is None:
            return Slicing(column, values_of(self.runs[0], column))
        raise DataError(
            "E205",
            f"no file has the column {column!r}",
            got="; ".join(f"{t.path}: {', '.join(list(t.columns)[:8])}" for t in self._tables()),
            fix="name a file with ids and that column: --data FILE",
        )

    def _windows(self) -> Places | None:
        """Return where compared windows lie; None for texts, or where ``--data`` says more."""
        if not self.runs or self.sides.data is not None:
            return None
        return places_in(self.runs[0], self._role())

    def _tables(self) -> list[Table]:
        if self.sides.data is not None:
            return [read_table(self.sides.data)]
        return [file.table for file in self.files]


def _own_truth(file: AnswerFile) -> TrueRows:
    if file.truth is None:
        raise DataError(
            "E205",
            f"{file.table.path} has no truth",
            got="columns " + ", ".join(map(repr, list(file.table.columns)[:8])),
            fix="pass --truth FILE, with ids and the true labels",
        )
    return file.truth
