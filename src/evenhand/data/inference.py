"""The schema of a table, from the names and contents of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from evenhand.config import DataConfig
from evenhand.data.header import ID_NAMES, LABEL_NAMES, TEXT_NAMES, known_column
from evenhand.data.labels import LabelCells, binary, is_missing
from evenhand.data.layout import Written, written_labels
from evenhand.data.schema import Layout, Schema, ordered
from evenhand.data.table import Table
from evenhand.errors import DataError
from evenhand.types import Task

ONE_EACH = "no row has two labels: --set data.task=multiclass would use softmax"
_FEW = 0.5


def infer_schema(
    table: Table,
    config: DataConfig,
    *,
    names: tuple[str, ...] | None = None,
    split: str | None = None,
) -> Schema:
    """Say what each column of a training table means; the config decides where it speaks.

    Columns without a header are named by what they hold: ``text``, ``label`` or ``labels``,
    ``id``, else ``columnK``; ``conform`` gives a table these names.

    Args:
        table: the rows to learn from.
        config: settings of the run's ``[data]``.
        names: lines of the labels file.
        split: column that says the role, which is then nothing else.

    Raises:
        DataError: E205 when a column is missing or its meaning cannot be told, E206 when a
            label cell cannot be read.
    """
    taken = [c for c in (split, config.group) if c]
    for column in (*taken, *(config.labels or ())):
        table.column(column)
    free = [c for c in table.columns if c not in taken and c not in (config.labels or ())]
    text = _text_column(table, free, config)
    free = [c for c in free if c != text]
    id_column = _id_column(table, free, config)
    free = [c for c in free if c != id_column]
    columns = config.labels or _label_columns(table, free, config)
    written = written_labels(table, columns, config.delimiter, names)
    cells = LabelCells(table, columns, written.layout, written.delimiter, written.codes)
    found, at_most_one, exactly_one = _survey(cells, len(table))
    task = _task(config, written)
    one_each = task is Task.MULTILABEL and at_most_one and exactly_one
    roles = {text: "text", id_column: "id"} | dict.fromkeys(
        columns if len(columns) == 1 else (),
        "label" if task is Task.MULTICLASS else "labels",
    )
    named = {c: c if table.has_header else roles.get(c, c) for c in table.columns}
    return Schema(
        text=named[text],
        layout=written.layout,
        label_columns=tuple(named[c] for c in columns),
        names=_label_order(found, columns, written.layout, names),
        task=task,
        columns=tuple(named.values()),
        has_header=table.has_header,
        id=named[id_column] if id_column else None,
        group=named[config.group] if config.group else None,
        split=named[split] if split else None,
        delimiter=written.delimiter,
        codes=written.codes,
        notes=(ONE_EACH,) if one_each else (),
    )


def _text_column(table: Table, free: Sequence[str], config: DataConfig) -> str:
    if config.text:
        table.column(config.text)
        return config.text
    if table.has_header and (known := known_column(free, TEXT_NAMES)):
        return known
    lengths = {c: _mean_length(table.columns[c]) for c in free if c != config.id}
    best = max(lengths, key=lambda c: lengths[c], default=None)
    if best is None or not lengths[best]:
        raise DataError(
            "E205",
            "no column holds text",
            got=f"{table.path}: the columns {', '.join(map(repr, table.columns))}",
            fix="--set data.text=NAME",
        )
    return best


def _mean_length(cells: Sequence[Any]) -> float:
    """Return the mean number of characters; 0 unless the column holds strings with letters."""
    strings = [cell for cell in cells if isinstance(cell, str)]
    if len(strings) < len([c for c in cells if not is_missing(c)]):
        return 0.0
    if not any(any(map(str.isalpha, cell)) for cell in strings):
        return 0.0
    return sum(map(len, strings)) / max(len(cells), 1)


def _id_column(table: Table, free: Sequence[str], config: DataConfig) -> str | None:
    if config.id and (config.id != "none" or "none" in table.columns):
        table.column(config.id)
        return config.id
    if config.id:
        return None
    if table.has_header:
        return known_column(free, ID_NAMES)
    spare = len(free) - (0 if config.labels else 1)
    unique = [c for c in free if _could_be_id(table.columns[c])]
    return unique[-1] if spare > 0 and unique else None


def _could_be_id(cells: Sequence[Any]) -> bool:
    return len(set(map(str, cells))) == len(cells) and not any(
        not str(c).strip() or " " in str(c) or "," in str(c) for c in cells
    )


def _label_columns(table: Table, free: Sequence[str], config: DataConfig) -> tuple[str, ...]:
    known = known_column(free, LABEL_NAMES) if table.has_header else None
    if known:
        return (known,)
    switches = [c for c in free if _is_switch(table.columns[c])]
    if len(switches) > 1:
        return tuple(switches)
    if len(free) == 1:
        return (free[0],)
    few = [c for c in free if _mean_repeat(table.columns[c])]
    if len(few) == 1:
        return (few[0],)
    raise DataError(
        "E205",
        "no column can be told to hold the labels",
        got=f"{table.path}: the columns {', '.join(map(repr, table.columns))}",
        fix="--set data.labels=NAME, or NAME,NAME,... for one column a label",
    )


def _is_switch(cells: Iterable[Any]) -> bool:
    values = {binary(cell) for cell in cells}
    return None not in values and bool(values & {0.0, 1.0})


def _mean_repeat(cells: Sequence[Any]) -> bool:
    """Tell whether a value of the column stands in two rows or more on average."""
    return 0 < len(set(map(str, cells))) <= max(_FEW * len(cells), 1)


def _survey(cells: LabelCells, rows: int) -> tuple[dict[str, None], bool, bool]:
    """Return the names in order of appearance, and whether rows have <= 1 and >= 1 label."""
    found: dict[str, None] = {}
    counts = np.empty(rows, dtype=np.int64)
    for i in range(rows):
        named = cells.row(i) or {}
        found.update(dict.fromkeys(named))
        counts[i] = sum(value == 1 for value in named.values())
    return found, bool((counts <= 1).all()), bool((counts >= 1).all())


def _task(config: DataConfig, written: Written) -> Task:
    if config.task != "auto":
        return Task(config.task)
    single = written.layout is Layout.NAME or (
        written.layout is Layout.INDEX and written.delimiter is None
    )
    return Task.MULTICLASS if single else Task.MULTILABEL


def _label_order(
    found: dict[str, None],
    columns: tuple[str, ...],
    layout: Layout,
    names: tuple[str, ...] | None,
) -> tuple[str, ...]:
    if names is not None:
        return tuple(name for name in names if name)
    if layout is Layout.COLUMNS:
        return columns
    return tuple(found) if layout is Layout.MAPPING else ordered(tuple(found))
