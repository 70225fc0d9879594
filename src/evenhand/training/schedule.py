"""Schedules: the learning rate as a pure function of the optimizer step and of the passes' scores.

A schedule has no state: what step 812 gets depends on 812, on the plan and on the selection metric
after each finished pass, which a checkpoint holds. So a resumed run needs nothing else restored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import Field

from evenhand.errors import ConfigError
from evenhand.registry import Registry

Schedule = Callable[[int, Sequence[float]], float]
"""(optimizer step from 0, selection metric after each finished pass) -> share of the peak rate."""

Decay = Callable[[int, Sequence[float]], float]
"""(steps since the warm-up, selection metric after each finished pass) -> share of the peak."""

Warmup = Annotated[
    Annotated[float, Field(ge=0, lt=1)] | Annotated[int, Field(ge=1)],
    Field(description="below 1 a share of all steps, from 1 a number of steps"),
]
Steps = Annotated[
    int | None,
    Field(ge=1, description="plan for so many optimizer steps instead of the run's"),
]
Floor = Annotated[float, Field(ge=0, lt=1, description="least share of the peak rate")]

SCHEDULES: Registry[Schedule] = Registry("schedule", {})


@SCHEDULES.register("linear")
def linear(
    total_steps: int, steps_per_pass: int, /, *, warmup: Warmup = 0.1, steps: Steps = None
) -> Schedule:
    """Rise to the peak, then fall evenly; the step after the last would have rate 0."""
    return _planned(steps or total_steps, warmup, lambda done: 1.0 - done)


@SCHEDULES.register("cosine")
def cosine(
    total_steps: int, steps_per_pass: int, /, *, warmup: Warmup = 0.1, steps: Steps = None
) -> Schedule:
    """Rise to the peak, then fall along half a cosine: slow, fast, slow."""
    return _planned(steps or total_steps, warmup, _half_cosine)


@SCHEDULES.register("constant")
def constant(total_steps: int, steps_per_pass: int, /, *, warmup: Warmup = 0.1) -> Schedule:
    """Rise to the peak and stay there."""
    return _warmed(total_steps, warmup, lambda step, values: 1.0)


@SCHEDULES.register("warm-restarts")
def warm_restarts(
    total_steps: int,
    steps_per_pass: int,
    /,
    *,
    T_0: Annotated[int, Field(ge=1, description="passes of the first cosine")] = 10,
    T_mult: Annotated[int, Field(ge=1, description="each is so many times the former")] = 2,
    eta_min: Floor = 0.0,
    warmup: Warmup = 0.1,
) -> Schedule:
    """Fall along half a cosine, jump back to the peak, fall again for longer.

    The first fall takes ``T_0`` passes, each later one ``T_mult`` times the one before; one that
    is longer than the run is ``cosine`` cut short.

    References:
        Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5.
    """

    def decay(step: int, values: Sequence[float]) -> float:
        length = T_0 * steps_per_pass
        while step >= length:
            step -= length
            length *= T_mult
        return eta_min + (1.0 - eta_min) * _half_cosine(step / length)

    return _warmed(total_steps, warmup, decay)


@SCHEDULES.register("plateau")
def plateau(
    total_steps: int,
    steps_per_pass: int,
    /,
    *,
    factor: Annotated[float, Field(gt=0, lt=1, description="what a drop multiplies by")] = 0.5,
    patience: Annotated[int, Field(ge=0, description="passes without gain that are borne")] = 1,
    threshold: Annotated[float, Field(ge=0, lt=1, description="least gain that counts")] = 1e-4,
    floor: Floor = 0.0,
    warmup: Warmup = 0.1,
) -> Schedule:
    """Stay at the peak; drop when the selection metric has not grown for some passes.

    A pass gains when it beats the best before it by more than ``threshold``. After
    ``patience + 1`` passes without gain the rate is multiplied by ``factor``, and counting
    begins anew. While every pass gains this is ``constant``.
    """

    def decay(step: int, values: Sequence[float]) -> float:
        return max(factor ** _drops(values, patience, threshold), floor)

    return _warmed(total_steps, warmup, decay)


@SCHEDULES.register("exponential")
def exponential(
    total_steps: int,
    steps_per_pass: int,
    /,
    *,
    gamma: Annotated[float, Field(gt=0, le=1, description="what a pass multiplies by")] = 0.9,
    warmup: Warmup = 0.1,
) -> Schedule:
    """Lose the same share of the rate in every pass, evenly within it; ``gamma`` 1 is constant."""
    return _warmed(total_steps, warmup, lambda step, values: gamma ** (step / steps_per_pass))


@SCHEDULES.register("polynomial")
def polynomial(
    total_steps: int,
    steps_per_pass: int,
    /,
    *,
    power: Annotated[float, Field(gt=0, le=10, description="1 is linear, more falls sooner")] = 2.0,
    end: Floor = 0.0,
    warmup: Warmup = 0.1,
    steps: Steps = None,
) -> Schedule:
    """Fall as a power of the steps that are left, down to ``end``; at power 1 and end 0 linear."""
    return _planned(
        steps or total_steps, warmup, lambda done: end + (1.0 - end) * (1.0 - done) ** power
    )


def _half_cosine(done: float) -> float:
    return 0.5 * (1.0 + math.cos(math.pi * done))


def _drops(values: Sequence[float], patience: int, threshold: float) -> int:
    best, without_gain, drops = -math.inf, 0, 0
    for value in values:
        gains = value > best + threshold
        best = value if gains else best
        without_gain = 0 if gains else without_gain + 1
        if without_gain > patience:
            drops, without_gain = drops + 1, 0
    return drops


def _planned(total_steps: int, warmup: float, after: Callable[[float], float]) -> Schedule:
    """Return warm-up, then ``after`` of the share of the remaining steps that is done, up to 1."""
    remaining = max(total_steps - _warmup_steps(total_steps, warmup), 1)
    return _warmed(total_steps, warmup, lambda step, values: after(min(step / remaining, 1.0)))


def _warmed(total_steps: int, warmup: float, decay: Decay) -> Schedule:
    """Return ``decay``, led up to by a warm-up.

    Step ``k`` of ``W`` warm-up steps has ``(k + 1) / W``, so no step has rate 0. A share is
    rounded to whole steps and leaves at least one step at the peak.
    """
    warm = _warmup_steps(total_steps, warmup)

    def share(step: int, values: Sequence[float]) -> float:
        rise = min((step + 1) / warm, 1.0) if warm else 1.0
        return rise * decay(max(step - warm, 0), values)

    return share


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
