"""Cross-entropy: the plain loss where a row has exactly one label."""
# Shapes: B examples, C classes.

from __future__ import annotations

from functools import partial

from torch import Tensor

from evenhand.losses import LOSSES, Loss
from evenhand.losses.terms import Smoothing, require_task, softmax_terms
from evenhand.losses.weights import Weights, placed
from evenhand.types import FitStatistics, Task


def ce_loss(
    logits_BC: Tensor,
    targets_BC: Tensor,
    *,
    smoothing: float = 0.0,
    class_weights: Weights | None = None,
) -> Tensor:
    """Return the surprise at each row's class.

    ``-sum_c w_c y_c log p_c``; smoothing then spreads the share ``s`` of each row over its
    classes, so without weights the target is ``(1 - s) y + s / C``. Equal logits cost ``log C``
    where ``w`` is 1; a row without a known class costs nothing. The weight belongs to the class
    that the row has: on the smoothed target a rare class would be pulled up in every row.

    Args:
        logits_BC: unnormalised scores, any float type, ``(B, C)``.
        targets_BC: in [0, 1], NaN where unknown, ``(B, C)``.
        smoothing: ``s``, in [0, 1).
        class_weights: ``w``, one positive number a class; none is 1 everywhere.

    Returns:
        Nats, ``(B,)``, float32. Not averaged.
    """
    if class_weights is not None:
        targets_BC = targets_BC * placed(class_weights, targets_BC)
    targets_BC, log_p_BC = softmax_terms(logits_BC, targets_BC, smoothing=smoothing)
    return -(targets_BC * log_p_BC).sum(dim=1)


@LOSSES.register("ce")
def ce(fit: FitStatistics, /, *, smoothing: Smoothing = 0.0) -> Loss:
    """Cross-entropy: the plain loss for rows with exactly one label."""
    require_task(fit, Task.MULTICLASS, loss="ce", instead="bce")
    return partial(ce_loss, smoothing=smoothing)
