"""Keeping a long run small: a rare large batch keeps little."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from evenhand.memory import give_back

LARGE = 2.5
"""Tokens of a batch, as a multiple of the mean batch so far, above which memory comes first."""
VAST = 4.0
"""The same, above which the holes that earlier batches left are given back before and after."""


class Sparing:
    """Runs an encoder's layers; of an unusually large batch it keeps only what goes into them.

    A run needs as much memory as its largest batch, and one long text among short ones makes a
    batch several times as large as the rest. What lies between its layers' inputs is computed a
    second time on the way back, with the same random draws: the same numbers, bit for bit, for
    less than a third more time. Where all batches are alike, none is large.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.mean = 0.0
        self.large = self.vast = False

    def look(self, encoder: nn.Module, given: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Note how large a batch is before the encoder sees it; evaluation does not count."""
        before = self.vast
        self.large = self.vast = False
        if encoder.training:
            ids = given[0] if given else named["input_ids"]
            self.batches += 1
            self.mean += (ids.numel() - self.mean) / self.batches
            self.large = ids.numel() > LARGE * self.mean
            self.vast = ids.numel() > VAST * self.mean
        if self.vast or before:
            give_back()

    def __call__(self, layer: Callable[..., Any], *states: Any) -> Any:
        """Return ``layer(*states)``."""
        return checkpoint(layer, *states, use_reentrant=False) if self.large else layer(*states)


def spare(encoder: nn.Module) -> None:
    """Run the layers of a transformers model by ``Sparing``; layers of other kinds stay."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    sparing = Sparing()
    encoder.register_forward_pre_hook(sparing.look, with_kwargs=True)
    for module in encoder.modules():
        if isinstance(module, GradientCheckpointingLayer):
            module.gradient_checkpointing = True
            module._gradient_checkpointing_func = sparing
