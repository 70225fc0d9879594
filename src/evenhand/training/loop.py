"""The training loop: exact, restartable, and short enough to read in one sitting.

Everything random is a function of (seed, epoch) or (seed, step): which rows form a batch, how
their texts are changed, which units are dropped. So a run that is killed and resumed does, bit
for bit, what it would have done.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from evenhand.errors import StoppedBySignal, TrainingError
from evenhand.memory import give_back
from evenhand.models.depth import unreachable
from evenhand.sampling.buckets import Rows
from evenhand.training import checkpoint
from evenhand.training.checkpoint import Progress
from evenhand.training.hooks import Hook
from evenhand.training.objective import Objective
from evenhand.training.passes import Pass, Passes
from evenhand.training.plan import Plan
from evenhand.training.schedule import Schedule
from evenhand.training.signals import StopRequest, stop_requested
from evenhand.training.step import Stepper

STEPS_BETWEEN_TRIMS = 50

Score = Callable[[nn.Module, Callable[[int], None]], Mapping[str, Any]]
"""Scores the tune rows: ``tune_loss``, ``value`` of the selection metric, and what else to keep.

The second argument is called again and again in between, with the number of rows done."""


def _leave(epoch: int) -> None:
    """Leave every parameter as it is."""


@dataclass
class Loop:
    """One run of training.

    Args:
        stepper: makes the optimizer steps.
        objective: loss, weighting and reduction.
        schedule: (optimizer step, values after each pass) -> share of the peak learning rate.
        plan: how long and in what portions.
        passes: which examples each pass has.
        score: measures the tune rows after each pass.
        folder: where checkpoints go.
        hooks: who is told.
        before_pass: told the number of each pass: which parameters learn may depend on it.
        facts: what only the run itself can know, for the doctor.
    """

    stepper: Stepper
    objective: Objective
    schedule: Schedule
    plan: Plan
    passes: Passes
    score: Score
    folder: Path
    hooks: Sequence[Hook]
    before_pass: Callable[[int], None] = _leave
    facts: dict[str, Any] = field(default_factory=dict)

    def run(self, progress: Progress) -> Progress:
        """Train from ``progress`` to the end; the best pass's weights are then in the model.

        Raises:
            TrainingError: E301 on the very step on which a loss or gradient is not finite.
            StoppedBySignal: E305 on SIGTERM or Ctrl-C, when a checkpoint is on disk.
            WriteError: E106 when a checkpoint cannot be written.
        """
        for hook in self.hooks:
            hook.on_start(steps=self.steps(), done=progress.step)
        self.stepper.pieces = progress.pieces
        self._note(progress)
        with self._surroundings(), stop_requested() as request, self._watched():
            while (why := self._finished(progress)) is None:
                self._epoch(progress, request)
        self._let_go()
        checkpoint.load_best(self.folder, self.model, progress.best_epoch)
        self.facts |= {"steps_done": progress.step, "stopped": why}
        self._tell_end(progress, why)
        return progress

    @property
    def model(self) -> nn.Module:
        """The network that learns."""
        return self.stepper.model

    def steps(self) -> int:
        """Return the optimizer steps that are planned."""
        return self.plan.steps(self.passes.rows)

    def _epoch(self, progress: Progress, request: StopRequest) -> None:
        plan, begun = self.plan, time.monotonic()
        self.before_pass(progress.epoch)
        share = plan.share(progress.epoch, self.passes.rows)
        examples = self.passes.make(progress.epoch, share)
        batches = examples.batches(plan.batch_size, seed=plan.seed, epoch=progress.epoch)
        batches = batches[: plan.batches(len(batches))]
        self.model.train()
        for start in range(progress.batch, len(batches), plan.accumulate):
            if self._out_of_budget(progress) is not None:
                break
            self._step(progress, examples, batches[start : start + plan.accumulate])
            begun = _spend(progress, begun)
            last = progress.batch == len(batches)
            self._stop_if_asked(request, progress)
            if progress.step % plan.checkpoint_every == 0 and not last:
                self._save(progress)
        self._close_epoch(progress, self._measure(progress, request))

    def _step(self, progress: Progress, examples: Pass, group: Sequence[Rows]) -> None:
        rows = sum(map(len, group))
        share = self.schedule(progress.step, progress.values)
        measured = self.stepper.step(
            progress.step,
            examples,
            group,
            objective=self.objective.at(progress.step / self.steps()),
            share=share,
        )
        if progress.never_reached is None:
            progress.never_reached = unreachable(self.model)
        progress.auxiliary = measured.auxiliary
        self._note(progress)
        progress.step += 1
        progress.pieces = self.stepper.pieces
        if progress.step % STEPS_BETWEEN_TRIMS == 0:
            give_back()
        progress.batch += len(group)
        progress.loss_sum += measured.loss * rows
        progress.rows += rows
        record = {
            "kind": "step",
            "step": progress.step,
            "epoch": progress.epoch + 1,
            "loss": measured.loss,
            "lr": self.plan.lr * share,
            "grad_norm": measured.norm,
        }
        for hook in self.hooks:
            hook.on_step(record, rows)

    def _note(self, progress: Progress) -> None:
        """Tell the doctor what the steps so far have shown, also those of a killed process."""
        if progress.never_reached is not None:
            self.facts["never_reached"] = progress.never_reached
            self.facts["auxiliary_share"] = progress.auxiliary

    def _measure(self, progress: Progress, request: StopRequest) -> dict[str, Any]:
        """Score the tune rows; a signal that comes meanwhile is not made to wait for the end."""

        def listen(_: int) -> None:
            if request.signal is not None:
                raise self._stopped(request, progress)

        give_back()
        try:
            with self._averaged():
                measured = dict(self.score(self.model, listen))
        except StoppedBySignal:
            self._save(progress)
            raise
        if not math.isfinite(measured["value"]):
            raise self._no_value(measured["value"], progress)
        return measured

    def _close_epoch(self, progress: Progress, measured: dict[str, Any]) -> None:
        value = measured["value"]
        best = value > max(progress.values, default=-math.inf)
        record = {
            "kind": "epoch",
            "step": progress.step,
            "epoch": progress.epoch + 1,
            "fit_loss": progress.loss_sum / progress.rows,
            "metric": self.plan.metric,
            "best": best,
            **measured,
        }
        progress.close(value)
        if best:
            with self._averaged():
                checkpoint.save_best(self.folder, self.model, progress.epoch)
        for hook in self.hooks:
            hook.on_epoch(record)
        self._save(progress)

    def _finished(self, progress: Progress) -> str | None:
        """Return why no further pass is made; None while there is one to make or to close."""
        if progress.rows:
            return None
        if (budget := self._out_of_budget(progress)) is not None:
            return budget
        if progress.epoch >= self.plan.epochs:
            return "all passes"
        return "patience" if 0 < self.plan.patience <= progress.stale else None

    def _out_of_budget(self, progress: Progress) -> str | None:
        if self.plan.max_steps is not None and progress.step >= self.plan.max_steps:
            return "steps"
        if self.plan.max_seconds is not None and progress.seconds >= self.plan.max_seconds:
            return "time"
        return None

    def _stop_if_asked(self, request: StopRequest, progress: Progress) -> None:
        if request.signal is not None:
            self._save(progress)
            raise self._stopped(request, progress)

    def _stopped(self, request: StopRequest, progress: Progress) -> StoppedBySignal:
        return StoppedBySignal(request.signal or 0, self.folder.parent, step=progress.step)

    def _save(self, progress: Progress) -> None:
        average = self.stepper.average
        checkpoint.save(
            self.folder,
            self.model,
            self.stepper.optimizer,
            progress,
            keep=self.plan.keep,
            average=None if average is None else average.state(),
        )

    def _averaged(self) -> contextlib.AbstractContextManager[None]:
        average = self.stepper.average
        return contextlib.nullcontext() if average is None else average.applied()

    @contextlib.contextmanager
    def _surroundings(self) -> Iterator[None]:
        """Keep the caller's random state, and its choice about deterministic algorithms."""
        device = next(self.model.parameters()).device
        before = torch.are_deterministic_algorithms_enabled()
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.use_deterministic_algorithms(before or self.plan.deterministic)
            try:
                yield
            finally:
                torch.use_deterministic_algorithms(before)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Let hooks put their things away also where the run breaks off."""
        with contextlib.ExitStack() as broken_off:
            for hook in self.hooks:
                broken_off.callback(hook.on_end, "broken off")
            yield
            broken_off.pop_all()

    def _let_go(self) -> None:
        """Free gradients and moments, three times the weights, which only training needs."""
        self.model.zero_grad(set_to_none=True)
        self.stepper.optimizer.state.clear()
        give_back()

    def _tell_end(self, progress: Progress, why: str) -> None:
        passes = f"{progress.epoch} passes"
        reason = {
            "all passes": f"all {passes} done",
            "patience": f"stopped after {passes}: {progress.stale} without gain",
            "steps": f"stopped at step {progress.step}, as many as were allowed",
            "time": f"stopped after {progress.seconds:.0f} s, the time that was allowed",
        }[why]
        best = f"pass {progress.best_epoch} was best, {self.plan.metric} {progress.best:.4f}"
        for hook in self.hooks:
            hook.on_end(f"{reason}; {best}")

    def _no_value(self, value: float, progress: Progress) -> TrainingError:
        return TrainingError(
            "E304",
            "the selection metric is not a number, so no pass can be called best",
            got=f"{self.plan.metric} = {value} after pass {progress.epoch + 1}",
            fix="give the tune rows at least one positive of some label",
        )


def _spend(progress: Progress, since: float) -> float:
    """Add the time since then to what the run has spent; return now."""
    now = time.monotonic()
    progress.seconds += now - since
    return now
