"""Where every row of every file went: kept, or set aside and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from evenhand.types import Role

EXAMPLES = 5
Unit = Literal["rows", "windows", "unlabelled rows"]


@dataclass(frozen=True)
class Aside:
    """Rows set aside for one reason: how many, and the first few lines (of windows, ids)."""

    rows: int
    examples: tuple[int | str, ...]

    @classmethod
    def of(cls, lines: Sequence[int] | Sequence[str]) -> Aside:
        """Return the account of rows that begin on ``lines``, or that have these ids."""
        return cls(len(lines), tuple(lines[:EXAMPLES]))

    def line(self, reason: str) -> str:
        """Return a line to print below the file's own."""
        more = ", ..." if self.rows > len(self.examples) else ""
        examples = ", ".join(map(str, self.examples))
        if isinstance(self.examples[0], int):
            examples = f"{'line' if self.rows == 1 else 'lines'} {examples}"
        return f"  {self.rows} set aside: {reason} ({examples}{more})"

    def join(self, other: Aside) -> Aside:
        """Return the account of both together."""
        return Aside(self.rows + other.rows, (*self.examples, *other.examples)[:EXAMPLES])


@dataclass(frozen=True)
class FileCount:
    """The rows of one file; ``read == kept + set aside``."""

    path: str
    role: Role
    read: int
    kept: int
    aside: Mapping[str, Aside]
    unit: Unit = "rows"

    @classmethod
    def of(
        cls,
        path: str,
        role: Role,
        kept: int,
        aside: Mapping[str, list[int]] | Mapping[str, list[str]],
        *,
        unit: Unit = "rows",
    ) -> FileCount:
        """Count ``kept`` rows and those set aside, given as reason -> lines or ids."""
        filled = {reason: lines for reason, lines in aside.items() if lines}
        return cls(
            path=path,
            role=role,
            read=kept + sum(map(len, filled.values())),
            kept=kept,
            aside={reason: Aside.of(n) for reason, n in filled.items()},
            unit=unit,
        )


@dataclass(frozen=True)
class Ledger:
    """The files in the order in which they were read."""

    files: tuple[FileCount, ...]

    def lines(self) -> list[str]:
        """Return the ledger as lines to print: a line a file, and one a reason below it.

        Windows have a line a folder and role: there may be thousands of recordings.
        """
        shown: list[str] = []
        for file in _by_folder(self.files):
            shown.append(
                f"{file.path} ({file.role}): {file.read} {file.unit} read, {file.kept} kept"
            )
            shown += [aside.line(reason) for reason, aside in file.aside.items()]
        return shown

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Ledger:
        """Return the ledger that ``to_dict`` described."""
        return cls(
            tuple(
                FileCount(
                    file["path"],
                    Role(file["role"]),
                    file["read"],
                    file["kept"],
                    {r: Aside(a["rows"], tuple(a["examples"])) for r, a in file["aside"].items()},
                    file.get("unit", "rows"),
                )
                for file in stored["files"]
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the ledger as plain values for JSON."""
        return {"files": [asdict(file) for file in self.files]}


def _by_folder(files: Sequence[FileCount]) -> list[FileCount]:
    """Return the counts of files of windows joined by folder and role, the others as they are."""
    joined: dict[object, list[FileCount]] = {}
    for number, file in enumerate(files):
        windows = file.unit == "windows"
        key = (Path(file.path).parent, file.role) if windows else number
        joined.setdefault(key, []).append(file)
    return [_joined(group) if group[0].unit == "windows" else group[0] for group in joined.values()]


def _joined(group: Sequence[FileCount]) -> FileCount:
    aside: dict[str, Aside] = {}
    for reason, some in (pair for file in group for pair in file.aside.items()):
        aside[reason] = aside[reason].join(some) if reason in aside else some
    plural = "recordings" if len(group) > 1 else "recording"
    return FileCount(
        f"{Path(group[0].path).parent}, {len(group)} {plural}",
        group[0].role,
        sum(file.read for file in group),
        sum(file.kept for file in group),
        aside,
        group[0].unit,
    )
