"""Where every row of every file went: kept, or set aside and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evenhand.types import Role

EXAMPLES = 5


@dataclass(frozen=True)
class Aside:
    """Rows set aside for one reason: how many, and the first few lines."""

    rows: int
    examples: tuple[int, ...]

    @classmethod
    def of(cls, lines: Sequence[int]) -> Aside:
        """Return the account of rows that begin on ``lines``."""
        return cls(len(lines), tuple(lines[:EXAMPLES]))

    def line(self, reason: str) -> str:
        """Return a line to print below the file's own."""
        more = ", ..." if self.rows > len(self.examples) else ""
        examples = ", ".join(map(str, self.examples))
        word = "line" if self.rows == 1 else "lines"
        return f"  {self.rows} set aside: {reason} ({word} {examples}{more})"


@dataclass(frozen=True)
class FileCount:
    """The rows of one file; ``read == kept + set aside``."""

    path: str
    role: Role
    read: int
    kept: int
    aside: Mapping[str, Aside]

    @classmethod
    def of(cls, path: str, role: Role, kept: int, aside: Mapping[str, list[int]]) -> FileCount:
        """Count ``kept`` rows and those set aside, given as reason -> lines."""
        filled = {reason: lines for reason, lines in aside.items() if lines}
        return cls(
            path=path,
            role=role,
            read=kept + sum(map(len, filled.values())),
            kept=kept,
            aside={reason: Aside.of(n) for reason, n in filled.items()},
        )


@dataclass(frozen=True)
class Ledger:
    """The files in the order in which they were read."""

    files: tuple[FileCount, ...]

    def lines(self) -> list[str]:
        """Return the ledger as lines to print: a line a file, and one a reason below it."""
        shown: list[str] = []
        for file in self.files:
            shown.append(f"{file.path} ({file.role}): {file.read} rows read, {file.kept} kept")
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
                )
                for file in stored["files"]
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the ledger as plain values for JSON."""
        return {"files": [asdict(file) for file in self.files]}
