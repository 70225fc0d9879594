"""A table as it was read: columns of cells, and where each row came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.data.content import decode, read_content
from evenhand.data.delimited import Rows, parse_delimited
from evenhand.data.header import KNOWN, first_line_names, refuse_repeats
from evenhand.data.hub import hub_columns, is_hub_id, is_saved_folder, saved_columns
from evenhand.data.records import Columns, frame_columns, is_frame, parse_json, parse_parquet
from evenhand.errors import DataError, MissingFileError, did_you_mean

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
FORMATS = (*DELIMITERS, ".json", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Table:
    """Rows of one source.

    Args:
        columns: name -> one cell a row; strings from CSV and TSV, Python objects from elsewhere.
        lines: the line on which each row starts, or its number from 1 where there are no lines.
        path: the source as it was named.
        has_header: whether the source named its columns.
        sha256: of the file, or of the cells of a table in memory.
        blank: lines that held nothing.
    """

    columns: dict[str, list[Any]]
    lines: list[int]
    path: str
    has_header: bool = True
    sha256: str = ""
    blank: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, i: int) -> str:
        """Return where row ``i`` stands: ``"reviews.csv:19"``."""
        return f"{self.path}:{self.lines[i]}"

    def column(self, name: str) -> list[Any]:
        """Return the cells of a column.

        Raises:
            DataError: E205 naming the columns that there are, with a spelling hint.
        """
        if name not in self.columns:
            raise DataError(
                "E205",
                f"{self.path} has no column {name!r}",
                got=f"the columns {', '.join(map(repr, self.columns))}",
                fix=did_you_mean(name, self.columns),
            )
        return self.columns[name]

    def take(self, rows: Sequence[int]) -> Table:
        """Return the rows at these positions, in that order, without the blank lines."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        return replace(self, columns=columns, lines=[self.lines[i] for i in rows], blank=())

    def rename(self, names: Sequence[str]) -> Table:
        """Return the same columns under ``names``, in order."""
        return replace(self, columns=dict(zip(names, self.columns.values(), strict=True)))


def read_table(source: Any, *, header: str = "auto", expect: Sequence[str] = ()) -> Table:
    """Read a file, a folder or hub id of the ``datasets`` library, or a table in memory.

    Args:
        source: path of a .csv, .tsv, .txt (tabs), .json, .jsonl or .parquet file; folder; hub
            id; pandas, polars or pyarrow table; name -> cells; or a ``Table``, returned as is.
        header: whether the first line of CSV and TSV holds names: ``auto``, ``yes``, ``no``.
        expect: names that count as a header where they occur in the first line.

    Raises:
        MissingFileError: E202 for a source that is missing or empty.
        DataError: E202 without rows, E203 not UTF-8, E204 malformed or of an unknown kind.
    """
    if isinstance(source, Table):
        table = source
    elif is_frame(source):
        table = _from_columns(frame_columns(source), "table")
    elif isinstance(source, Mapping):
        table = _from_columns({str(name): list(cells) for name, cells in source.items()}, "table")
    else:
        table = _read_path(source, header, expect)
    if not len(table):
        raise no_rows(table.path, has_header=table.has_header)
    return table


def no_rows(path: str, *, has_header: bool) -> DataError:
    """Return E202 for a source without rows."""
    return DataError(
        "E202",
        "there are no rows",
        got=f"{path}: no row below the header" if has_header else path,
        fix="check what was to write it",
    )


def unknown_ending(path: str) -> MissingFileError:
    """Return E204 for a file whose name does not say what it holds."""
    return MissingFileError(
        "E204",
        "the ending of the file does not say what it holds",
        got=path,
        fix=f"name it after what it holds: {' '.join(FORMATS)}",
    )


def _read_path(source: str | Path, header: str, expect: Sequence[str]) -> Table:
    path, name = Path(source), str(source)
    if path.is_dir() and is_saved_folder(path):
        return _from_columns(saved_columns(path), name)
    suffix = path.suffix.lower()
    if not path.exists() and suffix not in FORMATS and is_hub_id(name):
        return _from_columns(hub_columns(name), name)
    content = read_content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if suffix == ".parquet":
        return replace(_from_columns(parse_parquet(content, name), name), sha256=sha256)
    if suffix in {".json", ".jsonl"}:
        columns, lines = parse_json(decode(content, name), name)
        return Table(columns, lines, name, sha256=sha256)
    if suffix in DELIMITERS:
        text = decode(content, name)
        return replace(_delimited(text, name, header, expect), sha256=sha256)
    raise unknown_ending(name)


def _from_columns(columns: Columns, path: str) -> Table:
    sizes = {name: len(cells) for name, cells in columns.items()}
    if len(set(sizes.values())) > 1:
        raise DataError(
            "E204", "columns differ in length", got=f"{path}: {sizes}", fix="mend the table"
        )
    rows = next(iter(sizes.values()), 0)
    digest = hashlib.sha256()
    for name, cells in columns.items():
        digest.update(repr((name, cells)).encode("utf-8", "backslashreplace"))
    return Table(columns, list(range(1, rows + 1)), path, sha256=digest.hexdigest())


def _delimited(text: str, path: str, header: str, expect: Sequence[str]) -> Table:
    first = text.partition("\n")[0]
    rows = parse_delimited(text, path, delimiter_of(first, Path(path).suffix.lower()))
    named = first_line_names(rows.cells, header=header, expect=expect)
    names = column_names(rows, path, named=named)
    columns = as_columns(names, rows.cells[1:] if named else rows.cells)
    lines = rows.lines[1:] if named else rows.lines
    return Table(columns, lines, path, has_header=named, blank=tuple(rows.blank))


def column_names(head: Rows, path: str, *, named: bool) -> list[str]:
    """Return what the columns are called, by the first row of a file or by their place.

    Raises:
        DataError: E204 for two of one name.
    """
    names = [f"column{c + 1}" for c in range(len(head.cells[0]))]
    if named:
        names = [cell.strip() or name for cell, name in zip(head.cells[0], names, strict=True)]
        fix = "rename one; for a file without a header: --set data.header=no"
        refuse_repeats(names, f"{path}:{head.lines[0]}", fix=fix)
    return names


def as_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[Any]]:
    """Return rows of equally many cells as columns; none as empty columns."""
    cells = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: list(column) for name, column in zip(names, cells, strict=True)}


def delimiter_of(first: str, suffix: str) -> str:
    """Return what separates cells: a comma in .csv, unless a header shows that it is ; or tab.

    Args:
        first: line of the file.
        suffix: of its name.
    """
    for other in (";", "\t"):
        names = {cell.strip(' "\r').casefold() for cell in first.split(other)}
        if suffix == ".csv" and "," not in first and len(names) > 1 and names & KNOWN:
            return other
    return DELIMITERS[suffix]
