"""The networks that read windows of series, by name.

Naming a network imports it, and torch with it; importing this module does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from evenhand.registry import Registry

if TYPE_CHECKING:
    from evenhand.models.series.encoder import SeriesEncoder

Layers = Annotated[int, Field(ge=1, le=24, description="layers, one upon the other")]
Dropout = Annotated[float, Field(ge=0, lt=1, description="share of states dropped in training")]
StreamDropout = Annotated[
    float,
    Field(ge=0, lt=1, description="chance that a stream of a row is hidden in training"),
]

NETWORKS: Registry[SeriesEncoder] = Registry(
    "network",
    {
        "transformer": "evenhand.models.series.transformer",
        "lstm": "evenhand.models.series.lstm",
        "cnn": "evenhand.models.series.cnn",
    },
    section="model.network",
)
