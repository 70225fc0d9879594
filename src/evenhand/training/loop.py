"""The training loop: exact, restartable, and short enough to read in one sitting.

Everything random is a function of (seed, epoch) or (seed, step): which rows form a batch, which
units are dropped. So a run that is killed and resumed does, bit for bit, what it would have done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from evenhand.errors import TrainingError
from evenhand.models.fast import clear_gradients
from evenhand.models.tokens import TokenTable
from evenhand.sampling.buckets import Rows, epoch_batches
from evenhand.seeds import derive
from evenhand.training import checkpoint
from evenhand.training.checkpoint import Progress
from evenhand.training.hooks import Hook
from evenhand.training.infer import to_device
from evenhand.training.memory import give_back
from evenhand.training.objective import Objective
from evenhand.training.optim import clip_gradients
from evenhand.types import Truth

STEPS_BETWEEN_TRIMS = 50
USUAL_EPOCHS, MOST_EPOCHS, ENOUGH_STEPS = 3, 40, 600

Score = Callable[[nn.Module], Mapping[str, float]]
"""Scores the tune rows: ``tune_loss``, ``value`` of the selection metric, and what else to keep."""


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
        clip: largest gradient norm.
        seed: the run's seed.
        metric: name of the selection metric, for the record.
    """

    epochs: int
    batch_size: int
    accumulate: int
    patience: int
    checkpoint_every: int
    keep: int
    lr: float
    clip: float
    seed: int
    metric: str

    def steps(self, rows: int) -> int:
        """Return the optimizer steps of all passes over ``rows`` rows."""
        return self.epochs * steps_per_epoch(rows, self.batch_size, self.accumulate)


def steps_per_epoch(rows: int, batch_size: int, accumulate: int) -> int:
    """Return the optimizer steps of one pass; the last group of batches is a step as well."""
    return math.ceil(math.ceil(rows / batch_size) / accumulate)


def enough_epochs(steps_per_epoch: int) -> int:
    """Return how many passes to plan when nobody said: 3, or more until 600 steps are reached.

    A few hundred rows give a few dozen steps in three passes, from which nothing is learnt; early
    stopping ends the run sooner where that is too many. Never more than 40 passes.
    """
    return min(max(USUAL_EPOCHS, math.ceil(ENOUGH_STEPS / steps_per_epoch)), MOST_EPOCHS)


@dataclass
class Loop:
    """One run of training.

    Args:
        model: on its device, in float32.
        optimizer: over the model's parameters.
        objective: loss, weighting and reduction.
        schedule: optimizer step -> share of the peak learning rate.
        plan: how long and in what portions.
        table: tokens of the fit rows.
        targets_NC: truth of the fit rows.
        dtype: of the arithmetic.
        score: measures the tune rows after each pass.
        folder: where checkpoints go.
        hooks: who is told.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    objective: Objective
    schedule: Callable[[int], float]
    plan: Plan
    table: TokenTable
    targets_NC: Truth
    dtype: torch.dtype
    score: Score
    folder: Path
    hooks: Sequence[Hook]

    def run(self, progress: Progress) -> Progress:
        """Train from ``progress`` to the end; the best pass's weights are then in ``model``.

        Raises:
            TrainingError: E301 on the very step on which a loss or gradient is not finite.
            WriteError: E106 when a checkpoint cannot be written.
        """
        plan = self.plan
        steps = plan.steps(len(self.targets_NC))
        for hook in self.hooks:
            hook.on_start(steps=steps, done=progress.step)
        cuda = [self._device()] if self._device().type == "cuda" else []
        with torch.random.fork_rng(devices=cuda):
            while progress.epoch < plan.epochs and not self._stale(progress):
                self._epoch(progress)
        checkpoint.load_best(self.folder, self.model, progress.best_epoch)
        self._tell_end(progress)
        return progress

    def _epoch(self, progress: Progress) -> None:
        plan = self.plan
        batches = epoch_batches(
            self.table.lengths(), plan.batch_size, seed=plan.seed, epoch=progress.epoch
        )
        self.model.train()
        for start in range(progress.batch, len(batches), plan.accumulate):
            self._step(progress, batches[start : start + plan.accumulate])
            last = progress.batch == len(batches)
            if progress.step % plan.checkpoint_every == 0 and not last:
                self._save(progress)
        self._close_epoch(progress)

    def _step(self, progress: Progress, group: Sequence[Rows]) -> None:
        rows = sum(map(len, group))
        share = self.schedule(progress.step)
        for settings in self.optimizer.param_groups:
            settings["lr"] = settings["initial_lr"] * share
        clear_gradients(self.model)
        loss = sum(self._backward(progress.step, i, rows_B, rows) for i, rows_B in enumerate(group))
        norm = clip_gradients(self.model, self.plan.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise self._not_finite(progress.step, loss, norm, group)
        self.optimizer.step()
        progress.step += 1
        if progress.step % STEPS_BETWEEN_TRIMS == 0:
            give_back()
        progress.batch += len(group)
        progress.loss_sum += loss * rows
        progress.rows += rows
        record = {
            "kind": "step",
            "step": progress.step,
            "epoch": progress.epoch + 1,
            "loss": loss,
            "lr": self.plan.lr * share,
            "grad_norm": norm,
        }
        for hook in self.hooks:
            hook.on_step(record, rows)

    def _backward(self, step: int, part: int, rows_B: Rows, rows: int) -> float:
        device = self._device()
        torch.manual_seed(derive(self.plan.seed, "dropout", step, part))
        targets_BC = torch.from_numpy(self.targets_NC[rows_B]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=self.dtype is torch.bfloat16):
            logits_BC = self.model(**to_device(self.table, rows_B, device))
        values_B = self.objective.values(logits_BC, targets_BC)
        loss = self.objective.reduce(values_B, None, rows)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def _close_epoch(self, progress: Progress) -> None:
        measured = dict(self.score(self.model))
        value = measured["value"]
        if not math.isfinite(value):
            raise TrainingError(
                "E304",
                "the selection metric is not a number, so no pass can be called best",
                got=f"{self.plan.metric} = {value} after pass {progress.epoch + 1}",
                fix="give the tune rows at least one positive of some label",
            )
        best = progress.best is None or value > progress.best
        record = {
            "kind": "epoch",
            "step": progress.step,
            "epoch": progress.epoch + 1,
            "fit_loss": progress.loss_sum / progress.rows,
            "metric": self.plan.metric,
            "best": best,
            **measured,
        }
        progress.epoch += 1
        progress.batch, progress.rows, progress.loss_sum = 0, 0, 0.0
        progress.stale = 0 if best else progress.stale + 1
        if best:
            progress.best, progress.best_epoch = value, progress.epoch
            checkpoint.save_best(self.folder, self.model, progress.epoch)
        for hook in self.hooks:
            hook.on_epoch(record)
        self._save(progress)

    def _save(self, progress: Progress) -> None:
        checkpoint.save(self.folder, self.model, self.optimizer, progress, keep=self.plan.keep)

    def _stale(self, progress: Progress) -> bool:
        return 0 < self.plan.patience <= progress.stale

    def _tell_end(self, progress: Progress) -> None:
        why = (
            f"stopped after pass {progress.epoch}: {progress.stale} passes without gain"
            if self._stale(progress)
            else f"all {progress.epoch} passes done"
        )
        best = f"pass {progress.best_epoch} was best, {self.plan.metric} {progress.best or 0:.4f}"
        for hook in self.hooks:
            hook.on_end(f"{why}; {best}")

    def _device(self) -> torch.device:
        return next(self.model.parameters()).device

    def _not_finite(
        self, step: int, loss: float, norm: float, group: Sequence[Rows]
    ) -> TrainingError:
        rows = np.concatenate(group)[:8].tolist()
        return TrainingError(
            "E301",
            f"the loss or its gradient is not finite at step {step + 1}",
            got=f"loss {loss}, gradient norm {norm}, fit rows {rows}...",
            fix="lower optim.lr, or set model.precision=float32; the last checkpoint is sound",
        )
