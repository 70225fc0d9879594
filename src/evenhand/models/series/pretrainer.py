"""What an encoder learns before it sees a label: to rebuild what is hidden, and to know a window.

The second task has negatives: a constant vector, which would satisfy any target that comes from
the network itself, tells no window from another and is punished.
"""
# Shapes: B windows, T frames, D numbers of a stream, L states of a stream, V width of a state,
# P frames of a state, W width of the vector, K numbers of a code.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.series.encoder import Reading, SeriesEncoder
from evenhand.models.series.table import INSIDE, Streams, known_of, values_of
from evenhand.models.series.views import END, FIRST, hidden_of, input_of

CODE = 64
"""Numbers by which two views are compared."""


@dataclass(frozen=True)
class Told:
    """How well each window was known again among the others.

    Args:
        loss_B: InfoNCE, nats; 0 where there was nothing to mistake it for.
        hit_B: share of the two directions in which the other view was the nearest, in [0, 1].
        chance_B: what ``hit_B`` is on average for codes that say nothing.
    """

    loss_B: Tensor
    hit_B: Tensor
    chance_B: Tensor


@dataclass(frozen=True)
class Looked:
    """What a pre-trainer makes of a batch.

    Args:
        rebuilt_B: mean squared error of the hidden numbers, in squared spreads; the mean of the
            fit rows has about 1.
        told: how well the windows were known again.
        vectors_BW: of the first view.
    """

    rebuilt_B: Tensor
    told: Told
    vectors_BW: Tensor


class Pretrainer(nn.Module):
    """An encoder with what it needs to learn without labels; only the encoder is kept.

    Args:
        encoder: window to vector.
        streams: name and width of each.
        contrast: weight of the second task beside the first, > 0.
        temperature: what the cosines of codes are divided by, > 0.
    """

    def __init__(
        self, encoder: SeriesEncoder, streams: Streams, *, contrast: float, temperature: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.contrast, self.temperature = contrast, temperature
        self.rebuild = nn.ModuleDict(
            {
                str(s): nn.Linear(encoder.state_width, width * encoder.patch)
                for s, (_, width) in enumerate(streams)
            }
        )
        self.code = nn.Sequential(
            nn.Linear(encoder.width, encoder.width), nn.GELU(), nn.Linear(encoder.width, CODE)
        )

    def forward(self, **inputs: Tensor) -> Tensor:
        """Return the loss of each window, ``(B,)``: error of rebuilding + contrast * InfoNCE."""
        looked = self.look(inputs)
        return looked.rebuilt_B + self.contrast * looked.told.loss_B

    def look(self, inputs: Mapping[str, Tensor]) -> Looked:
        """Read both views of a batch of ``ViewTable``."""
        read = [self._read(inputs, view) for view in range(2)]
        errors = [self._rebuilt(inputs, view, reading) for view, reading in enumerate(read)]
        one_BK, other_BK = (self.code(reading.vector_BW) for reading in read)
        overlap_BB = overlapping(inputs[FIRST], inputs[END])
        told = contrasted(one_BK, other_BK, overlap_BB, temperature=self.temperature)
        return Looked(torch.stack(errors).mean(dim=0), told, read[0].vector_BW)

    def _read(self, inputs: Mapping[str, Tensor], view: int) -> Reading:
        """Show the encoder a view without what is hidden of it."""
        shown = {INSIDE: inputs[input_of(view, INSIDE)]}
        for stream in self.encoder.streams:
            hidden_BT = inputs[input_of(view, hidden_of(stream))]
            shown[known_of(stream)] = inputs[input_of(view, known_of(stream))] & ~hidden_BT
            shown[values_of(stream)] = inputs[input_of(view, values_of(stream))]
        return self.encoder.read(shown)

    def _rebuilt(self, inputs: Mapping[str, Tensor], view: int, reading: Reading) -> Tensor:
        """Return the mean squared error of each window's hidden numbers, ``(B,)``.

        Streams count alike, however wide; 0 where nothing known was hidden.
        """
        total_B = torch.zeros(len(reading.vector_BW), device=reading.vector_BW.device)
        streams_B = torch.zeros_like(total_B)
        for s, stream in enumerate(self.encoder.streams):
            target_BTD = inputs[input_of(view, values_of(stream))]
            hidden_BT = inputs[input_of(view, hidden_of(stream))]
            asked_BT = (hidden_BT & inputs[input_of(view, known_of(stream))]).float()
            guess_BLF: Tensor = self.rebuild[str(s)](reading.states[s]).float()
            guess_BTD = guess_BLF.reshape(len(guess_BLF), -1, target_BTD.shape[2])
            error_BT = (guess_BTD[:, : target_BTD.shape[1]] - target_BTD).square().mean(dim=2)
            count_B = asked_BT.sum(dim=1)
            total_B = total_B + (error_BT * asked_BT).sum(dim=1) / count_B.clamp_min(1)
            streams_B = streams_B + (count_B > 0)
        return total_B / streams_B.clamp_min(1)


def overlapping(first_B: Tensor, end_B: Tensor) -> Tensor:
    """Return which windows share a frame with which, bool, ``(B, B)``."""
    return (first_B[:, None] < end_B) & (first_B < end_B[:, None])


def contrasted(one_BK: Tensor, other_BK: Tensor, overlap_BB: Tensor, *, temperature: float) -> Told:
    """Compare codes of two views: each is to be nearest to the other view of its own window.

    Cross-entropy of the cosines over the temperature, in both directions, halved. Windows that
    overlap are no negatives of each other: they show the same moments. Without negatives the
    loss is 0; for codes that are all alike it is the logarithm of the candidates.

    Args:
        one_BK: codes of the first view.
        other_BK: codes of the second view.
        overlap_BB: which windows share a frame, the window itself included.
        temperature: what cosines are divided by.

    References:
        van den Oord et al. 2018, arXiv:1807.03748, eq. 4; Chen et al. 2020, arXiv:2002.05709.
    """
    one_BK = functional.normalize(one_BK.float(), dim=1)
    other_BK = functional.normalize(other_BK.float(), dim=1)
    own_B = torch.arange(len(one_BK), device=one_BK.device)
    barred_BB = overlap_BB & ~torch.eye(len(own_B), dtype=torch.bool, device=own_B.device)
    with torch.autocast(one_BK.device.type, enabled=False):
        cosines_BB = one_BK @ other_BK.T
    losses, hits = [], []
    for scores_BB in (cosines_BB, cosines_BB.T):
        logits_BB = (scores_BB / temperature).masked_fill(barred_BB, -torch.inf)
        losses.append(functional.cross_entropy(logits_BB, own_B, reduction="none"))
        hits.append(_hits(logits_BB))
    candidates_B = (~barred_BB).sum(dim=1)
    return Told(
        torch.stack(losses).mean(dim=0), torch.stack(hits).mean(dim=0), 1 / candidates_B.float()
    )


def _hits(logits_BB: Tensor) -> Tensor:
    """Return 1 where a window's own is the nearest, a share of 1 where others are as near."""
    own_B1 = logits_BB.detach().diagonal()[:, None]
    nearer_B = (logits_BB > own_B1).any(dim=1)
    as_near_B = (logits_BB == own_B1).sum(dim=1)
    return torch.where(nearer_B, 0.0, 1.0 / as_near_B)
