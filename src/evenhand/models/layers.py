"""The heads: a single layer, and a perceptron of any widths."""
# Shapes: B texts, D width of the vector, C classes.

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn

from evenhand.errors import ConfigError
from evenhand.models.heads import HEADS, Head

SMALL = 0.1
Share = Annotated[float, Field(ge=0, lt=1)]
Dropout = Annotated[Share, Field(description="share of inputs dropped in training")]


class HiddenLayer(nn.Module):
    """Linear, normalisation, activation, dropout; added to its input where that is asked for."""

    def __init__(self, layers: nn.Module, *, residual: bool) -> None:
        super().__init__()
        self.layers = layers
        self.residual = residual

    def forward(self, x_BD: Tensor) -> Tensor:
        """Return the next vector, ``(B, hidden width)``."""
        y_BD: Tensor = self.layers(x_BD)
        return x_BD + y_BD if self.residual else y_BD


class LayeredHead(nn.Module):
    """Any layers, then the output layer, whose weights start small."""

    def __init__(self, hidden: nn.Module, *, width: int, classes: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.output = _xavier(nn.Linear(width, classes), gain=SMALL)

    def forward(self, x_BD: Tensor) -> Tensor:
        """Return unnormalised scores, ``(B, C)``."""
        scores_BC: Tensor = self.output(self.hidden(x_BD))
        return scores_BC


@HEADS.register("linear")
def linear(in_width: int, classes: int, /, *, dropout: Dropout = 0.1) -> Head:
    """One layer: the fewest numbers to fit from few rows."""
    return LayeredHead(nn.Dropout(dropout), width=in_width, classes=classes)


@HEADS.register("mlp")
def mlp(
    in_width: int,
    classes: int,
    /,
    *,
    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65536)], ...],
        Field(min_length=1, max_length=8, description="widths of the hidden layers"),
    ] = (256,),
    dropout: Annotated[
        Share | tuple[Share, ...],
        Field(description="share of a hidden layer dropped in training: one for all, or one each"),
    ] = 0.1,
    activation: Annotated[
        Literal["gelu", "relu"], Field(description="what bends the hidden layers")
    ] = "gelu",
    layer_norm: Annotated[bool, Field(description="normalise each hidden layer")] = True,
    residual: Annotated[bool, Field(description="add a layer's input where widths agree")] = False,
) -> Head:
    """Hidden layers of any widths before the output, for labels that no plane separates."""
    widths = (in_width, *hidden)
    pairs = list(zip(widths, hidden, strict=False))
    if residual and not any(wide == narrow for wide, narrow in pairs):
        raise ConfigError(
            "E105",
            "a residual head needs a hidden layer as wide as what it reads",
            got=f"model.head.residual = true, widths {' -> '.join(map(str, widths))}",
            fix=f"--set model.head.hidden=[{in_width}], or --set model.head.residual=false",
        )
    layers = [
        HiddenLayer(
            _layer(before, after, dropout=share, activation=activation, layer_norm=layer_norm),
            residual=residual and before == after,
        )
        for (before, after), share in zip(pairs, _one_each(dropout, hidden), strict=True)
    ]
    return LayeredHead(nn.Sequential(*layers), width=hidden[-1], classes=classes)


def _one_each(dropout: float | tuple[float, ...], hidden: tuple[int, ...]) -> tuple[float, ...]:
    if not isinstance(dropout, tuple):
        return (dropout,) * len(hidden)
    if len(dropout) != len(hidden):
        raise ConfigError(
            "E105",
            "the head needs one dropout for all hidden layers, or one for each",
            got=f"{len(dropout)} shares for {len(hidden)} hidden layers",
            fix=f"--set model.head.dropout={dropout[0] if dropout else 0.1}",
        )
    return dropout


def _layer(
    before: int, after: int, *, dropout: float, activation: str, layer_norm: bool
) -> nn.Sequential:
    return nn.Sequential(
        _xavier(nn.Linear(before, after), gain=1.0),
        nn.LayerNorm(after) if layer_norm else nn.Identity(),
        nn.GELU() if activation == "gelu" else nn.ReLU(),
        nn.Dropout(dropout),
    )


def _xavier(layer: nn.Linear, *, gain: float) -> nn.Linear:
    nn.init.xavier_uniform_(layer.weight, gain=gain)
    nn.init.zeros_(layer.bias)
    return layer
