"""What tells the study of each finished pass, and ends a trial that the pruner has given up."""

from __future__ import annotations

from typing import Any, Protocol

Record = dict[str, Any]


class Pruned(Exception):  # noqa: N818 - nothing went wrong
    """A trial is ended early; raised inside the loop, and caught by who runs the trial."""


class Reports(Protocol):
    """What is told of values and may give a trial up: a trial of Optuna's."""

    def report(self, value: float, step: int) -> None:
        """Take the value after a pass."""

    def should_prune(self) -> bool:
        """Say whether to go no further."""
        ...


class Reporter:
    """A hook of the loop: reports the selection metric as it is measured after each pass.

    Args:
        trial: is told.
        known: passes that it was told of before the worker died; they are made again, exactly.
    """

    def __init__(self, trial: Reports, *, known: frozenset[int] = frozenset()) -> None:
        self._trial, self._known = trial, known

    def on_start(self, *, steps: int, done: int) -> None:
        """Nothing to tell."""

    def on_step(self, record: Record, rows: int) -> None:
        """Nothing to tell."""

    def on_epoch(self, record: Record) -> None:
        """Report the pass.

        Raises:
            Pruned: where the pruner has seen enough.
        """
        if record["epoch"] not in self._known:
            self._trial.report(record["value"], record["epoch"])
        if self._trial.should_prune():
            raise Pruned(f"after pass {record['epoch']}")

    def on_end(self, reason: str) -> None:
        """Nothing to tell."""
