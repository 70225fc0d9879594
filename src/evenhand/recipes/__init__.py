"""Named run files. Each is TOML; what it does not say has the default of ``config``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from evenhand.errors import ConfigError, did_you_mean
from evenhand.toml import read_toml

DEFAULT = "balanced"


def names() -> tuple[str, ...]:
    """Return the names of the built-in recipes."""
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in _folder().iterdir() if f.suffix == ".toml")
    )


def load(name: str) -> dict[str, Any]:
    """Return the values of a built-in recipe, or of a run file given by its path.

    Raises:
        ConfigError: E101 for a name that is neither, with a spelling hint.
        MissingFileError: E202 for a ``.toml`` path that is not there.
    """
    if name in names():
        return read_toml(_folder() / f"{name}.toml")
    if name.endswith(".toml"):
        return read_toml(Path(name))
    raise ConfigError(
        "E101",
        "there is no recipe of that name",
        got=repr(name),
        fix=f"{did_you_mean(name, names())} (a file of your own ends in .toml)",
    )


def describe(name: str) -> str:
    """Return the first line of the recipe's comment: what it is for."""
    return (_folder() / f"{name}.toml").read_text("utf-8").partition("\n")[0].lstrip("# ")


def _folder() -> Path:
    return Path(str(resources.files(__package__)))
