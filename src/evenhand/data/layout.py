"""How labels are written in their column, judged by the cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.data.labels import cell_name, is_missing
from evenhand.data.schema import Layout
from evenhand.data.table import Table
from evenhand.errors import DataError

DELIMITERS = ("|", ";", ",")
_INDICES = re.compile(r"\d+(\s*([,;|])\s*\d+)*")
_RECUR = 0.9


@dataclass(frozen=True)
class Written:
    """Layout, what separates labels within a cell, and what numbers stand for."""

    layout: Layout
    delimiter: str | None = None
    codes: tuple[str, ...] = ()


def written_labels(
    table: Table,
    columns: tuple[str, ...],
    delimiter: str | None,
    names: tuple[str, ...] | None,
) -> Written:
    """Judge how ``columns`` hold labels.

    Several columns are one a label. One column is judged by its cells: objects, lists (also
    written out as ``[...]``), numbers with a labels file, names with a separator, else names.
    A separator counts where its parts recur in other cells, so that ``"rock, pop"`` as the name
    of one class stays whole.

    Raises:
        DataError: E205 for lists of numbers without a labels file.
    """
    if len(columns) > 1:
        return Written(Layout.COLUMNS)
    cells = [cell for cell in table.column(columns[0]) if not is_missing(cell)]
    if any(isinstance(cell, dict) for cell in cells):
        return Written(Layout.MAPPING)
    lists = [cell for cell in cells if isinstance(cell, list | tuple)]
    if lists:
        return _lists([part for cell in lists for part in cell], names)
    counts = Counter(cell_name(cell) for cell in cells)
    counts.pop("", None)
    if names is None and delimiter is None:
        _refuse_indices(counts, table, columns[0])
    return _of_strings(counts, delimiter, names)


def _of_strings(
    counts: Counter[str], delimiter: str | None, names: tuple[str, ...] | None
) -> Written:
    if counts and all(cell.startswith("[") and cell.endswith("]") for cell in counts):
        return _lists([part for cell in counts for part in re.findall(r"[^\[\],\s]+", cell)], names)
    if names is not None:
        return _with_names(counts, delimiter, names)
    if delimiter is not None:
        return Written(Layout.DELIMITED, delimiter)
    found = next((d for d in DELIMITERS if _separates(d, counts)), None)
    return Written(Layout.DELIMITED, found) if found else Written(Layout.NAME)


def _lists(parts: Sequence[Any], names: tuple[str, ...] | None) -> Written:
    if names is None:
        return Written(Layout.LIST)
    numbers = all(cell_name(part).isdecimal() for part in parts)
    known = all(cell_name(part) in names for part in parts)
    return Written(Layout.LIST, codes=names if numbers and not known else ())


def _with_names(counts: Counter[str], delimiter: str | None, names: tuple[str, ...]) -> Written:
    whole = set(counts)
    if delimiter is None and whole <= set(names):
        return Written(Layout.NAME)
    separators = (delimiter,) if delimiter else DELIMITERS
    found = next((d for d in separators if any(d in cell for cell in whole)), delimiter)
    parts = {p.strip() for cell in whole for p in (cell.split(found) if found else [cell])} - {""}
    if parts <= set(names):
        return Written(Layout.DELIMITED, found)
    if all(part.isdecimal() for part in parts):
        return Written(Layout.INDEX, found, names)
    return (
        Written(Layout.DELIMITED, found) if parts & set(names) and found else Written(Layout.NAME)
    )


def _refuse_indices(counts: Counter[str], table: Table, column: str) -> None:
    lists = [cell for cell in counts if (m := _INDICES.fullmatch(cell)) and m[2]]
    if not lists or not all(_INDICES.fullmatch(cell) for cell in counts):
        return
    i = next(i for i, cell in enumerate(table.columns[column]) if cell_name(cell) == lists[0])
    raise DataError(
        "E205",
        "the labels are lists of numbers, and nothing says what the numbers stand for",
        got=f"{lists[0]!r} (column {column!r}, {table.where(i)})",
        fix="--labels-file F with one name a line, line 1 for 0; or --set data.delimiter=, "
        "to use the numbers as names",
    )


def _separates(delimiter: str, counts: Counter[str]) -> bool:
    split = {cell: [part.strip() for part in cell.split(delimiter)] for cell in counts}
    joined = {cell: parts for cell, parts in split.items() if len(parts) > 1}
    if not joined or any("" in parts for parts in joined.values()):
        return False
    rows = Counter(p for cell, parts in split.items() for p in parts for _ in range(counts[cell]))
    cells = Counter(part for parts in split.values() for part in set(parts))
    inner = [part for parts in joined.values() for part in parts]
    recur = sum(rows[part] > 1 for part in inner) >= _RECUR * len(inner)
    shared = any(cells[part] > 1 for part in inner)
    return recur and (delimiter == "|" or (shared and len(cells) <= len(counts)))
