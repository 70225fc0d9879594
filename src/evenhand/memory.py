"""Memory that is free but still held goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


@cache
def _trim() -> Callable[[int], int] | None:
    """Return glibc's ``malloc_trim``; None where the C library has none."""
    if not sys.platform.startswith("linux"):
        return None
    function: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return function


def give_back() -> None:
    """Return memory that is free but still held to the system; nothing where that is not glibc.

    Batches of every length leave holes of every size behind, and glibc keeps them: without
    this a run over varied texts grows to twice what it uses.
    """
    trim = _trim()
    if trim is not None:
        trim(0)
