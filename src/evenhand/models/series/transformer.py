"""A transformer over moments of all streams: a token for every few frames, none averaged away.

The tokens of all streams attend to each other through all layers; then one learned token reads
them all (class attention: Touvron et al. 2021, arXiv:2103.17239, section 3).
"""
# Shapes: B windows, T frames, P frames of a token, L tokens of a stream, N of all streams,
# M tokens that ask, D numbers of a stream, W width of a token, H heads.

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from evenhand.errors import ConfigError
from evenhand.models.series.encoder import Reading, SeriesEncoder, Sight
from evenhand.models.series.networks import NETWORKS, Dropout, Layers, StreamDropout
from evenhand.models.series.table import Streams

LONGEST = 10_000.0
"""Frames a radian of the slowest wave that tells time."""


class Attention(nn.Module):
    """Multi-head attention; tokens that are not known are never read.

    Args:
        width: W.
        heads: H, a divisor of it.
        dropout: share of the weights dropped in training.
    """

    def __init__(self, width: int, *, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.ask = nn.Linear(width, width)
        self.offer = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def forward(self, asking_BMW: Tensor, asked_BNW: Tensor, known_BN: Tensor) -> Tensor:
        """Return what each asking token reads, ``(B, M, W)``."""
        key_BNW, value_BNW = self.offer(asked_BNW).chunk(2, dim=2)
        query, key, value = map(self._by_head, (self.ask(asking_BMW), key_BNW, value_BNW))
        # Half the lowest number: a window of which nothing is known must not give NaN.
        closed_BN = (~known_BN).to(query.dtype) * (torch.finfo(query.dtype).min / 2)
        read_BHMD = functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=closed_BN[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        read_BMW: Tensor = self.output(read_BHMD.transpose(1, 2).flatten(2))
        return read_BMW

    def _by_head(self, x_BNW: Tensor) -> Tensor:
        batch, tokens, _ = x_BNW.shape
        return x_BNW.view(batch, tokens, self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Attention, then two layers a token, each on a normalised copy that is added.

    Args:
        width: W.
        heads: H.
        feedforward: width between the two layers.
        dropout: share of states dropped in training.
    """

    def __init__(self, width: int, *, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads=heads, dropout=dropout)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, feedforward),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(feedforward, width),
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BNW: Tensor, known_BN: Tensor, asking: int | None = None) -> Tensor:
        """Return the next states of the first ``asking`` tokens, of all if None."""
        normed_BNW = self.attention_norm(x_BNW)
        x_BMW = x_BNW[:, :asking]
        read_BMW = self.attention(normed_BNW[:, :asking], normed_BNW, known_BN)
        x_BMW = x_BMW + self.dropout(read_BMW)
        next_BMW: Tensor = x_BMW + self.dropout(self.feedforward(self.feedforward_norm(x_BMW)))
        return next_BMW


class Fusion(nn.Module):
    """One learned token reads the tokens of all streams and becomes the window's vector."""

    def __init__(self, width: int, *, heads: int, feedforward: int, dropout: float) -> None:
        super().__init__()
        self.token_W = nn.Parameter(torch.randn(width))
        self.layer = Layer(width, heads=heads, feedforward=feedforward, dropout=dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, x_BNW: Tensor, known_BN: Tensor) -> Tensor:
        """Return ``(B, W)``; the token reads itself as well, so there is always one to read."""
        own_B1W = self.token_W.to(x_BNW.dtype).expand(len(x_BNW), 1, -1)
        open_B1 = torch.ones_like(known_BN[:, :1])
        tokens_BNW = torch.cat((own_B1W, x_BNW), dim=1)
        read_B1W = self.layer(tokens_BNW, torch.cat((open_B1, known_BN), dim=1), asking=1)
        vector_BW: Tensor = self.norm(read_B1W[:, 0])
        return vector_BW


class SeriesTransformer(SeriesEncoder):
    """A token for every ``patch`` frames of each stream: its values, and how long ago they were.

    Args:
        streams: name and width of each.
        width: W.
        heads: H, a divisor of it.
        layers: of attention between moments, before the one that fuses.
        feedforward: width between a layer's two maps; half of it where the streams are fused.
        patch: P.
        dropout: shares of states and of streams that are dropped in training.
    """

    def __init__(
        self,
        streams: Streams,
        *,
        width: int,
        heads: int,
        layers: int,
        feedforward: int,
        patch: int,
        dropout: tuple[float, float],
    ) -> None:
        of_states, of_streams = dropout
        super().__init__(streams, stream_dropout=of_streams)
        self.width = self.state_width = width
        self.patch = patch
        self.projections = nn.ModuleDict(
            {str(s): _projection((of + 1) * patch, width) for s, (_, of) in enumerate(streams)}
        )
        self.dropout = nn.Dropout(of_states)
        self.layers = nn.ModuleList(
            Layer(width, heads=heads, feedforward=feedforward, dropout=of_states)
            for _ in range(layers)
        )
        self.fusion = Fusion(width, heads=heads, feedforward=feedforward // 2, dropout=of_states)

    def encode(self, sight: Sight) -> Reading:
        """Return the fused vector, and each stream's states after the last layer."""
        time_BLW = times(sight.inside_BT, self.width)[:, :: self.patch]
        pairs = zip(sight.values, sight.known, strict=True)
        tokens = [
            self.projections[str(s)](self._patches(values_BTD, known_BT)) + time_BLW
            for s, (values_BTD, known_BT) in enumerate(pairs)
        ]
        x_BNW = self.dropout(torch.cat(tokens, dim=1))
        known_BN = torch.cat([self._cut(known_BT).any(dim=2) for known_BT in sight.known], dim=1)
        for layer in self.layers:
            x_BNW = layer(x_BNW, known_BN)
        states = x_BNW.chunk(len(sight.values), dim=1)
        return Reading(self.fusion(x_BNW, known_BN), states)

    def _patches(self, values_BTD: Tensor, known_BT: Tensor) -> Tensor:
        """Return values and which are known, of ``P`` frames each, ``(B, L, P (D + 1))``."""
        known_BT1 = known_BT.unsqueeze(2).to(values_BTD.dtype)
        return self._cut(torch.cat((values_BTD, known_BT1), dim=2)).flatten(2)

    def _cut(self, x_BT: Tensor) -> Tensor:
        """Return ``(B, L, P, ...)`` of ``(B, T, ...)``; what the last part lacks is 0."""
        lacking = -x_BT.shape[1] % self.patch
        ends = (0, 0) * (x_BT.ndim - 2) + (0, lacking)
        return functional.pad(x_BT, ends).view(len(x_BT), -1, self.patch, *x_BT.shape[2:])


def times(inside_BT: Tensor, width: int) -> Tensor:
    """Return waves that tell how many frames before the window's last each frame lies.

    Half of the width holds sines, half cosines, of wavelengths from 2 pi frames upwards in equal
    ratios; the last frame of a window has the same wave however long the window is.

    Args:
        inside_BT: bool; frames of a window come first.
        width: W, even.

    Returns:
        Float32, ``(B, T, W)``.

    References:
        Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
    """
    frames, device = inside_BT.shape[1], inside_BT.device
    rates_K = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(LONGEST) / width))
    angles_TK = torch.arange(frames, device=device)[:, None] * rates_K
    waves_TW = torch.cat((angles_TK.sin(), angles_TK.cos()), dim=1)
    ago_BT = inside_BT.sum(dim=1, keepdim=True) - 1 - torch.arange(frames, device=device)
    return waves_TW[ago_BT.clamp_min(0)]


def _projection(numbers: int, width: int) -> nn.Sequential:
    """Return what makes a few frames of a stream a token; the norm's bias names the stream."""
    return nn.Sequential(
        nn.Linear(numbers, width),
        nn.GELU(),
        nn.Linear(width, width, bias=False),
        nn.LayerNorm(width),
    )


@NETWORKS.register("transformer")
def transformer(  # noqa: PLR0913 - the signature is the schema of the run file
    streams: Streams,
    /,
    *,
    d_model: Annotated[int, Field(ge=8, le=2048, description="width of a token")] = 64,
    heads: Annotated[int, Field(ge=1, le=64, description="heads of attention")] = 4,
    layers: Layers = 2,
    feedforward: Annotated[
        int | None, Field(ge=2, le=16384, description="width within a layer; unset 4 x d_model")
    ] = None,
    patch: Annotated[int, Field(ge=1, le=1024, description="frames of a token")] = 4,
    dropout: Dropout = 0.1,
    stream_dropout: StreamDropout = 0.0,
) -> SeriesEncoder:
    """Attention between the moments of all streams: what happened when, and beside what."""
    step = math.lcm(heads, 2)
    if d_model % step:
        raise ConfigError(
            "E105",
            "the width of a token must be even and a multiple of the heads",
            got=f"model.network.d_model = {d_model}, heads = {heads}",
            fix=f"--set model.network.d_model={-(-d_model // step) * step}",
        )
    return SeriesTransformer(
        streams,
        width=d_model,
        heads=heads,
        layers=layers,
        feedforward=feedforward or 4 * d_model,
        patch=patch,
        dropout=(dropout, stream_dropout),
    )
