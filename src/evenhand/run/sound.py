"""Files of a run read soundly: what is damaged or missing is an error that names the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evenhand.errors import BundleError, EvenhandError


@contextmanager
def sound(file: Path) -> Iterator[None]:
    """Turn what a damaged file does to its reader into an error that names the file.

    Raises:
        BundleError: E401.
    """
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleError(
            "E401",
            f"the run's file {file.name} is {'damaged' if file.is_file() else 'missing'}",
            got=f"{file}: {_said(error)}",
            fix="put a sound copy of it back, or train again with another --out",
        ) from error


def read_object(file: Path, *, needed: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a JSON file holds; TypeError where that is no object, KeyError without a key.

    Args:
        file: to read.
        needed: keys without which it is not what it is taken for.
    """
    value = json.loads(file.read_text("utf-8"))
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} instead of an object")
    for key in needed:
        if key not in value:
            raise KeyError(key)
    return value


def read_sound(file: Path, *needed: str) -> dict[str, Any]:
    """Return what a JSON file of a run holds, if it has the keys ``needed``.

    Raises:
        BundleError: E401 where it is missing, damaged or lacks a key.
    """
    with sound(file):
        return read_object(file, needed=needed)


def _said(error: Exception) -> str:
    if isinstance(error, EvenhandError):
        return error.got
    return f"no {error}" if isinstance(error, KeyError) else str(error)
