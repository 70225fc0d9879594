"""What a loss is, and the two things that a loss may carry: a known shift, and a later form."""
# Shapes: B examples, C classes.

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from evenhand.types import Floats

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Protocol):
    """What a loss is once its settings are fixed."""

    def __call__(self, logits_BC: Tensor, targets_BC: Tensor, /) -> Tensor:
        """Return one value an example, nats, ``(B,)``.

        Args:
            logits_BC: unnormalised scores, any float type, ``(B, C)``. Never probabilities.
            targets_BC: in [0, 1], same shape; NaN marks an unknown label, which costs
                nothing and has no gradient.
        """
        ...


@dataclass(frozen=True)
class Shifted:
    """A loss whose best scores lie off those of the plain loss by a known amount a class.

    The plain loss is at its best at the log-odds (multilabel) or log-shares (multiclass) of the
    data. Whoever uses the model subtracts ``shift_C`` from its scores, so that they mean
    probabilities again; all-zero shifts change nothing.

    Args:
        loss: trained with as it is.
        shift_C: scores minus log-odds or log-shares, nats, ``(C,)``.
    """

    loss: Loss
    shift_C: tuple[float, ...]

    def __call__(self, logits_BC: Tensor, targets_BC: Tensor, /) -> Tensor:
        """Return the values of ``loss``, ``(B,)``."""
        return self.loss(logits_BC, targets_BC)


@dataclass(frozen=True)
class Deferred:
    """A loss that gives way to another one during the run; called, it is the first.

    Args:
        before: until ``start``.
        after: from ``start`` on.
        start: share of the run done, in [0, 1]; 0 is ``after`` throughout, 1 is ``before``.
    """

    before: Loss
    after: Loss
    start: float

    def __call__(self, logits_BC: Tensor, targets_BC: Tensor, /) -> Tensor:
        """Return the values of ``before``, ``(B,)``."""
        return self.before(logits_BC, targets_BC)

    def at(self, share: float) -> Loss:
        """Return the loss in force when ``share`` of the run is done, in [0, 1)."""
        return self.before if share < self.start else self.after


def loss_at(loss: Loss, share: float) -> Loss:
    """Return the form of ``loss`` in force when ``share`` of the run is done, in [0, 1).

    A loss that does not change over the run is returned as it is.
    """
    if isinstance(loss, Deferred):
        return loss_at(loss.at(share), share)
    if isinstance(loss, Shifted):
        current = loss_at(loss.loss, share)
        return loss if current is loss.loss else replace(loss, loss=current)
    return loss


def shift_of(loss: Loss, classes: int) -> Floats:
    """Return what to subtract from the scores of a model trained with ``loss``.

    Of a deferred loss that is the shift of its last form; zeros where none is known.

    Args:
        loss: as built by the registry.
        classes: C.

    Returns:
        Nats, float64, ``(C,)``.
    """
    if isinstance(loss, Shifted):
        return np.array(loss.shift_C, np.float64)
    if isinstance(loss, Deferred):
        return shift_of(loss.after, classes)
    return np.zeros(classes)
