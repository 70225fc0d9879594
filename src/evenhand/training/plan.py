"""How long to train, and in what portions."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from evenhand.errors import ConfigError

USUAL_EPOCHS, MOST_EPOCHS, ENOUGH_STEPS = 3, 40, 600


@dataclass(frozen=True)
class Plan:
    """How long and in what portions to train.

    Args:
        epochs: passes at most.
        batch_size: rows a batch.
        accumulate: batches an optimizer step; the last group of a pass may be smaller.
        patience: passes without gain before stopping; 0 never stops early.
        checkpoint_every: optimizer steps between checkpoints within a pass.
        keep: newest checkpoints kept.
        lr: peak learning rate of the backbone, for the record.
        seed: the run's seed.
        metric: name of the selection metric, for the record.
        max_steps: optimizer steps at most, in all; None has no such limit.
        steps_per_epoch: optimizer steps of a pass at most; None takes every row.
        max_seconds: time at most, scoring left out; None has no such limit.
        deterministic: refuse operations whose result may vary on the same machine.
    """

    epochs: int
    batch_size: int
    accumulate: int
    patience: int
    checkpoint_every: int
    keep: int
    lr: float
    seed: int
    metric: str
    max_steps: int | None = None
    steps_per_epoch: int | None = None
    max_seconds: float | None = None
    deterministic: bool = False

    def steps(self, rows: int) -> int:
        """Return the optimizer steps of all passes of ``rows`` draws."""
        steps = self.epochs * self.pass_steps(rows)
        return steps if self.max_steps is None else min(steps, self.max_steps)

    def pass_steps(self, rows: int) -> int:
        """Return the optimizer steps of one pass; the last group of batches is a step as well."""
        steps = math.ceil(math.ceil(rows / self.batch_size) / self.accumulate)
        return steps if self.steps_per_epoch is None else min(steps, self.steps_per_epoch)

    def share(self, epoch: int, rows: int) -> float:
        """Return how far the run is in pass ``epoch``: 0 in the first pass, 1 in the last planned.

        What changes from pass to pass (a progressive sampler, the shift that it causes) reads it.
        """
        passes = math.ceil(self.steps(rows) / self.pass_steps(rows))
        return min(epoch / max(passes - 1, 1), 1.0)

    def batches(self, available: int) -> int:
        """Return how many of a pass's batches are used."""
        if self.steps_per_epoch is None:
            return available
        return min(available, self.steps_per_epoch * self.accumulate)


def enough_epochs(pass_steps: int) -> int:
    """Return how many passes to plan when nobody said: 3, or more until 600 steps are reached.

    A few hundred rows give a few dozen steps in three passes, from which nothing is learnt; early
    stopping ends the run sooner where that is too many. Never more than 40 passes.
    """
    return min(max(USUAL_EPOCHS, math.ceil(ENOUGH_STEPS / pass_steps)), MOST_EPOCHS)


def seconds_of(text: str | int, *, named: str = "train.max_time") -> float:
    """Return a time budget in seconds: ``90s``, ``30m``, ``1h30m``, or a bare number of seconds.

    Args:
        text: as it is typed.
        named: option or key that it is the value of.

    Raises:
        ConfigError: E102 when it is none of these, or nothing.
    """
    found = re.fullmatch(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s?)?", str(text).strip())
    seconds = 0
    if found is not None:
        seconds = sum(int(n or 0) * u for n, u in zip(found.groups(), (3600, 60, 1), strict=True))
    if seconds < 1:
        raise ConfigError(
            "E102",
            "that is no time budget",
            got=f"{named} = {text!r}",
            fix=f"{'--max-time ' if named.startswith('-') else f'--set {named}='}30m "
            "(or 90s, 2h, 1h30m)",
        )
    return float(seconds)
