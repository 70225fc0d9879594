"""What the networks of series share: what a row lets them see, and hiding streams in training."""
# Shapes: B windows, T frames, D numbers of a stream, S streams, W width of the vector,
# V width of a state, L states of a window.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from evenhand.errors import ConfigError
from evenhand.models.series.table import INSIDE, Streams, known_of, values_of

Inputs = Mapping[str, Tensor]
"""A batch of ``WindowTable`` as tensors."""


@dataclass(frozen=True)
class Sight:
    """What a network sees of a batch.

    Args:
        values: of each stream, ``(B, T, D)``; 0 where they are not known.
        known: of each stream, bool, ``(B, T)``; False in padding.
        inside_BT: which frames lie inside the window, bool.
    """

    values: tuple[Tensor, ...]
    known: tuple[Tensor, ...]
    inside_BT: Tensor

    def joined(self) -> Tensor:
        """Return all streams and which of them are known, side by side, ``(B, T, sum D + S)``."""
        known = (known_BT.unsqueeze(2).to(self.values[0].dtype) for known_BT in self.known)
        return torch.cat((*self.values, *known), dim=2)


@dataclass(frozen=True)
class Reading:
    """What a network makes of a batch.

    Args:
        vector_BW: of the whole window.
        states: of each stream, one for every ``patch`` frames, ``(B, L, V)``.
    """

    vector_BW: Tensor
    states: tuple[Tensor, ...]


class SeriesEncoder(nn.Module):
    """A window in, a vector out; frames that are not known never count, whatever they hold.

    While training, each stream of a row is hidden with the chance ``stream_dropout``, but never
    all that the row has; otherwise, and at 0, the rows are seen as they are.

    Args:
        streams: name and width of each.
        stream_dropout: chance that a stream of a row is hidden, in [0, 1).

    Raises:
        ConfigError: E105 for hiding where there is a single stream.
    """

    width: int
    state_width: int
    patch: int = 1
    """Frames of a state."""

    def __init__(self, streams: Streams, *, stream_dropout: float) -> None:
        super().__init__()
        if stream_dropout and len(streams) < 2:
            raise ConfigError(
                "E105",
                "a row's only stream is never hidden",
                got=f"model.network.stream_dropout = {stream_dropout}, streams: {streams[0][0]}",
                fix="--set model.network.stream_dropout=0",
            )
        self.streams = tuple(name for name, _ in streams)
        self.stream_dropout = stream_dropout

    def forward(self, inputs: Inputs) -> Tensor:
        """Return a vector a window, ``(B, W)``."""
        return self.read(inputs).vector_BW

    def read(self, inputs: Inputs) -> Reading:
        """Return the vector of each window and the states of its frames."""
        known = [inputs[known_of(stream)] for stream in self.streams]
        if self.training and self.stream_dropout:
            kept_BS = self._kept(torch.stack([known_BT.any(dim=1) for known_BT in known], dim=1))
            known = [known_BT & kept_BS[:, s, None] for s, known_BT in enumerate(known)]
        values = [
            inputs[values_of(stream)].masked_fill(~known_BT.unsqueeze(2), 0)
            for stream, known_BT in zip(self.streams, known, strict=True)
        ]
        return self.encode(Sight(tuple(values), tuple(known), inputs[INSIDE]))

    def encode(self, sight: Sight) -> Reading:
        """Return what the network makes of what it sees; each network has its own."""
        raise NotImplementedError

    def _kept(self, present_BS: Tensor) -> Tensor:
        """Draw which streams stay; of those present, always one."""
        drawn_BS = torch.rand(present_BS.shape, device=present_BS.device)
        kept_BS = present_BS & (drawn_BS >= self.stream_dropout)
        luckiest_B1 = drawn_BS.masked_fill(~present_BS, -1).argmax(dim=1, keepdim=True)
        spared_BS = torch.zeros_like(kept_BS).scatter(1, luckiest_B1, True)
        return torch.where(kept_BS.any(dim=1, keepdim=True), kept_BS, spared_BS)
