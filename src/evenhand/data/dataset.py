"""Tables to a data set: every row that a run needs, with its role."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from evenhand.config import DataConfig
from evenhand.data.block import Block, gather
from evenhand.data.conform import conform, read_like
from evenhand.data.inference import infer_schema
from evenhand.data.labels import read_label_names
from evenhand.data.ledger import Ledger
from evenhand.data.partition import draw_sample, refuse_rare, share_out
from evenhand.data.roles import (
    Closed,
    part_by_column,
    refuse_same_content,
    refuse_same_source,
    shared_rows,
    split_column,
)
from evenhand.data.rows import Dataset, join, overlaps, uncovered
from evenhand.data.schema import Schema
from evenhand.data.table import Table, read_table
from evenhand.types import LabelSpace, Role


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
        report: source of the rows that are only measured; ``Closed`` leaves them out, whether they
            have a source of their own or are dealt.
        labels_file: one label name a line.
        config: settings of the run's ``[data]``.
        seed: of the split and of the sample.
        share: whether missing roles are drawn from the fit rows; if not they stay without rows,
            and the rows keep their order.

    Raises:
        EvenhandError: any of E201 to E209, E211 and E213, with file and line.
    """
    closed = isinstance(report, Closed)
    given = {Role.FIT: source, Role.TUNE: tune}
    given[Role.REPORT] = report.source if isinstance(report, Closed) else report
    given = {role: what for role, what in given.items() if what is not None}
    refuse_same_source(given)
    names = read_label_names(labels_file) if labels_file is not None else None
    first = read_table(source, header=config.header)
    column = split_column(first, config, explicit=len(given) > 1)
    tables = part_by_column(first, column) if column else {Role.FIT: first}
    apart = {Role.REPORT} & {*given, *tables} if closed else set()
    for role in apart:
        given.pop(role, None)
        tables.pop(role, None)
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
    notes = [*schema.notes, *overlaps(blocks)]
    counts = tuple(block.count for block in blocks)
    if share:
        blocks = share_out(blocks, config, seed, apart=apart)
    if config.sample:
        blocks, sampled = draw_sample(blocks, config.sample, seed)
        notes += sampled
    if closed:
        blocks = [block for block in blocks if block.role is not Role.REPORT]
    notes += uncovered(blocks, labels)
    sha256: dict[str, str] = {}
    for role, table in tables.items():
        same = sha256.setdefault(table.path, table.sha256) == table.sha256
        sha256 |= {} if same else {f"{table.path} ({role})": table.sha256}
    return join(blocks, schema, ledger=Ledger(counts), notes=tuple(notes), sha256=sha256)


def read_labelled(source: Any, schema: Schema, labels: LabelSpace, role: Role) -> Dataset:
    """Read rows of one role for a model that exists: its columns, its labels, all rows.

    Raises:
        EvenhandError: E201 for a label the model never saw, and as ``read_dataset``.
    """
    table = read_like(source, schema)
    block = gather(table, schema, labels, role)
    schema = replace(schema, names=labels.names, task=labels.task)
    sha256 = {table.path: table.sha256}
    return join([block], schema, ledger=Ledger((block.count,)), notes=(), sha256=sha256)


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
