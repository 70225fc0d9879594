"""Averaged weights: the mean of the last steps scores more steadily than the last step."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from evenhand.errors import TrainingError

UPDATES = "updates"
PREFIX = "average."


class Average:
    """Exponential moving average of a model's learning parameters and floating buffers.

    Update ``t`` (from 0) sets ``average = d * average + (1 - d) * weight`` with
    ``d = min(decay, (1 + t) / (10 + t))``, so the first steps count and the starting weights fade
    at once; ``decay`` near 0 is the weights themselves.

    Args:
        model: on its device, in float32; read at each update.
        decay: share of the old average that an update keeps in the long run, 0 < decay < 1.
        learning: names of the parameters that will ever learn; None is those trainable now.
    """

    def __init__(
        self, model: nn.Module, *, decay: float, learning: Collection[str] | None = None
    ) -> None:
        self.decay = decay
        self.updates = 0
        self._live = _tensors(model, learning)
        self._averages = {name: t.detach().clone().float() for name, t in self._live.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they stand; to be called after each optimizer step."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        torch._foreach_lerp_(
            list(self._averages.values()),
            [tensor.detach() for tensor in self._live.values()],
            1 - decay,
        )
        self.updates += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the averages into the model for as long as the context lasts; nothing is copied."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state(self) -> dict[str, Tensor]:
        """Return the averages and the number of updates, to be written as tensors."""
        named = {PREFIX + name: tensor for name, tensor in self._averages.items()}
        return {UPDATES: torch.tensor(self.updates), **named}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` returned; further updates are then the same, bit for bit.

        Raises:
            TrainingError: E302 when they are the averages of another model.
        """
        if set(state) != set(self.state()):
            raise TrainingError(
                "E302",
                "the averaged weights in the checkpoint are of another model",
                got=f"{len(state) - 1} tensors, expected {len(self._averages)} by other names",
                fix="train again without --resume",
            )
        self.updates = int(state[UPDATES])
        for name, tensor in self._averages.items():
            tensor.copy_(state[PREFIX + name])

    def _swap(self) -> None:
        for name, tensor in self._live.items():
            tensor.data, self._averages[name] = self._averages[name], tensor.data


def _tensors(model: nn.Module, learning: Collection[str] | None) -> dict[str, Tensor]:
    stored = model.state_dict().keys()
    found: dict[str, Tensor] = {
        name: p
        for name, p in model.named_parameters()
        if (p.requires_grad if learning is None else name in learning)
    }
    buffers = model.named_buffers()
    return found | {n: b for n, b in buffers if n in stored and b.is_floating_point()}
