"""Checkpoints: tensors in safetensors, the rest in JSON, whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from evenhand.durable import folder_fault, write_folder
from evenhand.errors import TrainingError
from evenhand.models.weights import read_tensors, tensor_content

BEST = "best"


@dataclass
class Progress:
    """Where a run stands: everything that is neither a weight nor an optimizer moment.

    Args:
        step: optimizer steps done.
        epoch: passes completed.
        batch: batches of the current pass already used.
        loss_sum: sum over the current pass of loss times rows, nats.
        rows: rows of the current pass already used.
        best: best value of the selection metric so far.
        best_epoch: the pass it belongs to, from 1; 0 before the first.
        stale: passes since then.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    rows: int = 0
    best: float | None = None
    best_epoch: int = 0
    stale: int = 0


def save(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    *,
    keep: int,
) -> Path:
    """Write ``folder/step-000400``; remove all but the newest ``keep`` and the best pass.

    Raises:
        WriteError: E106 when the disk is full; older checkpoints are untouched.
    """
    path = folder / f"step-{progress.step:06d}"
    write_folder(
        path,
        {
            "model.safetensors": tensor_content(model.state_dict()),
            "optimizer.safetensors": tensor_content(_moments(optimizer)),
            "state.json": json.dumps(asdict(progress), indent=2).encode(),
        },
    )
    best = _best(folder, progress.best_epoch)
    for old in (*_steps(folder)[:-keep], *(p for p in folder.glob(f"{BEST}-*") if p != best)):
        shutil.rmtree(old)
    return path


def save_best(folder: Path, model: nn.Module, epoch: int) -> None:
    """Write the weights of pass ``epoch`` to ``folder/best-0003``.

    Those of the former best pass stay until a checkpoint names the new one (``save``), so that a
    run killed at any moment finds the weights that its newest checkpoint speaks of.
    """
    weights = tensor_content(model.state_dict())
    write_folder(_best(folder, epoch), {"model.safetensors": weights})


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
    return Progress(**json.loads((path / "state.json").read_text("utf-8")))


def _best(folder: Path, epoch: int) -> Path:
    return folder / f"{BEST}-{epoch:04d}"


def _steps(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("step-*") if p.is_dir())


def _fill(model: nn.Module, path: Path) -> None:
    model.load_state_dict(read_tensors(path / "model.safetensors"), strict=True)


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _moments(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for index, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state[parameter].items():
            tensors[f"{index}.{name}"] = value
    return tensors


def _fill_moments(optimizer: torch.optim.Optimizer, tensors: dict[str, Any]) -> None:
    parameters = _parameters(optimizer)
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        device = parameter.device if name != "step" else value.device
        optimizer.state[parameter][name] = value.to(device)
