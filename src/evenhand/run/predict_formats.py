"""Answers as bytes of a file: CSV, TSV, JSONL, Parquet, by the ending of its name.

Every format is written in portions, each a run of bytes that comes after those before it. So a
file that is not finished can be cut back to the end of any portion. A Parquet file cannot grow
that way: until it is whole, its portions stand in the stream format of Arrow.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from evenhand.data.csv_text import csv_lines
from evenhand.durable import Content, move_file, remove_file, write_bytes
from evenhand.errors import ConfigError, DataError, WriteError

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet; it is written with a ``'`` before it."""
GROUP = 100_000
"""Rows of a Parquet file that are kept together."""
GROUP_BYTES = 2**26
"""Bytes that end a group of fewer rows: a group is held in memory while it is written."""

_MARKS = frozenset(FORMULA)
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?")

Columns = Mapping[str, Sequence[Any]]


class Format(Protocol):
    """How answers become bytes."""

    def head(self, names: Sequence[str]) -> bytes:
        """Return what comes before the rows."""
        ...

    def rows(self, columns: Columns) -> bytes:
        """Return some rows."""
        ...

    def finish(self, part: Path, path: Path) -> None:
        """Make the finished file ``path`` of head and rows in ``part``, which is removed."""
        ...

    def content(self, columns: Columns) -> Content:
        """Return a whole file."""
        ...


@dataclass(frozen=True)
class Delimited:
    """CSV or TSV, cells that a spreadsheet would run made harmless.

    Args:
        delimiter: between the cells.
    """

    delimiter: str = ","

    def head(self, names: Sequence[str]) -> bytes:
        """Return the names of the columns."""
        return self._lines([_harmless(names)])

    def rows(self, columns: Columns) -> bytes:
        """Return a line a row."""
        return self._lines(zip(*map(_harmless, columns.values()), strict=True))

    def finish(self, part: Path, path: Path) -> None:
        """Rename it."""
        move_file(part, path)

    def content(self, columns: Columns) -> bytes:
        """Return a whole file."""
        return self.head(tuple(columns)) + self.rows(columns)

    def _lines(self, rows: Iterable[Sequence[Any]]) -> bytes:
        return csv_lines(rows, delimiter=self.delimiter).encode("utf-8")


@dataclass(frozen=True)
class JsonLines:
    """One object a line; null stands for a number that JSON does not know."""

    def head(self, names: Sequence[str]) -> bytes:
        """Return nothing: the keys stand in every line."""
        return b""

    def rows(self, columns: Columns) -> bytes:
        """Return a line a row."""
        rows = zip(*columns.values(), strict=True)
        return "".join(f"{_json(dict(zip(columns, row, strict=True)))}\n" for row in rows).encode()

    def finish(self, part: Path, path: Path) -> None:
        """Rename it."""
        move_file(part, path)

    def content(self, columns: Columns) -> bytes:
        """Return a whole file."""
        return self.rows(columns)


@dataclass(frozen=True)
class Parquet:
    """Parquet, of answers and of columns whose types are known.

    Args:
        types: column -> Arrow type; for ``labels`` and ``p:NAME`` they go without saying.
    """

    types: Mapping[str, Any]

    def head(self, names: Sequence[str]) -> bytes:
        """Return the names and types of the columns."""
        return bytes(self._schema(names).serialize())

    def rows(self, columns: Columns) -> bytes:
        """Return a batch of rows."""
        return bytes(self._batch(columns).serialize())

    def finish(self, part: Path, path: Path) -> None:
        """Write it as Parquet."""
        write_bytes(path, partial(_to_parquet, part))
        remove_file(part)

    def content(self, columns: Columns) -> Content:
        """Return a whole file."""
        return partial(_write_parquet, self._schema(tuple(columns)), [self._batch(columns)])

    def _batch(self, columns: Columns) -> Any:
        import pyarrow as pa

        schema = self._schema(tuple(columns))
        try:
            arrays = [_array(columns[field.name], field.type) for field in schema]
        except (pa.ArrowException, OverflowError) as error:
            raise DataError(
                "E204",
                "a column cannot be written as Parquet",
                got=str(error).partition("\n")[0],
                fix="name the output .csv or .jsonl",
            ) from error
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _schema(self, names: Sequence[str]) -> Any:
        import pyarrow as pa

        answers = {name: pa.float64() for name in names if name.startswith("p:")}
        known = {**answers, "labels": pa.string(), **self.types}
        return pa.schema([(name, known[name]) for name in names])


def format_of(path: Path, types: Mapping[str, Any]) -> Format:
    """Return the format that the name of a file asks for.

    Args:
        path: of the output.
        types: of columns in Parquet, as ``Parquet`` has it.
    """
    found: dict[str, Format] = {
        ".csv": Delimited(","),
        ".tsv": Delimited("\t"),
        ".jsonl": JsonLines(),
        ".parquet": Parquet(types),
    }
    return found[path.suffix.lower()]


def refuse_name(path: Path) -> None:
    """Raise where an output is a folder, or its name does not say in which format it is to be.

    Raises:
        ConfigError: E110 naming the endings.
        WriteError: E106 for a folder.
    """
    if path.is_dir():
        inner = path / f"out{path.suffix or '.csv'}"
        raise WriteError(
            "E106", "that could not be written", got=f"{path}: Is a directory", fix=f"--out {inner}"
        )
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(
            "E110",
            "the ending of the output does not say what it is to hold",
            got=f"--out {path}",
            fix=f"name it after one of {' '.join(ENDINGS)}",
        )


def to_csv(columns: Columns) -> str:
    """Return columns as CSV, cells that a spreadsheet would run made harmless."""
    return Delimited().content(columns).decode("utf-8")


def _harmless(cells: Sequence[Any]) -> list[Any]:
    return [_cell(c) if isinstance(c, str) and c[:1] in _MARKS else c for c in cells]


def _cell(text: str) -> str:
    return text if _NUMBER.fullmatch(text) else f"'{text}"


def _json(value: Any) -> str:
    encode = partial(json.dumps, ensure_ascii=False, default=str, allow_nan=False)
    try:
        return encode(value)
    except ValueError:
        return encode(_finite(value))


def _finite(value: Any) -> Any:
    """Return a value with None for each number that JSON does not know: NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return list(map(_finite, value)) if isinstance(value, list | tuple) else value


def _array(cells: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_string(kind):
        cells = [c if c is None or isinstance(c, str) else _json(c) for c in cells]
    return pa.array(cells, type=kind)


def _to_parquet(part: Path, path: Path) -> None:
    """Write the portions in ``part`` as Parquet, some at a time."""
    import pyarrow as pa

    with pa.OSFile(str(part)) as file, pa.ipc.open_stream(file) as stream:
        _write_parquet(stream.schema, stream, path)


def _write_parquet(schema: Any, batches: Iterable[Any], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema) as writer:
        for group in _grouped(batches):
            writer.write_table(pa.Table.from_batches(group))


def _grouped(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield batches in lists of at least ``GROUP`` rows or ``GROUP_BYTES``, and the rest."""
    group: list[Any] = []
    rows = size = 0
    for batch in batches:
        group.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= GROUP or size >= GROUP_BYTES:
            yield group
            group, rows, size = [], 0, 0
    if group:
        yield group
