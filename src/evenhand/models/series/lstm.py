"""A recurrent network: reads the frames in order, and back again where that is asked for."""
# Shapes: B windows, T frames, V width of a state, W width of the vector.

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from evenhand.models.series.encoder import Reading, SeriesEncoder, Sight
from evenhand.models.series.networks import NETWORKS, Dropout, Layers, StreamDropout
from evenhand.models.series.table import Streams


class SeriesLSTM(SeriesEncoder):
    """All streams side by side, and which of them are known, frame after frame.

    The vector is the last state; with both directions also that of the first frame, read last.

    Args:
        streams: name and width of each.
        hidden: width of a state in one direction.
        layers: of states.
        bidirectional: read the window backwards as well.
        dropout: share of states dropped between layers, and of the vector.
        stream_dropout: as ``SeriesEncoder`` takes it.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        hidden: int,
        layers: int,
        bidirectional: bool,
        dropout: float,
        stream_dropout: float,
    ) -> None:
        super().__init__(streams, stream_dropout=stream_dropout)
        self.width = self.state_width = hidden * (2 if bidirectional else 1)
        first = sum(width for _, width in streams) + len(streams)
        self.layers = nn.ModuleList(
            nn.LSTM(below, hidden, batch_first=True, bidirectional=bidirectional)
            for below in (first, *[self.width] * (layers - 1))
        )
        self.dropout = nn.Dropout(dropout)

    def encode(self, sight: Sight) -> Reading:
        """Return the last states, and those of every frame; padding is never read."""
        lengths_B = sight.inside_BT.sum(dim=1).cpu()
        x = pack_padded_sequence(sight.joined(), lengths_B, batch_first=True, enforce_sorted=False)
        last = torch.empty(0)
        for depth, layer in enumerate(self.layers):
            x, (last, _) = layer(self._thinned(x) if depth else x)
        states_BTV, _ = pad_packed_sequence(
            x, batch_first=True, total_length=sight.inside_BT.shape[1]
        )
        vector_BW = self.dropout(last.transpose(0, 1).flatten(1))
        return Reading(vector_BW, (states_BTV,) * len(sight.values))

    def _thinned(self, x: PackedSequence) -> PackedSequence:
        data: Tensor = self.dropout(x.data)
        return PackedSequence(data, x.batch_sizes, x.sorted_indices, x.unsorted_indices)


@NETWORKS.register("lstm")
def lstm(
    streams: Streams,
    /,
    *,
    hidden: Annotated[int, Field(ge=1, le=4096, description="width of a state")] = 64,
    layers: Layers = 1,
    bidirectional: Annotated[bool, Field(description="read the window backwards as well")] = True,
    dropout: Dropout = 0.1,
    stream_dropout: StreamDropout = 0.0,
) -> SeriesEncoder:
    """A recurrent network: one frame after the other, the last states decide."""
    return SeriesLSTM(
        streams,
        hidden=hidden,
        layers=layers,
        bidirectional=bidirectional,
        dropout=dropout,
        stream_dropout=stream_dropout,
    )
