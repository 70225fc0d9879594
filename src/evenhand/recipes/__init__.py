"""Named run files. Each is TOML; what it does not say has the default of ``config``."""

from evenhand.recipes.shelf import Shelf

DEFAULT = "balanced"
_SHELF = Shelf(__name__, "recipe")
names, load, describe = _SHELF.names, _SHELF.load, _SHELF.describe

__all__ = ["DEFAULT", "Shelf", "describe", "load", "names"]
