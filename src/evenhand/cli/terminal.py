"""The terminal as the commands see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.run.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """Return the console for results; plain and at most 100 wide when it is no terminal."""
    from rich.console import Console

    plain = Console(highlight=False, soft_wrap=False, stderr=stderr)
    return plain if plain.is_terminal else Console(highlight=False, width=100, stderr=stderr)


def screen(*, stderr: bool = False) -> Screen:
    """Return a screen that prints lines, with a moving bar on a terminal."""
    shown = console(stderr=stderr)
    return Screen(
        say=lambda line: shown.print(line, markup=False, soft_wrap=True), live=shown.is_terminal
    )
