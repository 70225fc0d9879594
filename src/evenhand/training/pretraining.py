"""Pre-training by the same loop: its step, its score, and the signs of collapse."""
# Shapes: N windows, B of a batch, W width of a vector.

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.errors import TrainingError
from evenhand.models.series.pretrainer import Looked, Pretrainer
from evenhand.models.series.views import ViewTable
from evenhand.sampling.buckets import Rows
from evenhand.training.hooks import Display, Record
from evenhand.training.infer import to_device
from evenhand.training.objective import Objective
from evenhand.training.step import Stepper
from evenhand.types import Floats

LEAST_SPREAD = 0.01
"""Spread of the vectors over their length below which they are one vector."""
LEAST_RANK = 2.0
"""Effective rank below which the vectors lie on a line."""
SURE = 3.0
"""Standard errors by which windows must be known again more often than by chance."""


class PretrainStepper(Stepper):
    """Makes optimizer steps over a ``Pretrainer``, whose output is the loss of each row."""

    def _values(self, inputs: dict[str, Tensor], rows_B: Rows, objective: Objective) -> Tensor:
        losses_B: Tensor = self.model(**inputs)
        return losses_B


@dataclass(frozen=True)
class Health:
    """How well a pre-trained encoder does on some windows, and whether it tells them apart.

    Args:
        loss: what is minimised, mean.
        rebuilt: mean squared error of hidden numbers, in squared spreads; the mean has about 1.
        known_again: share of windows whose other view was the nearest, in [0, 1].
        chance: what that share is for vectors that say nothing.
        spread: of the vectors around their mean over their length, in [0, 1]; 0 is one vector.
        rank: effective rank of the vectors around their mean, >= 1.
        windows: how many were looked at.
    """

    loss: float
    rebuilt: float
    known_again: float
    chance: float
    spread: float
    rank: float
    windows: int

    def faults(self) -> list[str]:
        """Return the signs of collapse, in words; empty for an encoder that tells windows apart."""
        error = math.sqrt(self.chance * (1 - self.chance) / self.windows)
        found = []
        if self.spread < LEAST_SPREAD:
            found.append(f"the vectors' spread is {self.spread:.2g} of their length")
        if self.rank < LEAST_RANK:
            found.append(f"their effective rank is {self.rank:.2f}")
        if self.known_again <= self.chance + SURE * error:
            found.append(
                f"{self.known_again:.1%} of {self.windows:,} windows are known again, "
                f"{self.chance:.1%} by chance"
            )
        return found

    def refuse_collapse(self) -> None:
        """Raise unless the encoder tells windows apart.

        Raises:
            TrainingError: E307.
        """
        if faults := self.faults():
            raise TrainingError(
                "E307",
                "pre-training has collapsed: its vectors do not tell windows apart",
                got="; ".join(faults),
                fix="more passes (train.epochs), larger batches (train.batch_size) of windows that "
                "do not overlap, or a lower optim.lr",
            )

    def to_dict(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)


@torch.inference_mode()
def health(
    model: Pretrainer,
    table: ViewTable,
    *,
    batch_size: int,
    dtype: torch.dtype = torch.float32,
    listen: Callable[[int], None] | None = None,
) -> Health:
    """Measure an encoder on all draws of ``table``, in evaluation mode, left as it was found.

    Args:
        model: on its device.
        table: at least two windows.
        batch_size: windows a batch, of which one is to be told from the others.
        dtype: of the arithmetic.
        listen: called with the number of windows done.
    """
    device, training = next(model.parameters()).device, model.training
    model.eval()
    total = len(table.lengths())
    parts: list[Looked] = []
    for start in range(0, total, batch_size):
        rows_B = np.arange(start, min(start + batch_size, total))
        with torch.autocast(device.type, torch.bfloat16, enabled=dtype is torch.bfloat16):
            parts.append(model.look(to_device(table, rows_B, device)))
        if listen is not None:
            listen(int(rows_B[-1]) + 1)
    model.train(training)
    vectors_NW = torch.cat([part.vectors_BW for part in parts]).double().cpu().numpy()
    rebuilt = _mean([part.rebuilt_B for part in parts])
    told = _mean([part.told.loss_B for part in parts])
    return Health(
        loss=rebuilt + model.contrast * told,
        rebuilt=rebuilt,
        known_again=_mean([part.told.hit_B for part in parts]),
        chance=_mean([part.told.chance_B for part in parts]),
        spread=spread_of(vectors_NW),
        rank=effective_rank(vectors_NW),
        windows=total,
    )


def spread_of(vectors_NW: Floats) -> float:
    """Return the root mean square distance from the mean over the root mean square length.

    0 where all vectors are one, 1 where their mean is 0.
    """
    centred_NW = vectors_NW - vectors_NW.mean(axis=0)
    length = math.sqrt(float((vectors_NW**2).sum()))
    return math.sqrt(float((centred_NW**2).sum())) / length if length else 0.0


def effective_rank(vectors_NW: Floats) -> float:
    """Return the exponential of the entropy of the centred vectors' singular values.

    1 where they lie on a line (or are one), W where they spread alike in all directions.

    References:
        Roy and Vetterli 2007, EUSIPCO, "The effective rank".
    """
    values_K = np.linalg.svd(vectors_NW - vectors_NW.mean(axis=0), compute_uv=False)
    total = float(values_K.sum())
    if total <= 0:
        return 1.0
    shares_K = values_K[values_K > 0] / total
    return float(np.exp(-(shares_K * np.log(shares_K)).sum()))


def scorer(
    table: ViewTable, *, batch_size: int, dtype: torch.dtype
) -> Callable[[nn.Module, Callable[[int], None]], dict[str, Any]]:
    """Return what scores a pass: its value is the loss on fixed views, negative."""

    def score(model: nn.Module, listen: Callable[[int], None]) -> dict[str, Any]:
        found = health(
            cast(Pretrainer, model), table, batch_size=batch_size, dtype=dtype, listen=listen
        )
        return {"value": -found.loss, **found.to_dict()}

    return score


class PretrainDisplay(Display):
    """Progress on the screen, a line a pass in the terms of pre-training."""

    def on_epoch(self, record: Record) -> None:
        """Print one line for the pass."""
        mark = "  best so far" if record["best"] else ""
        self._say(
            f"pass {record['epoch']}/{self._epochs}  loss {record['loss']:.4f}  "
            f"rebuilt {record['rebuilt']:.3f} (mean 1)  known again {record['known_again']:.1%} "
            f"(chance {record['chance']:.1%})  rank {record['rank']:.1f}{mark}"
        )


def _mean(parts: list[Tensor]) -> float:
    return float(torch.cat(parts).double().mean())
