"""Texts without labels, from which nothing that is measured may be learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.data.block import row_ids
from evenhand.data.conform import read_texts
from evenhand.data.ledger import FileCount
from evenhand.data.rows import Dataset
from evenhand.data.schema import Schema
from evenhand.data.table import Table
from evenhand.data.text import normalised
from evenhand.errors import ConfigError, DataError
from evenhand.types import Role

PREFIX = "unlabelled/"
"""Before the ids of rows that go by file and line, where a labelled row goes by the same."""


@dataclass(frozen=True)
class Unlabelled:
    """The texts of a file that may be learnt from.

    Args:
        ids: unlike each other and those of the labelled rows.
        texts: one a row, none empty.
        count: where every row of the file went.
        sha256: of the file.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    count: FileCount
    sha256: str


def read_unlabelled(source: Any, dataset: Dataset) -> Unlabelled:
    """Read texts as the labelled file was read; its labels, if it has any, are not looked at.

    Set aside are rows whose text, case aside, is that of a tune or report row, which nothing may
    learn from, and those whose text is a fit row's, which are learnt from already.

    Args:
        source: whatever ``read_table`` takes.
        dataset: the labelled rows, with their roles.

    Raises:
        ConfigError: E110 where the labelled rows are series.
        DataError: E205 without the text column, E209 where no row is left, E211 for ids that are
            missing, twice, or a labelled row's; and as ``read_table``.
    """
    schema = dataset.schema
    if not isinstance(schema, Schema):
        raise ConfigError(
            "E110",
            "only texts are learnt from without labels; these rows are windows of series",
            got=f"distill.unlabelled = {source}",
            fix="leave it out, or learn from such recordings first: evenhand pretrain",
        )
    table, texts = read_texts(source, schema)
    aside = _set_aside(table, texts, dataset)
    gone = {line for lines in aside.values() for line in lines}
    rows = [i for i in range(len(table)) if i not in gone]
    lines = {why: [table.lines[i] for i in places] for why, places in aside.items()}
    lines["blank line"] = list(table.blank)
    if not rows:
        raise DataError(
            "E209",
            "no unlabelled row is left to learn from",
            got=f"{table.path}: " + ", ".join(f"{len(n)} {why}" for why, n in lines.items() if n),
            fix="pass texts that are not among the labelled rows",
        )
    return Unlabelled(
        ids=_own_ids(table, schema, rows, known=frozenset(dataset.ids)),
        texts=tuple(texts[i] for i in rows),
        count=FileCount.of(table.path, Role.FIT, len(rows), lines, unit="unlabelled rows"),
        sha256=table.sha256,
    )


def _set_aside(table: Table, texts: list[str], dataset: Dataset) -> Mapping[str, list[int]]:
    """Return the positions of rows that are not used, by why."""
    known: dict[str, Role] = {}
    for role in (Role.FIT, Role.TUNE, Role.REPORT):
        known |= {normalised(dataset.texts[i]): role for i in dataset.rows(role)}
    aside: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        found = known.get(normalised(text))
        if not text.strip():
            aside.setdefault("empty text", []).append(i)
        elif found is not None:
            aside.setdefault(f"the text of a {found} row", []).append(i)
    return aside


def _own_ids(
    table: Table, schema: Schema, rows: list[int], *, known: frozenset[str]
) -> tuple[str, ...]:
    ids = row_ids(table, schema, rows)
    shared = next((i for i, name in enumerate(ids) if name in known), None)
    if shared is None:
        return tuple(ids)
    if schema.id is not None and schema.id in table.columns:
        raise DataError(
            "E211",
            "an unlabelled row has the id of a labelled one, but another text",
            got=f"{ids[shared]!r} (column {schema.id!r}, {table.where(rows[shared])})",
            fix="give every row an id of its own; or --set data.id=none",
        )
    return tuple(PREFIX + name for name in ids)
