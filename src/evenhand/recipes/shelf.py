"""Shelf: built-in TOML files that go by their names, and a user's own by their paths."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from evenhand.errors import ConfigError, did_you_mean
from evenhand.toml import read_toml


@dataclass(frozen=True)
class Shelf:
    """TOML files in a folder of a package.

    Args:
        package: that holds them.
        what: each of them is, in one word.
        folder: in the package; empty where they lie in it directly.
    """

    package: str
    what: str
    folder: str = ""

    def names(self) -> tuple[str, ...]:
        """Return the names of the built-in files, in alphabetical order."""
        files = self._folder().iterdir()
        return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.suffix == ".toml"))

    def load(self, name: str) -> dict[str, Any]:
        """Return the values of a built-in file, or of one given by its path.

        Raises:
            ConfigError: E101 for a name that is neither, with a spelling hint; E103 for bad TOML.
            MissingFileError: E202 for a ``.toml`` path that is not there.
        """
        names = self.names()
        if name in names:
            return read_toml(self._folder() / f"{name}.toml")
        if name.endswith(".toml"):
            return read_toml(Path(name))
        raise ConfigError(
            "E101",
            f"there is no {self.what} of that name",
            got=repr(name),
            fix=f"{did_you_mean(name, names)} (a file of your own ends in .toml)",
        )

    def describe(self, name: str) -> str:
        """Return the first line of a built-in file's comment: what it is for."""
        text = (self._folder() / f"{name}.toml").read_text("utf-8")
        return text.partition("\n")[0].lstrip("# ")

    def _folder(self) -> Path:
        return Path(str(resources.files(self.package) / self.folder))
