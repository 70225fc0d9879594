"""Objects of JSON and JSONL files, Parquet files and tables in memory, as columns."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from evenhand.data.header import refuse_repeats
from evenhand.errors import DataError

Columns = dict[str, list[Any]]

_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = json.JSONDecoder()


def parse_json(text: str, path: str) -> tuple[Columns, list[int]]:
    """Read a list of objects, or one object a line, with the line on which each starts.

    A key that an object lacks is None in its row.

    Raises:
        DataError: E204 with the line where the text stops being JSON, where a list item is no
            object, or where an escape is half of a character.
    """
    if text.lstrip()[:1] == "[":
        pairs = list(_scan_list(text, path))
    else:
        found = json_lines(text.split("\n"), path)
        pairs = [(line, item) for line, item in found if item is not None]
    columns = object_columns([item for _, item in pairs])
    return columns, [line for line, _ in pairs]


def json_lines(
    lines: Iterable[str], path: str, *, first: int = 1
) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Yield the number of each line and the object on it, None for a blank line.

    Args:
        lines: of a JSONL file, with or without their ends.
        path: as the file was named.
        first: number of the first of ``lines``.

    Raises:
        DataError: E204 with the line that is not JSON, no object, or holds half a character.
    """
    for number, line in enumerate(lines, start=first):
        if not line.strip():
            yield number, None
            continue
        try:
            item = json.loads(line.removesuffix("\n"))
        except (ValueError, RecursionError) as error:
            raise _unread(path, number, error) from error
        _refuse_other_than_object(item, path, number)
        if _SURROGATE.search(line):
            _refuse_half_characters(item, path, number)
        yield number, item


def object_columns(objects: Sequence[dict[str, Any]], names: Iterable[str] = ()) -> Columns:
    """Return objects as columns: ``names``, then further keys as they come."""
    names = dict.fromkeys((*names, *(name for item in objects for name in item)))
    return {name: [item.get(name) for item in objects] for name in names}


def _refuse_other_than_object(item: object, path: str, line: int) -> None:
    if not isinstance(item, dict):
        raise _malformed(path, line, f"{type(item).__name__} instead of an object")


def _refuse_half_characters(item: object, path: str, line: int) -> None:
    """Raise for an escape that is half of a pair, which no file can hold as UTF-8."""
    try:
        json.dumps(item, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise _malformed(path, line, f"{half} is half of a character") from error


def _scan_list(text: str, path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    halves = _SURROGATE.search(text) is not None
    position, counted, line = text.index("[") + 1, 0, 1
    while True:
        position = _skip(text, position)
        if text[position : position + 1] == "]" and not counted:
            break
        line, counted = line + text.count("\n", counted, position), position
        try:
            item, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            at = error.lineno if isinstance(error, json.JSONDecodeError) else line
            raise _unread(path, at, error) from error
        _refuse_other_than_object(item, path, line)
        if halves:
            _refuse_half_characters(item, path, line)
        yield line, item
        position = _skip(text, position)
        mark = text[position : position + 1]
        if mark == "]":
            break
        if mark != ",":
            raise _malformed(
                path, text.count("\n", 0, position) + 1, "',' or ']' is missing after an object"
            )
        position += 1
    if (end := _skip(text, position + 1)) != len(text):
        raise _malformed(path, text.count("\n", 0, end) + 1, "text after the end of the list")


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _unread(path: str, line: int, error: ValueError | RecursionError) -> DataError:
    """Return E204 for what the JSON decoder gave up at."""
    if isinstance(error, json.JSONDecodeError):
        return _malformed(path, line, f"{error.msg} at column {error.colno}")
    if isinstance(error, RecursionError):
        return _malformed(path, line, "lists or objects are nested too deep")
    return _malformed(path, line, "a whole number has too many digits")


def _malformed(path: str, line: int, why: str) -> DataError:
    return DataError(
        "E204",
        "the file is not JSON of the right form",
        got=f"{path}:{line}: {why}",
        fix='write a list of objects, [{"text": ...}, ...], or one object a line',
    )


def parse_parquet(content: bytes, path: str) -> Columns:
    """Return the columns of a Parquet file as Python objects.

    Raises:
        DataError: E204 when it is damaged, no Parquet, or has two columns of one name.
    """
    import pyarrow.parquet as pq

    with readable_parquet(path):
        refuse_repeats(pq.read_schema(io.BytesIO(content)).names, path)
        return frame_columns(pq.read_table(io.BytesIO(content)))


@contextmanager
def readable_parquet(path: str) -> Iterator[None]:
    """Say E204 of whatever pyarrow finds wrong with a Parquet file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            "E204",
            "the file is no readable Parquet",
            got=f"{path}: {str(error).partition(chr(10))[0]}",
            fix="write it again, or pass CSV or JSON",
        ) from error


def is_frame(source: object) -> bool:
    """Tell whether ``source`` is a pandas, polars or pyarrow table."""
    kind = type(source)
    return kind.__module__.split(".")[0] in {"pandas", "polars", "pyarrow"} and kind.__name__ in {
        "DataFrame",
        "Table",
        "RecordBatch",
    }


def frame_columns(frame: Any) -> Columns:
    """Return the columns of a pandas, polars or pyarrow table as Python objects.

    Arrays become lists; what pandas calls missing (NaN, NA, NaT) becomes None.

    Raises:
        DataError: E204 for two columns of one name.
    """
    library = type(frame).__module__.split(".")[0]
    names = frame.schema.names if library == "pyarrow" else frame.columns
    refuse_repeats(list(map(str, names)), "the table")
    if library == "polars":
        columns = frame.to_dict(as_series=False)
    elif library == "pyarrow":
        columns = frame.to_pydict()
    else:
        columns = {name: frame[name].astype(object).tolist() for name in frame.columns}
    return {str(name): [_plain(cell) for cell in cells] for name, cells in columns.items()}


def _plain(cell: Any) -> Any:
    if hasattr(cell, "tolist"):
        cell = cell.tolist()
    if isinstance(cell, str | list | dict | tuple | bytes):
        return cell
    if isinstance(cell, float) and math.isnan(cell):
        return None
    return None if type(cell).__name__ in {"NAType", "NaTType"} else cell
