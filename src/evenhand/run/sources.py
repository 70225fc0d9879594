"""Which files a run reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from evenhand import recipes
from evenhand.config import RunConfig
from evenhand.data import Dataset, read_dataset
from evenhand.data.roles import Closed
from evenhand.data.series import is_series, read_series
from evenhand.data.table import read_table
from evenhand.errors import ConfigError

SERIES = "series"
"""The default recipe of recordings: their networks start from nothing and learn at other rates."""

CLOSED = "closed:"
"""Stands in a manifest before report rows that a run left unread."""


@dataclass(frozen=True)
class Sources:
    """Fit rows (or all rows), and optionally the rows of the other roles.

    Args:
        data: a file, a folder, a hub id, or a table in memory.
        tune: rows that choose, likewise.
        report: rows that are only measured, likewise; ``Closed`` where nobody may see them.
        labels_file: one label name a line.
    """

    data: Any
    tune: Any = None
    report: Any = None
    labels_file: str | Path | None = None

    def closed(self) -> Sources:
        """Return the same without the report rows: what may choose something reads no more."""
        return replace(self, report=Closed(self.report))

    def held(self, config: RunConfig) -> Sources:
        """Return the same with its table in memory, to be read with other roles again and again.

        Recordings stay where they are: their frames are cached.

        Raises as ``read_table``.
        """
        if is_series(self.data):
            return self
        return replace(self, data=read_table(self.data, header=config.data.header))

    def recipe(self) -> str:
        """Return the recipe for these rows where nobody names one."""
        return SERIES if is_series(self.data) else recipes.DEFAULT

    def read(self, config: RunConfig) -> Dataset:
        """Return all rows with roles: texts of tables, windows of folders of series.

        Raises as ``read_dataset`` and ``read_series``.
        """
        if not is_series(self.data):
            return read_dataset(
                self.data,
                tune=self.tune,
                report=self.report,
                labels_file=self.labels_file,
                config=config.data,
                seed=config.split_seed,
            )
        self.refuse_labels_file()
        return read_series(
            self.data,
            tune=self.tune,
            report=self.report,
            data=config.data,
            config=config.series,
            seed=config.split_seed,
        )

    def refuse_labels_file(self) -> None:
        """Raise where a file names the labels of series, which ``metadata.json`` does.

        Raises:
            ConfigError: E110.
        """
        if self.labels_file is not None:
            raise ConfigError(
                "E110",
                "labels of series stand in metadata.json",
                got=f"--labels-file {self.labels_file}",
                fix='leave it out; "labels": [...] in metadata.json names them',
            )

    def to_dict(self) -> dict[str, str | None]:
        """Return absolute paths where there are files, and names of types where there are none."""
        return {part.name: _name(getattr(self, part.name)) for part in fields(self)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, str | None]) -> Sources:
        """Return the sources that ``to_dict`` named."""
        report: Any = stored["report"]
        if isinstance(report, str) and report.startswith(CLOSED):
            report = Closed(report.removeprefix(CLOSED) or None)
        return cls(stored["data"], stored["tune"], report, stored["labels_file"])


def _name(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, Closed):
        return f"{CLOSED}{_name(value.source) or ''}"
    if isinstance(value, str | Path):
        path = Path(value)
        return str(path.resolve()) if path.exists() else str(value)
    return f"<{type(value).__name__}>"
