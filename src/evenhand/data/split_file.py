"""The role of every row on disk, and a hash of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from evenhand.data.rows import Dataset
from evenhand.durable import write_table
from evenhand.types import Role


def split_hash(dataset: Dataset) -> str:
    """Return a SHA-256 of which id has which role, whatever the order of the rows."""
    pairs = sorted(zip(dataset.ids, dataset.roles, strict=True))
    return hashlib.sha256(repr([(i, r.value) for i, r in pairs]).encode()).hexdigest()


def save_split(path: Path, dataset: Dataset) -> None:
    """Write ``id`` and ``role`` of every row as Parquet; equal splits give equal bytes.

    Raises:
        WriteError: E106 when it cannot be written.
    """
    import pyarrow as pa

    columns = {
        "id": pa.array(dataset.ids, pa.string()),
        "role": pa.array([role.value for role in dataset.roles], pa.string()),
    }
    write_table(path, pa.table(columns))


def load_split(path: Path) -> dict[str, Role]:
    """Return id -> role, as ``save_split`` wrote them."""
    import pyarrow.parquet as pq

    columns = pq.read_table(path, columns=["id", "role"]).to_pydict()
    return dict(zip(columns["id"], map(Role, columns["role"]), strict=True))
