"""Trackers: who else is told of every step and every pass.

A tracker is a hook that a run file names. Its factory is given the run folder, and nothing of a
run depends on what it does.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from evenhand.durable import append_bytes, make_folder
from evenhand.extras import need
from evenhand.registry import Registry
from evenhand.training.hooks import Hook, Record

TRACKERS: Registry[Hook] = Registry("tracker", {})

_AXES = ("step", "epoch")


@TRACKERS.register("none")
def none(folder: Path, /) -> Hook:
    """Tell nobody; ``history.jsonl`` holds every figure anyway."""
    return Silence()


@TRACKERS.register("tensorboard")
def tensorboard(folder: Path, /) -> Hook:
    """Write event files for TensorBoard into the run folder's ``tensorboard/``.

    Raises:
        MissingExtraError: E104 without the extra ``tracking``.
    """
    need("tracking", "tensorboard")
    return TensorBoard(folder / "tensorboard")


class Silence:
    """A hook that does nothing."""

    def on_start(self, *, steps: int, done: int) -> None:
        """Do nothing."""

    def on_step(self, record: Record, rows: int) -> None:
        """Do nothing."""

    def on_epoch(self, record: Record) -> None:
        """Do nothing."""

    def on_end(self, reason: str) -> None:
        """Do nothing."""


class TensorBoard:
    """Every number of a record as a scalar over optimizer steps: ``step/loss``, ``epoch/value``.

    An event is on disk when the call returns, so a killed run loses none that its checkpoint
    knows. A resumed run begins a file whose first event voids the steps that it does again.

    Args:
        folder: where event files go; made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._events: Any = need("tracking", "tensorboard.compat.proto.event_pb2")
        self._summaries: Any = need("tracking", "tensorboard.compat.proto.summary_pb2")

    def on_start(self, *, steps: int, done: int) -> None:
        """Begin an event file."""
        make_folder(self._folder)
        name = f"events.out.tfevents.{int(time.time()):010d}.step-{done:06d}"
        records: Any = need("tracking", "tensorboard.summary.writer.record_writer")
        self._writer = records.RecordWriter(_Appended(self._folder / name))
        began = self._events.SessionLog(status=self._events.SessionLog.START)
        self._write(file_version="brain.Event:2")
        self._write(step=done + 1, session_log=began)

    def on_step(self, record: Record, rows: int) -> None:
        """Add loss, learning rate and gradient norm."""
        self._write(step=record["step"], summary=self._summary(record))

    def on_epoch(self, record: Record) -> None:
        """Add what was measured on the tune rows."""
        self._write(step=record["step"], summary=self._summary(record))

    def on_end(self, reason: str) -> None:
        """Do nothing: all is written."""

    def _summary(self, record: Record) -> Any:
        values = [
            self._summaries.Summary.Value(tag=f"{record['kind']}/{name}", simple_value=value)
            for name, value in record.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and name not in _AXES
        ]
        return self._summaries.Summary(value=values)

    def _write(self, **fields: Any) -> None:
        event = self._events.Event(wall_time=time.time(), **fields)
        self._writer.write(event.SerializeToString())


class _Appended:
    """The end of a file, as TensorBoard's record writer wants it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, content: bytes) -> None:
        """Append ``content``."""
        append_bytes(self._path, content)
