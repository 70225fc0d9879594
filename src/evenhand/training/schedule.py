"""Schedules: the learning rate as a pure function of the optimizer step.

A schedule has no state: what step 812 gets depends on 812 and the number of steps alone, so a
resumed run needs nothing restored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from evenhand.errors import ConfigError
from evenhand.registry import Registry

Schedule = Callable[[int], float]
Warmup = Annotated[
    Annotated[float, Field(ge=0, lt=1)] | Annotated[int, Field(ge=1)],
    Field(description="below 1 a share of all steps, from 1 a number of steps"),
]

SCHEDULES: Registry[Schedule] = Registry("schedule", {})


@SCHEDULES.register("linear")
def linear(total_steps: int, /, *, warmup: Warmup = 0.1) -> Schedule:
    """Rise to the peak, then fall evenly; the step after the last would have rate 0."""
    return _warmed(total_steps, warmup, lambda done: 1.0 - done)


@SCHEDULES.register("cosine")
def cosine(total_steps: int, /, *, warmup: Warmup = 0.1) -> Schedule:
    """Rise to the peak, then fall along half a cosine: slow, fast, slow."""
    return _warmed(total_steps, warmup, lambda done: 0.5 * (1.0 + math.cos(math.pi * done)))


@SCHEDULES.register("constant")
def constant(total_steps: int, /, *, warmup: Warmup = 0.1) -> Schedule:
    """Rise to the peak and stay there."""
    return _warmed(total_steps, warmup, lambda done: 1.0)


def _warmed(total_steps: int, warmup: float, after: Callable[[float], float]) -> Schedule:
    """Return warm-up, then ``after`` of the share of the remaining steps that is done.

    Step ``k`` of ``W`` warm-up steps has ``(k + 1) / W``, so no step has rate 0. A share is
    rounded to whole steps and leaves at least one step at the peak.
    """
    warm = _warmup_steps(total_steps, warmup)

    def multiplier(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        done = (step - warm) / max(total_steps - warm, 1)
        return after(min(done, 1.0))

    return multiplier


def _warmup_steps(total_steps: int, warmup: float) -> int:
    if warmup < 1:
        return max(min(round(warmup * total_steps), total_steps - 1), 0)
    if warmup >= total_steps:
        raise ConfigError(
            "E105",
            "the warm-up is as long as the run",
            got=f"schedule.warmup = {warmup} steps of {total_steps}",
            fix="--set schedule.warmup=0.1 for a tenth of the steps, or train.epochs higher",
        )
    return int(warmup)
