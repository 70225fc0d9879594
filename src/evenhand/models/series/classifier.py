"""A classifier of series: encoder and head, and a second head where the present is learnt too."""
# Shapes: B windows, W width of the vector, C labels, A labels of the auxiliary head.

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evenhand.models.heads import HEADS, set_prior_bias
from evenhand.models.series.encoder import SeriesEncoder
from evenhand.models.series.networks import NETWORKS
from evenhand.models.series.table import Streams
from evenhand.models.text import Mix
from evenhand.types import FitStatistics

Named = tuple[str, dict[str, Any]]
"""Name of a part, and its settings."""


class SeriesClassifier(nn.Module):
    """A batch of ``WindowTable`` in, one logit a label out.

    While training the logits are the head's own; otherwise the buffer ``shift_C`` is taken off
    them, which undoes what weights and samplers did to the labels' shares. It starts at 0, where
    both are the same, and is saved with the weights.

    Args:
        encoder: window to vector.
        head: name in ``HEADS``, and its settings.
        classes: C.
        auxiliary: A; 0 has no auxiliary head.
    """

    shift_C: Tensor

    def __init__(
        self, encoder: SeriesEncoder, *, head: Named, classes: int, auxiliary: int
    ) -> None:
        super().__init__()
        self.encoder = encoder
        name, settings = head
        self.head = HEADS.build(name, encoder.width, classes, settings=settings)
        self.auxiliary = (
            HEADS.build(name, encoder.width, auxiliary, settings=settings) if auxiliary else None
        )
        self.register_buffer("shift_C", torch.zeros(classes))

    def forward(self, mix: Mix | None = None, **inputs: Tensor) -> Tensor:
        """Return logits, ``(B, C)``.

        Args:
            mix: changes the vectors while training; otherwise it is not called.
            inputs: a batch of ``WindowTable``.
        """
        vectors_BW = self.encoder(inputs)
        if not self.training:
            return self.head(vectors_BW) - self.shift_C
        return self.head(vectors_BW if mix is None else mix(vectors_BW))

    def forward_both(self, **inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits and those of the auxiliary head, ``(B, C)`` and ``(B, A)``.

        Raises:
            TypeError: when there is no auxiliary head.
        """
        if self.auxiliary is None:
            raise TypeError("this classifier was built without an auxiliary head")
        vectors_BW = self.encoder(inputs)
        shift_C = 0 if self.training else self.shift_C
        return self.head(vectors_BW) - shift_C, self.auxiliary(vectors_BW)


def build(
    network: Named,
    streams: Streams,
    head: Named,
    *,
    fit: FitStatistics,
    prior_bias: bool,
    auxiliary: int,
) -> SeriesClassifier:
    """Return a classifier drawn from torch's generator.

    Args:
        network: name in ``NETWORKS``, and its settings.
        streams: name and width of each.
        head: name in ``HEADS``, and its settings.
        fit: statistics of the fit rows.
        prior_bias: start the head's bias at the labels' shares.
        auxiliary: labels of the auxiliary head; 0 has none.

    Raises:
        ConfigError: E101 and E102 for names and settings that are not, E105 for settings that do
            not go together.
    """
    model = blank(
        network, streams=streams, head=head, classes=len(fit.positives_C), auxiliary=auxiliary
    )
    if prior_bias:
        set_prior_bias(model.head, fit)
    return model


def blank(
    network: Named, *, streams: Streams, head: Named, classes: int, auxiliary: int
) -> SeriesClassifier:
    """Return a classifier of that architecture, to be filled from a bundle's weights."""
    name, settings = network
    encoder = NETWORKS.build(name, streams, settings=settings)
    return SeriesClassifier(encoder, head=head, classes=classes, auxiliary=auxiliary)
