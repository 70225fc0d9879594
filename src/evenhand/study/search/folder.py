"""The folder of a search: what lies where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from evenhand.errors import ConfigError
from evenhand.run.folder import Layout


@dataclass(frozen=True)
class SearchLayout:
    """Names of the files in the folder of a search.

    Args:
        root: the folder.
    """

    root: Path
    own: ClassVar[frozenset[str]] = frozenset({"study.json", "study.db", "locks", "trials"})
    """What a search makes before anything else."""

    @property
    def plan(self) -> Path:
        """What was asked, and on which rows."""
        return self.root / "study.json"

    @property
    def database(self) -> Path:
        """Trials and their values, where no other storage is named."""
        return self.root / "study.db"

    @property
    def best_file(self) -> Path:
        """The run file of the best trial."""
        return self.root / "best.toml"

    @property
    def best(self) -> Path:
        """The best trial, trained again."""
        return self.root / "best"

    @property
    def recipe(self) -> Path:
        """The recipe, trained again beside it to be measured on the same report rows."""
        return self.root / "recipe"

    @property
    def figures(self) -> Path:
        """Every figure that is shown at the end."""
        return self.root / "search.json"

    @property
    def page(self) -> Path:
        """The page to read."""
        return self.root / "search.html"

    def trial(self, number: int) -> Layout:
        """The run of a trial."""
        return Layout(self.root / "trials" / f"{number:04d}")

    def lock(self, name: str | int) -> Path:
        """The file by which a trial, or another thing that one process does, is held."""
        named = f"{name:04d}" if isinstance(name, int) else name
        return self.root / "locks" / f"{named}.lock"

    def refuse_used(self) -> None:
        """Raise when something other than a search already lies there.

        Raises:
            ConfigError: E109.
        """
        if self.plan.is_file() or not self.root.exists():
            return
        if not self.root.is_dir() or {path.name for path in self.root.iterdir()} - self.own:
            raise ConfigError(
                "E109",
                "the output folder is in use, and not by a search",
                got=str(self.root),
                fix="choose another --out",
            )
