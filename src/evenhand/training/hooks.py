"""What watches a run: the history file and the live display. Add your own by the same protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from evenhand.durable import append_bytes, write_text

Record = dict[str, Any]


class Hook(Protocol):
    """Something that is told of every optimizer step and every epoch.

    Records are those of ``history.jsonl``. A hook must not draw random numbers.
    """

    def on_start(self, *, steps: int, done: int) -> None:
        """The run has ``steps`` optimizer steps, of which ``done`` are behind it."""

    def on_step(self, record: Record, rows: int) -> None:
        """An optimizer step over ``rows`` rows is done."""

    def on_epoch(self, record: Record) -> None:
        """A pass over the fit rows is done and the tune rows are scored."""

    def on_end(self, reason: str) -> None:
        """The run stopped; ``reason`` says why in words."""


class HistoryFile:
    """``history.jsonl``: one line a step and a line an epoch, the same in every repetition.

    It holds no clock times, so that a resumed run's file equals an uninterrupted one's.

    Args:
        path: the file; lines after ``step`` are cut off, as a resumed run writes them again.
        step: optimizer steps that the checkpoint knows.
    """

    def __init__(self, path: Path, *, step: int) -> None:
        kept = [r for r in read_history(path) if r["step"] <= step] if step else []
        write_text(path, "".join(map(_line, kept)))
        self._path = path

    def on_start(self, *, steps: int, done: int) -> None:
        """Nothing to write."""

    def on_step(self, record: Record, rows: int) -> None:
        """Append the step."""
        self._append(record)

    def on_epoch(self, record: Record) -> None:
        """Append the epoch."""
        self._append(record)

    def on_end(self, reason: str) -> None:
        """Nothing to write."""

    def _append(self, record: Record) -> None:
        append_bytes(self._path, _line(record).encode("utf-8"))


def read_history(path: Path) -> list[Record]:
    """Return the records of a history file; a torn last line is left out."""
    if not path.is_file():
        return []
    lines = path.read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1] if line]


def _line(record: Record) -> str:
    return json.dumps(record, allow_nan=False) + "\n"


class Display:
    """Progress on the screen: a bar on a terminal, plain lines elsewhere.

    Args:
        say: prints one line.
        live: draw a moving bar; needs a terminal.
        epochs: passes planned.
        every: seconds between plain lines.
    """

    def __init__(
        self, say: Callable[[str], None], *, live: bool, epochs: int, every: float = 15
    ) -> None:
        self._say, self._epochs, self._every = say, epochs, every
        self._bar = _bar() if live else None
        self._rows, self._steps, self._done, self._first = 0, 0, 0, 0
        self._loss: float | None = None
        self._begun = self._last = time.monotonic()

    def on_start(self, *, steps: int, done: int) -> None:
        """Start the clock."""
        self._steps, self._done, self._first = steps, done, done
        self._begun = self._last = time.monotonic()
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("training", total=steps, completed=done, note="")

    def on_step(self, record: Record, rows: int) -> None:
        """Show loss (running mean), learning rate, samples a second and time left."""
        self._rows += rows
        self._done = record["step"]
        loss = record["loss"]
        self._loss = loss if self._loss is None else 0.98 * self._loss + 0.02 * loss
        note = f"loss {self._loss:.4f}  lr {record['lr']:.1e}  {self._speed():.0f} rows/s"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, note=note)
        elif time.monotonic() - self._last >= self._every:
            self._last = time.monotonic()
            self._say(f"  step {self._done}/{self._steps}  {note}  {self._left()} left")

    def on_epoch(self, record: Record) -> None:
        """Print one line for the pass."""
        mark = "  best so far" if record["best"] else ""
        self._say(
            f"epoch {record['epoch']}/{self._epochs}  fit loss {record['fit_loss']:.4f}  "
            f"tune loss {record['tune_loss']:.4f}  {record['metric']} {record['value']:.4f}"
            f"  macro-F1 at 0.5 {record['macro_f1_half']:.4f}{mark}"
        )

    def on_end(self, reason: str) -> None:
        """Take the bar away and say why the run stopped."""
        if self._bar is not None:
            self._bar.stop()
        self._say(reason)

    def _speed(self) -> float:
        return self._rows / max(time.monotonic() - self._begun, 1e-9)

    def _left(self) -> str:
        taken = (time.monotonic() - self._begun) / max(self._done - self._first, 1)
        seconds = int(taken * (self._steps - self._done))
        return f"{seconds // 60} min {seconds % 60:02d} s"


def _bar() -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        transient=True,
    )
