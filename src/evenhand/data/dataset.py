"""A data set ready for use: ids, texts, truth, and the role of every row.

Shapes: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.config import DataConfig
from evenhand.data.block import Block, gather
from evenhand.data.conform import conform, read_like
from evenhand.data.inference import infer_schema
from evenhand.data.labels import read_label_names
from evenhand.data.ledger import Ledger
from evenhand.data.partition import draw_sample, refuse_rare, share_out
from evenhand.data.roles import (
    part_by_column,
    refuse_same_content,
    refuse_same_source,
    shared_rows,
    split_column,
)
from evenhand.data.schema import Schema
from evenhand.data.series.records import SeriesSchema, Windows
from evenhand.data.split import units_of
from evenhand.data.table import Table, read_table
from evenhand.data.text import normalised
from evenhand.types import LabelSpace, Role, Truth


@dataclass(frozen=True)
class Dataset:
    """Rows with roles, and the account of how they came here.

    Args:
        ids: unique over all roles, ``(N,)``.
        texts: ``(N,)``, none empty; of series, what names a window for people.
        truth_NC: 0, 1 or NaN (unknown), float32; one-hot for multi-class.
        labels: names of the ``C`` axis, and the task.
        roles: ``(N,)``.
        unit_N: rows with equal numbers have the same text or group, ``(N,)``; see ``units_of``.
        schema: how the files were read.
        ledger: where every row went.
        notes: what the user should know, one sentence each.
        sha256: source -> SHA-256 of its content.
        windows: into the recordings, row by row; None for texts.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    truth_NC: Truth
    labels: LabelSpace
    roles: tuple[Role, ...]
    unit_N: NDArray[np.int64]
    schema: Schema | SeriesSchema
    ledger: Ledger
    notes: tuple[str, ...]
    sha256: Mapping[str, str]
    windows: Windows | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def share(self) -> float:
        """Share of the rows that were read which a sample left in; 1 without a sample."""
        return len(self) / sum(file.kept for file in self.ledger.files)

    def rows(self, role: Role) -> NDArray[np.int64]:
        """Return the positions of the rows with ``role``, ascending; empty if it is absent."""
        return np.array([i for i, r in enumerate(self.roles) if r is role], dtype=np.int64)

    def truth(self, role: Role) -> Truth:
        """Return the truth of the rows with ``role``, ``(rows, C)``."""
        return self.truth_NC[self.rows(role)]

    def count(self, role: Role) -> int:
        """Return the number of rows with ``role``."""
        return self.roles.count(role)


def read_dataset(
    source: Any,
    *,
    tune: Any = None,
    report: Any = None,
    labels_file: str | Path | None = None,
    config: DataConfig,
    seed: int,
    share: bool = True,
) -> Dataset:
    """Read everything a run needs, and give every row its role.

    One source is shared out in three (or as its split column says); where only tune rows are
    missing they are taken from the fit rows; with tune rows and no report source there are no
    report rows. Rows without text or labels are set aside and counted in the ledger.

    Args:
        source: fit rows, or all rows; whatever ``read_table`` takes.
        tune: source of the rows that choose.
        report: source of the rows that are only measured.
        labels_file: one label name a line.
        config: settings of the run's ``[data]``.
        seed: of the split and of the sample.
        share: whether missing roles are drawn from the fit rows; if not they stay without rows,
            and the rows keep their order.

    Raises:
        EvenhandError: any of E201 to E209, E211 and E213, with file and line.
    """
    given = {Role.FIT: source, Role.TUNE: tune, Role.REPORT: report}
    given = {role: what for role, what in given.items() if what is not None}
    refuse_same_source(given)
    names = read_label_names(labels_file) if labels_file is not None else None
    first = read_table(source, header=config.header)
    column = split_column(first, config, explicit=len(given) > 1)
    tables = part_by_column(first, column) if column else {Role.FIT: first}
    schema = infer_schema(tables[Role.FIT], config, names=names, split=column)
    tables = {role: _renamed(table, schema) for role, table in tables.items()}
    for role in (Role.TUNE, Role.REPORT):
        if role in given:
            tables[role] = read_like(given[role], schema)
    if len(given) > 1:
        refuse_same_content(tables)
    labels = schema.space()
    blocks = [gather(table, schema, labels, role) for role, table in tables.items()]
    refuse_rare(blocks[0], labels, config.min_rows, names_from=labels_file)
    blocks = _distinct_ids(blocks, by_column=schema.id is not None)
    notes = [*schema.notes, *_overlaps(blocks)]
    counts = tuple(block.count for block in blocks)
    if share:
        blocks = share_out(blocks, config, seed)
    if config.sample:
        blocks, sampled = draw_sample(blocks, config.sample, seed)
        notes += sampled
    notes += _uncovered(blocks, labels)
    sha256: dict[str, str] = {}
    for role, table in tables.items():
        same = sha256.setdefault(table.path, table.sha256) == table.sha256
        sha256 |= {} if same else {f"{table.path} ({role})": table.sha256}
    return _join(blocks, schema, ledger=Ledger(counts), notes=tuple(notes), sha256=sha256)


def read_labelled(source: Any, schema: Schema, labels: LabelSpace, role: Role) -> Dataset:
    """Read rows of one role for a model that exists: its columns, its labels, all rows.

    Raises:
        EvenhandError: E201 for a label the model never saw, and as ``read_dataset``.
    """
    table = read_like(source, schema)
    block = gather(table, schema, labels, role)
    schema = replace(schema, names=labels.names, task=labels.task)
    sha256 = {table.path: table.sha256}
    return _join([block], schema, ledger=Ledger((block.count,)), notes=(), sha256=sha256)


def _renamed(table: Table, schema: Schema) -> Table:
    return conform(table, schema, needed=schema.columns)


def _distinct_ids(blocks: list[Block], *, by_column: bool) -> list[Block]:
    """Return the blocks with ids that no two of them share.

    Raises:
        DataError: E208 when an id of an id column stands in two roles.
    """
    seen: dict[str, tuple[Block, int]] = {}
    for block in blocks:
        for i, name in enumerate(block.ids):
            if name not in seen:
                seen[name] = (block, i)
            elif by_column:
                other, j = seen[name]
                places = f"{other.places[j]} and {block.places[i]}"
                raise shared_rows(
                    other.role,
                    block.role,
                    f"id {name!r} at {places}",
                    fix="remove the row from one of them; if ids merely start again in each "
                    "file: --set data.id=none",
                )
            else:
                return [replace(b, ids=[f"{b.role}/{n}" for n in b.ids]) for b in blocks]
    return blocks


def _overlaps(blocks: list[Block]) -> list[str]:
    """Return a sentence for each pair of given roles that share texts or groups."""
    notes = []
    keys = [{normalised(text) for text in block.texts} for block in blocks]
    for j, other in enumerate(blocks):
        for i, one in enumerate(blocks[:j]):
            shared = sum(normalised(text) in keys[i] for text in other.texts)
            if shared:
                notes.append(
                    f"{shared} {other.role} texts also stand among the {one.role} rows (case aside)"
                )
            groups = set(one.groups or ()) & set(other.groups or ()) - {None}
            if groups:
                notes.append(f"{len(groups)} groups have both {one.role} and {other.role} rows")
    return notes


def _uncovered(blocks: list[Block], labels: LabelSpace) -> list[str]:
    notes = []
    for block in blocks:
        positives_C = (block.truth_NC == 1).sum(axis=0)
        missing = [n for n, count in zip(labels.names, positives_C, strict=True) if not count]
        if missing:
            notes.append(f"no {block.role} row has {', '.join(missing)}")
    return notes


def _join(
    blocks: list[Block],
    schema: Schema,
    *,
    ledger: Ledger,
    notes: tuple[str, ...],
    sha256: dict[str, str],
) -> Dataset:
    texts = tuple(text for block in blocks for text in block.texts)
    groups = [g for block in blocks for g in block.groups or [None] * len(block.texts)]
    return Dataset(
        ids=tuple(name for block in blocks for name in block.ids),
        texts=texts,
        truth_NC=np.concatenate([block.truth_NC for block in blocks]),
        labels=schema.space(),
        roles=tuple(block.role for block in blocks for _ in block.ids),
        unit_N=units_of(texts, groups if any(block.groups for block in blocks) else None),
        schema=schema,
        ledger=ledger,
        notes=notes,
        sha256=sha256,
    )
