"""Tables that come after the training file: the same columns, under the same names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evenhand.data.block import text_cells
from evenhand.data.header import TEXT_NAMES, known_column
from evenhand.data.schema import Schema
from evenhand.data.table import Table, read_table
from evenhand.errors import DataError, did_you_mean


def conform(table: Table, schema: Schema, *, needed: Sequence[str]) -> Table:
    """Return ``table`` with the schema's column names.

    Columns go by name where both files have names, else by position.

    Args:
        table: as it was read.
        schema: of the training file.
        needed: columns that must be there.

    Raises:
        DataError: E205 naming the columns that there are, when a needed one is missing.
    """
    if all(name in table.columns for name in needed):
        return table
    positional = not (table.has_header and schema.has_header)
    if positional and len(table.columns) == len(schema.columns):
        return table.rename(schema.columns)
    missing = next(name for name in needed if name not in table.columns)
    shown = list(table.columns) if table.has_header else [c[0] for c in table.columns.values()]
    hint = did_you_mean(missing, map(str, shown))
    header = "" if table.has_header else f" (no header; line {table.lines[0]} is taken as data)"
    raise DataError(
        "E205",
        f"{table.path} has no column {missing!r}, which the training file has",
        got=f"the columns {', '.join(map(repr, shown))}{header}",
        fix=f"{hint}{'' if hint.endswith('?') else ';'} otherwise add or rename the column",
    )


def read_like(source: Any, schema: Schema) -> Table:
    """Read another labelled source as the training file was read.

    The id column may be absent; rows then go by file and line. Raises as ``conform``.
    """
    needed = (schema.text, *schema.label_columns)
    header = "auto" if schema.has_header else _header(source, schema)
    return conform(read_table(source, header=header, expect=needed), schema, needed=needed)


def _header(source: Any, schema: Schema) -> str:
    """Say ``no`` for a file as wide as the headerless training file without known names."""
    table = read_table(source, header="auto")
    named = known_column(list(table.columns), (schema.text, *schema.label_columns))
    return "auto" if named else "no"


def read_texts(source: Any, schema: Schema) -> tuple[Table, list[str]]:
    """Read rows to predict: every row stays, also one whose text is empty.

    Labels may be absent. The text column goes by its name, for a model trained on a file
    without header by any well-known name or else by its position; a file of one column needs
    neither.

    Args:
        source: whatever ``read_table`` takes, or a list of texts.
        schema: of the training file.

    Returns:
        The table as it was read, and one text a row.

    Raises:
        DataError: E205 when the text column cannot be found, and as ``read_table``.
    """
    if isinstance(source, list):
        source = {schema.text: source}
    table, column = find_texts(
        lambda header: read_table(source, header=header, expect=(schema.text,)), schema
    )
    return table, text_cells(table, column)


def find_texts(read: Callable[[str], Table], schema: Schema) -> tuple[Table, str]:
    """Return a table and its text column, by the rule of ``read_texts``.

    Args:
        read: gives the table, or any rows of it, under ``header`` of ``read_table``.
        schema: of the training file.

    Raises:
        DataError: E205 when the text column cannot be found, and as ``read``.
    """
    table = read("auto")
    column = _text_of(table, schema)
    if column is None and not schema.has_header and len(table.columns) in {1, len(schema.columns)}:
        table = read("no")
        column = _text_of(table, schema)
    if column is None:
        table = conform(table, schema, needed=(schema.text,))
        column = schema.text
    return table, column


def _text_of(table: Table, schema: Schema) -> str | None:
    names = list(table.columns)
    if schema.text in names:
        return schema.text
    if table.has_header and not schema.has_header:
        return known_column(names, TEXT_NAMES)
    if table.has_header:
        return None
    if len(names) == 1:
        return names[0]
    place = schema.columns.index(schema.text)
    return names[place] if not schema.has_header and place < len(names) else None
