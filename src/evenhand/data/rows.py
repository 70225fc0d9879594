"""A data set ready for use: ids, texts, truth, and the role of every row.

Shapes: N rows, C labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.data.block import Block
from evenhand.data.ledger import Ledger
from evenhand.data.schema import Schema
from evenhand.data.split import units_of
from evenhand.data.text import normalised
from evenhand.types import LabelSpace, Role, Truth

if TYPE_CHECKING:
    from evenhand.data.series.records import SeriesSchema, Windows
    from evenhand.data.series.sanity import Oddity


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
        oddities: what is odd about the values of recordings, gravest first.
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
    oddities: tuple[Oddity, ...] = ()

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

    def contents(self, places: NDArray[np.int64]) -> list[str] | Windows:
        """Return what a classifier reads of the rows at ``places``: texts, or windows."""
        if self.windows is not None:
            return self.windows.take(places)
        return [self.texts[i] for i in places]

    def count(self, role: Role) -> int:
        """Return the number of rows with ``role``."""
        return self.roles.count(role)


def overlaps(blocks: list[Block]) -> list[str]:
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


def uncovered(blocks: list[Block], labels: LabelSpace) -> list[str]:
    """Return a sentence for each role that lacks labels."""
    notes = []
    for block in blocks:
        positives_C = (block.truth_NC == 1).sum(axis=0)
        missing = [n for n, count in zip(labels.names, positives_C, strict=True) if not count]
        if missing:
            notes.append(f"no {block.role} row has {', '.join(missing)}")
    return notes


def join(
    blocks: list[Block],
    schema: Schema | SeriesSchema,
    *,
    ledger: Ledger,
    notes: tuple[str, ...],
    sha256: dict[str, str],
) -> Dataset:
    """Return the blocks end to end, each row with the role of its block."""
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
