"""The one message for a missing optional dependency."""

from __future__ import annotations

import importlib
from types import ModuleType

from evenhand.errors import MissingExtraError


def need(extra: str, module: str) -> ModuleType:
    """Import ``module`` or say which extra of evenhand brings it.

    Args:
        extra: name of the extra in ``pyproject.toml``, for example ``"train"``.
        module: dotted module name, for example ``"torch"``.

    Raises:
        MissingExtraError: E104 when the top-level package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise MissingExtraError(
            "E104",
            f"this needs the package {module.split('.')[0]!r}, which is not installed",
            got=f"no module named {error.name!r}",
            fix=f"pip install 'evenhand[{extra}]'",
        ) from error
