"""A recurrent network: reads the frames in order, and back again where that is asked for."""
# Shapes: B windows, T frames, V width of a state, W width of the vector, R directions,
# H width of a state in one of them.

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, cast

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

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
        lengths_B, x_BTV = sight.inside_BT.sum(dim=1), sight.joined()
        read = _written if torch.onnx.is_in_onnx_export() else _packed
        for depth, layer in enumerate(cast("Iterable[nn.LSTM]", self.layers)):
            x_BTV, last_RBH = read(layer, self.dropout(x_BTV) if depth else x_BTV, lengths_B)
        vector_BW = self.dropout(last_RBH.transpose(0, 1).flatten(1))
        return Reading(vector_BW, (x_BTV,) * len(sight.values))


def _packed(layer: nn.LSTM, x_BTV: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states of the frames, 0 in padding, and those read last, ``(R, B, H)``."""
    x = pack_padded_sequence(x_BTV, lengths_B.cpu(), batch_first=True, enforce_sorted=False)
    states, (last_RBH, _) = layer(x)
    frames = x_BTV.shape[1]
    states_BTV, _ = pad_packed_sequence(states, batch_first=True, total_length=frames)
    return states_BTV, last_RBH


def _written(layer: nn.LSTM, x_BTV: Tensor, lengths_B: Tensor) -> tuple[Tensor, Tensor]:
    """Return the same as ``_packed``, as ONNX's own ``LSTM``, which takes the lengths as well.

    Only a trace for an export comes here: packing has no word in a graph.
    """
    suffixes = ("", "_reverse") if layer.bidirectional else ("",)

    def stacked(*names: str) -> Tensor:
        each = (
            [_reordered(getattr(layer, f"{n}_l0{suffix}")) for n in names] for suffix in suffixes
        )
        return torch.stack([torch.cat(parts) for parts in each])

    weights = stacked("weight_ih"), stacked("weight_hh"), stacked("bias_ih", "bias_hh")
    (rows, frames, _), hidden = x_BTV.shape, layer.hidden_size
    last = (len(suffixes), rows, hidden)
    states_TRBH, last_RBH, _ = torch.onnx.ops.symbolic_multi_out(
        "LSTM",
        (x_BTV.transpose(0, 1), *weights, lengths_B.to(torch.int32)),
        {"hidden_size": hidden, "direction": "bidirectional" if layer.bidirectional else "forward"},
        dtypes=(x_BTV.dtype,) * 3,
        shapes=((frames, *last), last, last),
    )
    return states_TRBH.permute(2, 0, 1, 3).flatten(2), last_RBH


def _reordered(gates: Tensor) -> Tensor:
    """Return a layer's numbers by ONNX's order of the gates: the fourth comes second."""
    width = len(gates) // 4
    return torch.cat((gates[:width], gates[3 * width :], gates[width : 3 * width]))


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
