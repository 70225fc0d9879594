"""Scores of many rows: sorted by length, in batches, back in their own order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from evenhand.memory import give_back
from evenhand.sampling.buckets import sorted_batches
from evenhand.training.passes import Table
from evenhand.types import Floats

# Shapes: N rows, C classes.

BATCHES_BETWEEN_TRIMS = 20


def to_device(table: Table, rows_B: np.ndarray, device: torch.device) -> dict[str, torch.Tensor]:
    """Return one padded batch as tensors on ``device``."""
    return {
        name: torch.from_numpy(array).to(device, non_blocking=True)
        for name, array in table.batch(rows_B).items()
    }


@torch.inference_mode()
def logits(
    model: nn.Module,
    table: Table,
    *,
    dtype: torch.dtype = torch.float32,
    batch_size: int = 64,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Return the logits of every row of ``table``, float64, ``(N, C)``.

    The model is put into evaluation mode and left as it was found.

    Args:
        model: a classifier on its device.
        table: rows ready for the network, at least one.
        dtype: of the arithmetic; float32 keeps a row's scores free of its neighbours.
        batch_size: rows a batch.
        progress: called with the number of rows done after each batch.
    """
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    lengths_N = table.lengths()
    parts: list[np.ndarray] = []
    batches = sorted_batches(lengths_N, batch_size)
    for done, rows in enumerate(batches, 1):
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            scores_BC = model(**to_device(table, rows, device))
        parts.append(scores_BC.double().cpu().numpy())
        if done % BATCHES_BETWEEN_TRIMS == 0:
            give_back()
        if progress is not None:
            progress(min(done * batch_size, len(lengths_N)))
    model.train(training)
    scores_NC = np.concatenate(parts)
    ordered_NC = np.empty_like(scores_NC)
    ordered_NC[np.concatenate(batches)] = scores_NC
    return ordered_NC
