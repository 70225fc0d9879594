"""How long a training will take, told from a few of its own steps before it begins."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from evenhand.run.engine import Engine
from evenhand.run.screen import Screen
from evenhand.run.sources import Sources
from evenhand.run.train import make_ready
from evenhand.types import Role

WARM, TIMED = 4, 8
FORWARD = 1 / 3
"""What scoring a row costs beside training on it."""


@dataclass(frozen=True)
class Pace:
    """What a run will do.

    Args:
        steps: optimizer steps that are planned.
        step_seconds: median of the steps that were tried.
        scored: batches of tune rows, scored after every pass, in all.
    """

    steps: int
    step_seconds: float
    scored: int

    @property
    def seconds(self) -> float:
        """Of training, if every step takes as long and no pass is saved by early stopping."""
        return self.step_seconds * (self.steps + FORWARD * self.scored)


def measure_pace(sources: Sources, asked: Mapping[str, Any]) -> Pace:
    """Read the data, build the network, try a few steps, and forget them.

    Nothing is written. Every conflict of settings and rows shows here.

    Args:
        sources: what the run would read.
        asked: nested settings, as in a run file.

    Raises:
        EvenhandError: as ``start``.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready = make_ready(sources, dict(asked), folder, screen=Screen())
    plan, loop = ready.engine.plan, ready.engine.loop
    passes = ceil(loop.steps() / plan.pass_steps(loop.passes.rows))
    return Pace(
        loop.steps(),
        step_seconds(ready.engine),
        passes * ceil(ready.dataset.count(Role.TUNE) / plan.batch_size / plan.accumulate),
    )


def step_seconds(engine: Engine) -> float:
    """Return the median seconds of a few steps, after some that are not counted.

    The weights stay; the optimizer's moments do not, so that the engine is of no further use.
    """
    import torch

    loop, plan = engine.loop, engine.plan
    with torch.random.fork_rng():
        loop.before_pass(0)
        loop.model.train()
        examples = loop.passes.make(0, 0.0)
        batches = examples.batches(plan.batch_size, seed=plan.seed, epoch=0)
        seconds = []
        for number in range(min(WARM + TIMED, loop.steps())):
            first = number * plan.accumulate % len(batches)
            begun = time.perf_counter()
            loop.stepper.step(
                number,
                examples,
                batches[first : first + plan.accumulate],
                objective=loop.objective,
                share=0.0,
            )
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds[WARM:] or seconds)
