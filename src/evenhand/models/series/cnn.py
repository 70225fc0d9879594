"""A small convolutional network over time: what happens within a moment, wherever it happens."""
# Shapes: B windows, T frames, V channels.

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from evenhand.errors import ConfigError
from evenhand.models.poolers import MeanMax
from evenhand.models.series.encoder import Reading, SeriesEncoder, Sight
from evenhand.models.series.networks import NETWORKS, Dropout, Layers, StreamDropout
from evenhand.models.series.table import Streams


class Convolution(nn.Module):
    """A convolution over time, normalised, bent, thinned and added to its input.

    Args:
        channels: V.
        kernel: frames that it looks at, odd.
        dilation: frames between them.
        dropout: share of states dropped in training.
    """

    def __init__(self, channels: int, *, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(
            channels, channels, kernel, dilation=dilation, padding=dilation * (kernel // 2)
        )
        self.norm = nn.LayerNorm(channels)
        self.bend = nn.Sequential(nn.GELU(), nn.Dropout(dropout))

    def forward(self, x_BTV: Tensor, inside_BT1: Tensor) -> Tensor:
        """Return the next states; 0 in padding, as the convolution sees what lies before."""
        found_BTV = self.convolution(x_BTV.transpose(1, 2)).transpose(1, 2)
        next_BTV: Tensor = (x_BTV + self.bend(self.norm(found_BTV))) * inside_BT1
        return next_BTV


class SeriesCNN(SeriesEncoder):
    """All streams side by side, and which of them are known; mean and maximum over the frames.

    Each layer looks twice as far as the one below it.

    Args:
        streams: name and width of each.
        channels: V.
        layers: of convolutions.
        kernel: frames that each looks at, odd.
        dropout: share of states dropped in training.
        stream_dropout: as ``SeriesEncoder`` takes it.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        channels: int,
        layers: int,
        kernel: int,
        dropout: float,
        stream_dropout: float,
    ) -> None:
        super().__init__(streams, stream_dropout=stream_dropout)
        self.width, self.state_width = 2 * channels, channels
        self.projection = nn.Linear(sum(width for _, width in streams) + len(streams), channels)
        self.layers = nn.ModuleList(
            Convolution(channels, kernel=kernel, dilation=2**depth, dropout=dropout)
            for depth in range(layers)
        )
        self.pooling = MeanMax()

    def encode(self, sight: Sight) -> Reading:
        """Return mean and maximum of the states inside the window, and the states."""
        inside_BT1 = sight.inside_BT.unsqueeze(2)
        x_BTV = self.projection(sight.joined()) * inside_BT1
        for layer in self.layers:
            x_BTV = layer(x_BTV, inside_BT1)
        return Reading(self.pooling(x_BTV, sight.inside_BT), (x_BTV,) * len(sight.values))


@NETWORKS.register("cnn")
def cnn(
    streams: Streams,
    /,
    *,
    channels: Annotated[int, Field(ge=1, le=4096, description="width of a state")] = 64,
    layers: Layers = 3,
    kernel: Annotated[int, Field(ge=1, le=99, description="frames of a convolution, odd")] = 5,
    dropout: Dropout = 0.1,
    stream_dropout: StreamDropout = 0.0,
) -> SeriesEncoder:
    """A small convolutional network: short patterns, wherever in the window they stand."""
    if kernel % 2 == 0:
        raise ConfigError(
            "E105",
            "a convolution looks as far back as ahead, so its frames are odd in number",
            got=f"model.network.kernel = {kernel}",
            fix=f"--set model.network.kernel={kernel + 1}",
        )
    return SeriesCNN(
        streams,
        channels=channels,
        layers=layers,
        kernel=kernel,
        dropout=dropout,
        stream_dropout=stream_dropout,
    )
