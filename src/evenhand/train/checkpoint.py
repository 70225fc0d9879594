"""Checkpoints: tensors in safetensors, the rest in JSON, whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from evenhand.durable import folder_fault, write_folder
from evenhand.errors import TrainingError
from evenhand.extras import need

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
    seen: dict[str, str] = field(default_factory=dict)
    """Hashes of what the run was started on; a resume must find the same."""


def save(
    folder: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
    *,
    keep: int,
) -> Path:
    """Write ``folder/step-000400`` and remove all but the newest ``keep``.

    Raises:
        WriteError: E106 when the disk is full; older checkpoints are untouched.
    """
    safetensors = need("train", "safetensors.torch")
    path = folder / f"step-{progress.step:06d}"
    write_folder(
        path,
        {
            "model.safetensors": safetensors.save(_contiguous(model.state_dict())),
            "optimizer.safetensors": safetensors.save(_moments(optimizer)),
            "state.json": json.dumps(asdict(progress), indent=2).encode(),
        },
    )
    for old in _steps(folder)[:-keep]:
        shutil.rmtree(old)
    return path


def save_best(folder: Path, model: nn.Module) -> None:
    """Write the weights of the best pass so far to ``folder/best``, replacing the last ones."""
    safetensors = need("train", "safetensors.torch")
    content = safetensors.save(_contiguous(model.state_dict()))
    write_folder(folder / BEST, {"model.safetensors": content})


def load_best(folder: Path, model: nn.Module) -> None:
    """Put the weights of the best pass into ``model``.

    Raises:
        TrainingError: E302 when they are missing or damaged.
    """
    fault = folder_fault(folder / BEST)
    if fault is not None:
        raise TrainingError(
            "E302", "the best weights cannot be restored", got=fault, fix="train again"
        )
    _fill(model, folder / BEST)


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
    _fill_moments(
        optimizer, need("train", "safetensors.torch").load_file(path / "optimizer.safetensors")
    )
    return Progress(**json.loads((path / "state.json").read_text("utf-8")))


def _steps(folder: Path) -> list[Path]:
    return sorted(p for p in folder.glob("step-*") if p.is_dir())


def _fill(model: nn.Module, path: Path) -> None:
    tensors = need("train", "safetensors.torch").load_file(path / "model.safetensors")
    model.load_state_dict(tensors, strict=True)


def _contiguous(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}


def _parameters(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _moments(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for index, parameter in enumerate(_parameters(optimizer)):
        for name, value in optimizer.state[parameter].items():
            tensors[f"{index}.{name}"] = value.detach().cpu().contiguous()
    return tensors


def _fill_moments(optimizer: torch.optim.Optimizer, tensors: dict[str, Any]) -> None:
    parameters = _parameters(optimizer)
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        parameter = parameters[int(index)]
        device = parameter.device if name != "step" else value.device
        optimizer.state[parameter][name] = value.to(device)
