"""The terminal as the commands see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.run.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console


def console() -> Console:
    """Return the console for results; plain and at most 100 wide when it is no terminal."""
    from rich.console import Console

    plain = Console(highlight=False, soft_wrap=False)
    return plain if plain.is_terminal else Console(highlight=False, width=100)


def screen() -> Screen:
    """Return a screen that prints lines, with a moving bar on a terminal."""
    shown = console()
    return Screen(
        say=lambda line: shown.print(line, markup=False, soft_wrap=True), live=shown.is_terminal
    )
