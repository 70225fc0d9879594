"""Which rows a pass is made of, and in which batches: index arithmetic, no torch.

A sampler says how often each fit row is drawn on average, ``draw`` draws, and
``buckets.epoch_batches`` puts what was drawn in order. Each is a function of its arguments
alone, (seed, epoch, share of the run done), so a resumed run needs no saved sampler.
"""
# Shapes: N fit rows, C classes.

from __future__ import annotations

from typing import Protocol

from evenhand.registry import Registry
from evenhand.sampling.drawing import draw, refuse_small
from evenhand.sampling.prior import effective_prior, prior_shift
from evenhand.types import Floats

__all__ = ["SAMPLERS", "Sampler", "draw", "effective_prior", "prior_shift", "refuse_small"]


class Sampler(Protocol):
    """What a sampler is once it has seen the fit rows' truth and its settings.

    Its factory takes ``(truth_NC, task, /)``: 0, 1 and NaN (unknown), and how labels relate to
    rows. It must read every label of a row, and take rows that have none.
    """

    def __call__(self, share: float, /) -> Floats:
        """Return how often each fit row is drawn on average in a pass, ``(N,)``.

        Args:
            share: how far the run is, in [0, 1]: 0 in the first pass, 1 in the last.

        Returns:
            Finite and >= 0. The sum is the length of the pass; it is the same for every share.
        """
        ...


SAMPLERS: Registry[Sampler] = Registry(
    "sampler",
    {
        "natural": "evenhand.sampling.natural",
        "weighted": "evenhand.sampling.weighted",
        "class-aware": "evenhand.sampling.class_aware",
        "square-root": "evenhand.sampling.weighted",
        "progressive": "evenhand.sampling.class_aware",
        "oversample": "evenhand.sampling.oversample",
    },
)
