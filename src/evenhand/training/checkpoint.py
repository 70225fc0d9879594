"""Checkpoints: tensors in safetensors, the rest in JSON, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.durable import folder_fault, remove_folder, write_folder
from evenhand.errors import TrainingError
from evenhand.models.weights import read_tensors, tensor_content

BEST = "best"
AVERAGE = "average.safetensors"


@dataclass
class Progress:
    """Where a run stands: everything that is neither a weight nor an optimizer moment.

    Args:
        step: optimizer steps done.
        epoch: passes completed.
        batch: batches of the current pass already used.
        loss_sum: sum over the current pass of loss times rows, nats.
        rows: rows of the current pass already used.
        values: selection metric after each completed pass.
        seconds: spent in the loop so far, by all processes that worked on the run.
        pieces: portions that a batch is cut into for want of memory.
        auxiliary: share of the last step's loss that is no label's.
        never_reached: parameters that got no gradient in the first step; None before it.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    rows: int = 0
    values: list[float] = field(default_factory=list)
    seconds: float = 0.0
    pieces: int = 1
    auxiliary: float = 0.0
    never_reached: list[str] | None = None

    @property
    def best(self) -> float | None:
        """Best value of the selection metric so far; None before the first."""
        return max(self.values, default=None)

    @property
    def best_epoch(self) -> int:
        """The first pass that reached ``best``, from 1; 0 before the first."""
        return self.values.index(max(self.values)) + 1 if self.values else 0

    @property
    def stale(self) -> int:
        """Completed passes since the best."""
        return len(self.values) - self.best_epoch

    def close(self, value: float) -> None:
        """End the pass, whose selection metric is ``value``."""
        self.values.append(value)
        self.epoch += 1
        self.batch, self.rows, self.loss_sum = 0, 0, 0.0


def save(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    *,
    keep: int,
    average: Mapping[str, Tensor] | None = None,
) -> Path:
    """Write ``folder/step-000400``; remove all but the newest ``keep`` and the best pass.

    Checkpoints of later steps go as well: the run came back from them because they are damaged.

    Args:
        folder: of all checkpoints of the run.
        model: every tensor of its state is stored.
        optimizer: its moments are stored.
        progress: where the run stands.
        keep: checkpoints kept, >= 1.
        average: moving averages of the weights, where there are any.

    Raises:
        WriteError: E106 when the disk is full; older checkpoints are untouched.
    """
    path = folder / f"step-{progress.step:06d}"
    files = {
        "model.safetensors": tensor_content(model.state_dict()),
        "optimizer.safetensors": tensor_content(_moments(optimizer)),
        "state.json": json.dumps(asdict(progress), indent=2).encode(),
    }
    if average is not None:
        files[AVERAGE] = tensor_content(average)
    write_folder(path, files)
    steps = _steps(folder)
    _keep_only(folder, steps[: steps.index(path) + 1][-keep:], progress.best_epoch)
    return path


def save_best(folder: Path, model: nn.Module, epoch: int) -> None:
    """Write the weights of pass ``epoch`` to ``folder/best-0003``.

    Those of the former best pass stay until a checkpoint names the new one (``save``), so that a
    run killed at any moment finds the weights that its newest checkpoint speaks of.

    Raises:
        WriteError: E106 when the disk is full; the former best weights are untouched.
    """
    weights = tensor_content(model.state_dict())
    write_folder(_best(folder, epoch), {"model.safetensors": weights})


def tidy(folder: Path) -> None:
    """Leave what a finished run can still need: its newest sound checkpoint and the best weights.

    Where no checkpoint is sound nothing is removed.

    Raises:
        WriteError: E106 when something cannot be removed.
    """
    path, _ = newest(folder)
    if path is not None:
        _keep_only(folder, [path], _progress(path).best_epoch)


def load_best(folder: Path, model: nn.Module, epoch: int) -> None:
    """Put the weights of pass ``epoch`` into ``model``.

    Raises:
        TrainingError: E302 when they are missing or damaged.
    """
    fault = folder_fault(_best(folder, epoch))
    if fault is not None:
        raise TrainingError(
            "E302", "the best weights cannot be restored", got=fault, fix="train again"
        )
    _fill(model, _best(folder, epoch))


def newest(folder: Path) -> tuple[Path | None, list[str]]:
    """Return the newest checkpoint that is whole, and what is wrong with newer ones."""
    faults: list[str] = []
    for path in reversed(_steps(folder)):
        fault = folder_fault(path)
        if fault is None:
            return path, faults
        faults.append(fault)
    return None, faults


def load(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Fill ``model`` and ``optimizer`` from a checkpoint and return where the run stood."""
    _fill(model, path)
    _fill_moments(optimizer, read_tensors(path / "optimizer.safetensors"))
    return _progress(path)


def load_average(path: Path) -> dict[str, Tensor]:
    """Return the moving averages that ``save`` was given, on the CPU."""
    return read_tensors(path / AVERAGE)


def _progress(path: Path) -> Progress:
    return Progress(**json.loads((path / "state.json").read_text("utf-8")))


def _best(folder: Path, epoch: int) -> Path:
    return folder / f"{BEST}-{epoch:04d}"


def _steps(folder: Path) -> list[Path]:
    found = (p for p in folder.glob("step-*") if p.is_dir())
    return sorted(found, key=lambda p: (len(p.name), p.name))


def _keep_only(folder: Path, steps: Sequence[Path], best_epoch: int) -> None:
    kept = {*steps, _best(folder, best_epoch)}
    for old in (*_steps(folder), *folder.glob(f"{BEST}-*")):
        if old not in kept:
            remove_folder(old)


def _fill(model: nn.Module, path: Path) -> None:
    model.load_state_dict(read_tensors(path / "model.safetensors"), strict=True)


def _parameters(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _moments(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for index, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state[parameter].items():
            tensors[f"{index}.{name}"] = value
    return tensors


def _fill_moments(optimizer: torch.optim.Optimizer, tensors: dict[str, Any]) -> None:
    parameters = _parameters(optimizer)
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        optimizer.state[parameter][name] = value.to(parameter.device)
