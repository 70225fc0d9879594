"""How far an answer to many rows is, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from evenhand.run.screen import Screen


class Gauge:
    """Tells the share that is done, rows a second and the time left.

    A steady model takes as long for every byte. The clock starts after the first portion, which
    pays for what is set up once.

    Args:
        screen: a bar where it is live, else a line now and then.
        what: is being done.
        every: seconds between two lines.
        clock: tells the seconds.
    """

    def __init__(
        self,
        screen: Screen,
        what: str,
        *,
        every: float = 15,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen, self._what, self._every, self._clock = screen, what, every, clock
        self._first: tuple[float, float, int] | None = None
        self._last = self._begun = clock()
        self._now = (self._begun, 0.0, 0)
        self._bar: Any = None

    def __enter__(self) -> Gauge:
        """Draw the bar, if there is one."""
        if self._screen.live:
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=1.0, note="")
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def at(self, share: float, rows: int = 0) -> None:
        """Take note of how far it is.

        Args:
            share: that is done, from 0 to 1.
            rows: of it.
        """
        self._now = (self._clock(), share, rows)
        if self._first is None:
            self._first = self._now
        if self._bar is not None:
            self._bar.update(self._task, completed=share, note=self._note())
        elif self._now[0] - self._last >= self._every:
            self._last = self._now[0]
            self._screen.say(f"  {self._what} {share:.1%}  {self._note()}")

    def left(self) -> float | None:
        """Return the seconds that are left; None before two portions are done."""
        passed = self._since()
        if passed is None or passed[1] <= 0:
            return None
        return passed[0] / passed[1] * (1 - self._now[1])

    def _since(self) -> tuple[float, float, int] | None:
        """Return seconds, share and rows since the first portion."""
        if self._first is None or self._now[0] <= self._first[0]:
            return None
        (t, share, rows), (t0, share0, rows0) = self._now, self._first
        return t - t0, share - share0, rows - rows0

    def _note(self) -> str:
        passed, left = self._since(), self.left()
        if passed is None or left is None:
            return ""
        pace = passed[2] / passed[0]
        speed = f"{pace:,.{1 if pace < 10 else 0}f} rows/s  " if pace else ""
        return f"{speed}{_duration(left)} left"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {whole % 60:02d} s"


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )
