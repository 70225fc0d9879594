"""Mixing: new examples between the vectors of a batch, made while training.

Naming a mixer imports it, and torch with it; importing this module does not.
"""
# Shapes: B examples, D width of the pooled vector, C classes.

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from evenhand.registry import Registry

if TYPE_CHECKING:
    import torch
    from torch import Tensor

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


class Mixer(Protocol):
    """What a mixer is once its settings are fixed."""

    @property
    def soft_targets(self) -> bool:
        """Whether its targets lie between 0 and 1, so that not every loss can read them."""
        ...

    def __call__(
        self, vectors_BD: Tensor, targets_BC: Tensor, generator: torch.Generator, /
    ) -> tuple[Tensor, Tensor]:
        """Return vectors and targets of the same shapes and types, for the head and the loss.

        Args:
            vectors_BD: pooled vectors, any float type; never written to.
            targets_BC: in [0, 1], NaN where unknown; never written to.
            generator: the only source of randomness.
        """
        ...


MODULE = "evenhand.models.mixers"
MIXERS: Registry[Mixer] = Registry("mix", dict.fromkeys(("none", "mixup", "smote"), MODULE))


def needs_soft_targets(name: str, settings: Mapping[str, Any] = NO_SETTINGS) -> bool:
    """Return whether a mixer needs a loss that reads targets between 0 and 1.

    Raises:
        ConfigError: E101 for a name, E102 for a setting that does not exist.
    """
    return MIXERS.build(name, settings=settings).soft_targets
