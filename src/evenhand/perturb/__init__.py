"""Perturbation: the same text as somebody else might have typed it, its label unchanged.

For measuring, never for training: what a model answers to a text and to its perturbed twin shows
how much hangs on the spelling. Pure functions of a text and a seed; neither torch nor transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import Field

from evenhand.registry import Registry
from evenhand.seeds import generator

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PERTURBATIONS", "Perturbation", "Rate", "perturb"]

Rate = Annotated[float, Field(ge=0, le=1, description="chance of each place to be changed")]


class Perturbation(Protocol):
    """What a perturbation is once its settings are fixed."""

    def __call__(self, text: str, random: np.random.Generator, /) -> str:
        """Return the text as another would write it; the same text where nothing fits."""
        ...


PERTURBATIONS: Registry[Perturbation] = Registry(
    "perturbation",
    {
        "typos": "evenhand.perturb.typos",
        "spacing": "evenhand.perturb.spacing",
        "long-vowels": "evenhand.perturb.long_vowels",
        "romanisation": "evenhand.perturb.romanisation",
    },
)


def perturb(
    name: str, texts: Mapping[str, str], *, seed: int, settings: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """Return every text perturbed, under its id and in the same order.

    A result depends on the text, its id, the perturbation and the seed, never on other rows. At
    a rate of 0 every text stays as it is.

    Args:
        name: of the perturbation.
        texts: id -> text.
        seed: of all draws.
        settings: of the perturbation; its defaults if None.

    Raises:
        ConfigError: E101 for an unknown name, E102 for a setting out of range.
    """
    change = PERTURBATIONS.build(name, settings=settings or {})
    return {
        row: change(text, generator(seed, f"perturb {name} {row}")) for row, text in texts.items()
    }
