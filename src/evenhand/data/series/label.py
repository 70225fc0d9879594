"""Recordings to rows with labels: what becomes blocks, a ledger and a data set.

Shapes: R recordings, N windows, C labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evenhand.data.block import Block
from evenhand.data.ledger import FileCount, Ledger
from evenhand.data.rows import Dataset, join, uncovered
from evenhand.data.series.cut import TOO_SHORT, Cut, cut_labelled, window_names
from evenhand.data.series.gather import Gathered
from evenhand.data.series.oddities import oddities_of
from evenhand.data.series.records import SeriesSchema, Windows
from evenhand.data.series.roles import units
from evenhand.errors import DataError
from evenhand.types import Role

DAMAGED = "the recording is damaged (series.corrupt = skip)"


@dataclass(frozen=True)
class Labelled:
    """Windows with labels, in blocks by role.

    Args:
        found: the recordings.
        cut: their windows.
        row_of: id of a window -> its position among them.
        blocks: of each role that has recordings, fit first.
    """

    found: Gathered
    cut: Cut
    row_of: Mapping[str, int]
    blocks: list[Block]

    def counts(self, blocks: Sequence[Block]) -> tuple[FileCount, ...]:
        """Return how many windows of each file were read, kept and set aside.

        Args:
            blocks: with the roles that they have at last.
        """
        role_of: dict[int, Role] = {}
        for block in blocks:
            rows = [self.row_of[name] for name in block.ids]
            numbers = np.unique(self.cut.windows.recording_N[rows])
            role_of |= dict.fromkeys(numbers.tolist(), block.role)
        return counts_of(self.cut.windows, self.found, aside=self.cut.aside, role_of=role_of)

    def dataset(self, blocks: list[Block], ledger: Ledger, notes: Sequence[str] = ()) -> Dataset:
        """Return the rows of these blocks with their windows and all that is odd."""
        schema = self.found.schema
        odd = tuple(oddities_of(self.found.reel, schema))
        dataset = join(
            blocks,
            schema,
            ledger=ledger,
            notes=(*self.found.notes, *map(str, odd), *notes, *uncovered(blocks, schema.space())),
            sha256=dict(self.found.sha256),
        )
        rows = np.array([self.row_of[name] for name in dataset.ids], np.int64)
        return replace(dataset, windows=self.cut.windows.take(rows), oddities=odd)


def label(found: Gathered, *, min_rows: int) -> Labelled:
    """Cut recordings into windows and call each by its label.

    Args:
        found: the recordings.
        min_rows: fewest fit windows of a label.

    Raises:
        DataError: E206 for a frame label without a name, E207 for a label with too few windows,
            E209 for a role that no window is left for.
    """
    parts = cut_labelled(found.reel, found.schema)
    ids, texts = window_names(parts.windows, found.schema)
    unit_R = units(found.taken, found.schema.group)
    truth_NC = np.eye(len(found.schema.names), dtype=np.float32)[parts.label_N]
    role_R = np.array([one.role.value for one in found.taken])
    blocks = []
    for role in Role:
        if not (role_R == role.value).any():
            continue
        rows = np.flatnonzero((role_R == role.value)[parts.windows.recording_N])
        count = FileCount.of(str(found.taken[0].folder), role, len(rows), {})
        if not len(rows):
            raise _none_left(role, parts, role_R)
        blocks.append(
            Block(
                role=role,
                ids=[ids[i] for i in rows],
                texts=[texts[i] for i in rows],
                truth_NC=truth_NC[rows],
                groups=unit_R[parts.windows.recording_N[rows]].tolist(),
                places=[ids[i] for i in rows],
                count=count,
            )
        )
    _refuse_rare(blocks[0], found.schema, min_rows)
    return Labelled(found, parts, {name: i for i, name in enumerate(ids)}, blocks)


def counts_of(
    windows: Windows,
    found: Gathered,
    *,
    aside: Sequence[Mapping[str, list[str]]] = (),
    role_of: Mapping[int, Role] = {},
) -> tuple[FileCount, ...]:
    """Return how many windows of each recording were read, kept and set aside.

    A damaged recording counts as one window that is set aside: how many it held, nobody knows.

    Args:
        windows: that are kept.
        found: the recordings.
        aside: of each recording, reason -> names of windows; empty where every window is kept,
            so that a recording without any is too short.
        role_of: number of a recording -> its role, where that was drawn.
    """
    kept_R = np.bincount(windows.recording_N, minlength=len(found.taken)).tolist()
    counts = [
        FileCount.of(
            str(one.files[0]),
            role_of.get(number, one.role),
            kept_R[number],
            aside[number] if aside else _lost(one.name, kept_R[number]),
            unit="windows",
        )
        for number, one in enumerate(found.taken)
    ]
    counts += [
        FileCount.of(str(file), bad.role, 0, {DAMAGED: [bad.name]}, unit="windows")
        for bad in found.damaged
        for file in bad.files[:1]
    ]
    return tuple(sorted(counts, key=lambda count: list(Role).index(count.role)))


def _lost(name: str, kept: int) -> dict[str, list[str]]:
    return {} if kept else {TOO_SHORT: [f"{name}@0"]}


def _none_left(role: Role, parts: Cut, role_R: np.ndarray) -> DataError:
    why: dict[str, int] = {}
    for lost, own in zip(parts.aside, role_R, strict=True):
        for reason, names in lost.items() if own == role.value else ():
            why[reason] = why.get(reason, 0) + len(names)
    return DataError(
        "E209",
        f"no window is left for the role {role.value!r}",
        got=", ".join(f"{count:,}: {reason}" for reason, count in why.items() if count),
        fix="shorten series.window or series.horizon, or label more frames",
    )


def _refuse_rare(block: Block, schema: SeriesSchema, min_rows: int) -> None:
    positives_C = (block.truth_NC == 1).sum(axis=0)
    c = int(np.argmin(positives_C))
    count = int(positives_C[c])
    if count >= min_rows:
        return
    where = ", ".join(block.places[i] for i in np.flatnonzero(block.truth_NC[:, c] == 1)[:3])
    raise DataError(
        "E207",
        f"a label has fewer windows than data.min_rows = {min_rows}",
        got=f"{schema.names[c]!r} has {count} of {len(block.ids):,} ({where or block.count.path})",
        fix=f"add recordings, shorten series.stride, or --set data.min_rows={count}"
        if count
        else 'add recordings with it, or take it out of "labels" in metadata.json',
    )
