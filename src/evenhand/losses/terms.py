"""What every loss starts from: masked float32 scores and targets."""
# Shapes: B examples, C classes.

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from evenhand.errors import ConfigError
from evenhand.types import FitStatistics, Task

Smoothing = Annotated[
    float,
    Field(ge=0, lt=1, description="share of each target spread over both outcomes or classes"),
]


def known_only(logits_BC: Tensor, targets_BC: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Put zeros where the label is unknown, before any arithmetic can spread a NaN.

    Half-precision scores become float32; float64 stays, so that gradients can be checked.

    Args:
        logits_BC: scores, any float type, ``(B, C)``.
        targets_BC: >= 0 or NaN, ``(B, C)``.

    Returns:
        Scores, targets, and a mask that is true where the label is known; each ``(B, C)``.
    """
    known_BC = ~targets_BC.isnan()
    dtype = torch.promote_types(logits_BC.dtype, torch.float32)
    logits_BC = torch.where(known_BC, logits_BC.to(dtype), 0.0)
    return logits_BC, torch.where(known_BC, targets_BC.to(dtype), 0.0), known_BC


def softmax_terms(
    logits_BC: Tensor, targets_BC: Tensor, *, smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return smoothed targets and log-probabilities over the classes known in each row.

    ``(1 - s) y + s m / C`` where ``m`` is the sum of the row's targets, 1 unless they are
    weighted. An unknown class takes no part in its row's softmax, and a row whose known targets
    are all zero stays at zero.

    Args:
        logits_BC: scores, any float type, ``(B, C)``.
        targets_BC: >= 0 or NaN, ``(B, C)``.
        smoothing: ``s``, in [0, 1).

    Returns:
        Targets and log-probabilities (nats), ``(B, C)``; both 0 where unknown.
    """
    logits_BC, targets_BC, known_BC = known_only(logits_BC, targets_BC)
    lowest = torch.finfo(logits_BC.dtype).min
    log_p_BC = torch.log_softmax(torch.where(known_BC, logits_BC, lowest), dim=1)
    mass_B1 = targets_BC.sum(dim=1, keepdim=True)
    classes_B1 = known_BC.sum(dim=1, keepdim=True).clamp_min(1)
    targets_BC = (1 - smoothing) * targets_BC + smoothing * mass_B1 / classes_B1 * known_BC
    return targets_BC, torch.where(known_BC, log_p_BC, 0.0)


def smoothed_sides(
    present_BC: Tensor, absent_BC: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Take the share ``smoothing / 2`` of either side of each label to the other side.

    Args:
        present_BC: how much a label's presence counts, >= 0, ``(B, C)``.
        absent_BC: how much its absence counts, >= 0, ``(B, C)``.
        smoothing: in [0, 1).

    Returns:
        Both sides, ``(B, C)``.
    """
    own, other = 1 - smoothing / 2, smoothing / 2
    return own * present_BC + other * absent_BC, other * present_BC + own * absent_BC


def require_task(fit: FitStatistics, task: Task, *, loss: str, instead: str) -> None:
    """Refuse a loss that does not suit how labels relate to rows.

    Raises:
        ConfigError: E105 when the data's task is not ``task``.
    """
    if fit.task is not task:
        raise ConfigError(
            "E105",
            f"the loss {loss!r} is for {task} data, but this data is {fit.task}",
            got=f"loss.name = {loss!r}",
            fix=f"--set loss.name={instead}, or say data.task={task} if the data were misread",
        )
