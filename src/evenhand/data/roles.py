"""Sources to roles: explicit files, or a column that says the role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.config import DataConfig
from evenhand.data.header import SPLIT_NAMES, known_column
from evenhand.data.table import Table
from evenhand.errors import ConfigError, DataError
from evenhand.types import Role

VALUES: Mapping[str, Role] = {
    "fit": Role.FIT, "train": Role.FIT, "training": Role.FIT,
    "tune": Role.TUNE, "dev": Role.TUNE, "valid": Role.TUNE, "validation": Role.TUNE,
    "val": Role.TUNE,
    "report": Role.REPORT, "test": Role.REPORT,
}  # fmt: skip


@dataclass(frozen=True)
class Closed:
    """Stands for report rows that must not be looked at: those of a search, until its end.

    Roles are dealt as if the rows were there, and then they are not.

    Args:
        source: of the rows, which stays closed; None where they are dealt from the others.
    """

    source: Any = None


def split_column(table: Table, config: DataConfig, *, explicit: bool) -> str | None:
    """Return the column that says the role, if one is named or can be told.

    A column called split, role, subset or partition counts when it holds a word for a role.

    Args:
        table: the first source.
        config: ``data.split`` names the column; ``none`` says that there is none.
        explicit: whether other roles come from files of their own; a column is then not looked
            for.

    Raises:
        ConfigError: E105 when both a column and files say the role.
        DataError: E205 when the named column is missing.
    """
    if config.split == "none" and "none" not in table.columns:
        return None
    if config.split is not None:
        table.column(config.split)
        if explicit:
            raise ConfigError(
                "E105",
                "roles come from a column or from files, not from both",
                got=f"data.split = {config.split!r} beside --tune or --report",
                fix="leave one of them out",
            )
        return config.split
    if explicit:
        return None
    found = known_column(list(table.columns), SPLIT_NAMES)
    return found if found and any(_role(c) for c in table.columns[found]) else None


def _role(cell: Any) -> Role | None:
    return VALUES.get(str(cell).strip().casefold())


def part_by_column(table: Table, column: str) -> dict[Role, Table]:
    """Return the rows of each role; blank lines stay with the first.

    Raises:
        DataError: E209 for a value that names no role, or when no row is to fit.
    """
    rows: dict[Role, list[int]] = {}
    for i, cell in enumerate(table.columns[column]):
        role = _role(cell)
        if role is None:
            raise DataError(
                "E209",
                "a cell of the split column names no role",
                got=f"{cell!r} (column {column!r}, {table.where(i)})",
                fix=f"use one of {', '.join(VALUES)}; or --set data.split=none",
            )
        rows.setdefault(role, []).append(i)
    if Role.FIT not in rows:
        raise DataError(
            "E209",
            "the split column leaves no row to fit",
            got=f"{table.path}, column {column!r}: only {', '.join(rows)}",
            fix="mark rows 'fit' or 'train' there; or --set data.split=none",
        )
    parts = {role: table.take(rows[role]) for role in Role if role in rows}
    return parts | {Role.FIT: replace(parts[Role.FIT], blank=table.blank)}


def refuse_same_source(sources: Mapping[Role, Any]) -> None:
    """Raise when one file is given for two roles.

    Raises:
        DataError: E208 naming both roles.
    """
    seen: dict[Path, Role] = {}
    for role, source in sources.items():
        if isinstance(source, str | Path):
            path = Path(source).resolve()
            if path in seen:
                raise shared_rows(seen[path], role, f"{source} is given for both")
            seen[path] = role


def refuse_same_content(tables: Mapping[Role, Table]) -> None:
    """Raise when the files of two roles hold the same bytes.

    Raises:
        DataError: E208 naming both files.
    """
    seen: dict[str, Role] = {}
    for role, table in tables.items():
        if table.sha256 and table.sha256 in seen:
            other = seen[table.sha256]
            raise shared_rows(other, role, f"{tables[other].path} and {table.path} are equal")
        seen[table.sha256] = role


def shared_rows(
    one: Role, other: Role, got: str, *, fix: str = "give each role a file of its own"
) -> DataError:
    """Return the error for rows that two roles share."""
    return DataError(
        "E208",
        f"the roles {one.value!r} and {other.value!r} share rows",
        got=got,
        fix=fix,
    )
