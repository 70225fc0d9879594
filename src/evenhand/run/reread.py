"""A finished run looked at again: what it decided, and the data that its manifest leads to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.config import RunConfig, parse_config
from evenhand.data import Dataset
from evenhand.data.header import ID_NAMES, known_column
from evenhand.data.labels import cell_name, is_missing
from evenhand.data.table import Table, read_table
from evenhand.decide import crossfit
from evenhand.errors import DataError, MissingFileError
from evenhand.evaluate.metrics import Decided
from evenhand.evaluate.systems import measured_rows
from evenhand.run.deciding import settings_as_decided
from evenhand.run.ensemble import refit_of
from evenhand.run.folder import Run
from evenhand.run.predict_formats import FORMULA
from evenhand.run.sources import Sources
from evenhand.run.unchanged import changed_data
from evenhand.toml import read_toml
from evenhand.types import Floats, Predictions, Role

NOTHING = "(empty)"
"""Stands for a cell without content."""


def settings_of(run: Run) -> RunConfig:
    """Return what the run was asked to do, defaults filled in."""
    return parse_config(read_toml(run.layout.asked), source=str(run.layout.asked))


def measured_role(run: Run) -> Role:
    """Return report where the run has such rows, else tune."""
    return Role.REPORT if run.layout.predictions(Role.REPORT.value).is_file() else Role.TUNE


def decided_rows(run: Run, role: Role) -> tuple[Predictions, Decided, Floats]:
    """Return stored rows with the labels that the run gives them and calibrated probabilities.

    Report rows are decided by the run's cuts; tune rows, which chose them, each by cuts that
    other tune rows choose. Where the scores of tune rows were fitted to them too, as those of an
    ensemble are, each row has the scores that other tune rows give it.

    Raises:
        MissingFileError: E202 when the run has no rows of that role.
    """
    rows = run.predictions(role)
    if role is Role.REPORT:
        return rows, run.decision.decide(rows.scores), run.decision.probs(rows.scores)
    config, refit = settings_of(run), refit_of(run)
    asked = settings_as_decided(config, run.decision)
    crossed = crossfit(rows, seed=config.seed, refit=refit, **asked)
    rows = measured_rows(rows, None, seed=config.seed, refit=refit)
    return rows, crossed.decided_NC, crossed.probs_NC


def reread(run: Run) -> Dataset:
    """Return the rows that the run was made from, with their roles.

    Raises:
        MissingFileError: E202 when a file is gone, or was a table in memory.
        DataError: E211 when the files are no longer what they were.
    """
    sources = sources_of(run)
    config = settings_of(run)
    try:
        dataset = sources.read(config)
    except MissingFileError as error:
        raise _gone(run, error.got) from error
    if (files := changed_data(dataset, run.manifest["sha256"])) is not None:
        raise DataError(
            "E211",
            "the data is no longer what the run was trained on",
            got=files,
            fix="restore the files: a row's text cannot be told from its id alone",
        )
    return dataset


def values_of(run: Run, column: str) -> dict[str, str]:
    """Return a column of the run's own files by row id.

    Raises:
        MissingFileError: E202 when a file is gone.
        DataError: E205 when no file has the column.
    """
    sources, header = sources_of(run), settings_of(run).data.header
    try:
        tables = [
            read_table(source, header=header)
            for source in (sources.data, sources.tune, sources.report)
            if source is not None
        ]
    except MissingFileError as error:
        raise _gone(run, error.got) from error
    holding = [table for table in tables if column in table.columns] or tables[:1]
    named = settings_of(run).data.id
    return {
        name: value
        for table in holding
        for name, value in column_by_id(table, column, id_column=named).items()
    }


def column_by_id(table: Table, column: str, *, id_column: str | None = None) -> dict[str, str]:
    """Return the cells of a column by row id, as a run names rows.

    Rows of a table without an id column go by file and line.

    Args:
        table: as it was read.
        column: whose cells are wanted.
        id_column: its name; a well-known one if None, file and line if ``"none"``.

    Raises:
        DataError: E205 when the table has no such column.
    """
    cells = [_cell(cell) for cell in table.column(column)]
    found = id_column or known_column(list(table.columns), ID_NAMES)
    if found in table.columns:
        return dict(
            zip((unguarded(cell_name(cell)) for cell in table.columns[found]), cells, strict=True)
        )
    lines = table.lines if len(set(table.lines)) == len(table) else range(1, len(table) + 1)
    names = [f"{Path(table.path).stem}:{line}" for line in lines]
    values = dict(zip(names, cells, strict=True))
    return values | {f"{role}/{name}": cell for role in Role for name, cell in values.items()}


def texts_of(dataset: Dataset) -> Mapping[str, str]:
    """Return the text of every row by its id."""
    return dict(zip(dataset.ids, dataset.texts, strict=True))


def unguarded(text: str) -> str:
    """Take away the sign that ``predict`` puts before what a spreadsheet would run."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def sources_of(run: Run) -> Sources:
    """Return what the run was made from. Raises E202 where that was a table in memory."""
    stored: Mapping[str, Any] = run.manifest["sources"]
    in_memory = [what for what in stored.values() if what is not None and what.startswith("<")]
    if in_memory:
        raise _gone(run, f"{in_memory[0]}, a table in memory")
    return Sources.from_dict(stored)


def _gone(run: Run, what: str) -> MissingFileError:
    return MissingFileError(
        "E202",
        f"the data of {run.folder} is gone",
        got=what,
        fix="put the file back where it was; a run keeps scores and ids, not texts",
    )


def _cell(cell: Any) -> str:
    return NOTHING if is_missing(cell) else cell_name(cell) or NOTHING
