"""A small table whose every cell can be found again: file and line."""
# Shapes: N rows.

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.errors import DataError, MissingFileError
from evenhand.types import Floats


@dataclass(frozen=True)
class Table:
    """Columns of text.

    Args:
        path: where it was read.
        columns: name -> cells, as text; empty where there is nothing.
        lines: line of each row in a text file; None where rows have no lines.
    """

    path: Path
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int] | None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def where(self, row: int) -> str:
        """Return ``file:line`` of a row, or its number where there are no lines."""
        if self.lines is None:
            return f"{self.path}, row {row + 1}"
        return f"{self.path}:{self.lines[row]}"

    def floats(self, name: str) -> Floats:
        """Return a column as numbers, ``(N,)``; an empty cell is NaN.

        Raises:
            DataError: E206 for a cell that is no number, with its line.
        """
        cells = [cell.strip() or "nan" for cell in self.columns[name]]
        try:
            return np.array([float(cell) for cell in cells])
        except ValueError as error:
            row = next(r for r, cell in enumerate(cells) if not _is_number(cell))
            raise DataError(
                "E206",
                "a cell is not a number",
                got=f"{cells[row]!r} at {self.where(row)}, column {name!r}",
                fix="label columns hold numbers only; remove columns that are no labels",
            ) from error


def refuse_missing(path: Path) -> None:
    """Raise for what is no file.

    Raises:
        MissingFileError: E202, which tells a folder from what is not there.
    """
    if path.is_dir():
        raise MissingFileError(
            "E202", "that is a folder, not a file", got=str(path), fix="name a file in it"
        )
    if not path.is_file():
        raise MissingFileError("E202", "there is no such file", got=str(path), fix="check the path")


def read_table(path: Path) -> Table:
    """Read a CSV, TSV (``.tsv``) or Parquet (``.parquet``) file as text.

    Raises:
        MissingFileError: E202 for a file that is not there, or is a folder.
        DataError: E202 when there is no row, E203 when it is not UTF-8, E204 when it is
            malformed, with the line.
    """
    refuse_missing(path)
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _delimited(path)
    if not table.columns or not len(table):
        raise DataError(
            "E202",
            "a file has no rows",
            got=str(path),
            fix="pass a file with a header line and at least one row",
        )
    return table


def _delimited(path: Path) -> Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(
            "E203",
            "a file is not UTF-8",
            got=f"byte 0x{error.object[error.start]:02x} at {path}:{line}",
            fix=f"iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8{path.suffix}",
        ) from error
    separator = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for cells in reader:
            if cells:
                rows.append(cells)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(path, start, str(error)) from error
    if not rows:
        return Table(path, {}, None)
    header, body = rows[0], rows[1:]
    _check_shape(path, header, body, lines)
    return Table(
        path, dict(zip(header, map(list, zip(*body, strict=True)), strict=False)), lines[1:]
    )


def _check_shape(path: Path, header: list[str], body: list[list[str]], lines: list[int]) -> None:
    if len(set(header)) < len(header):
        name = next(name for name in header if header.count(name) > 1)
        raise _malformed(path, lines[0], f"two columns are named {name!r}")
    for line, cells in zip(lines[1:], body, strict=True):
        if len(cells) != len(header):
            raise _malformed(path, line, f"{len(cells)} columns, the header has {len(header)}")


def _malformed(path: Path, line: int, detail: str) -> DataError:
    return DataError(
        "E204",
        "a file is malformed",
        got=f"{path}:{line}: {detail}",
        fix="check quotes and separators on that line",
    )


def _parquet(path: Path) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise DataError(
            "E204",
            "a file is no Parquet file",
            got=f"{path}: {error}",
            fix="write it again, or pass a CSV file",
        ) from error
    columns = zip(table.column_names, table.columns, strict=True)
    return Table(path, {name: _as_text(column.to_pylist()) for name, column in columns}, None)


def _as_text(cells: list[Any]) -> list[str]:
    plain = (int(cell) if isinstance(cell, bool) else cell for cell in cells)
    return ["" if cell is None else str(cell) for cell in plain]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
