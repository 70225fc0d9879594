"""Where a run speaks: a terminal, a log, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Screen:
    """How a run tells what it does.

    Args:
        say: prints one line; the default is silence, as a library call should be.
        live: draw a moving bar; needs a terminal.
    """

    say: Callable[[str], None] = _silent
    live: bool = False
