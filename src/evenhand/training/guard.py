"""Naming the culprit when a step is not finite: a weight, some rows, a gradient."""
# Shapes: B rows of the optimizer step.

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from evenhand.sampling.buckets import Rows

SHOWN = 8


def first_fault(model: nn.Module, values_B: Tensor, rows_B: Rows) -> str:
    """Say in words what is not finite first, in the order in which a step computes.

    Weight, then the loss of single rows (an input that is not finite shows as its row), then
    gradient; where each of these is finite their sum or norm was too large for its number format.
    It looks at every number, so call it only after a loss or norm that is not finite.

    Args:
        model: with the gradients of the step, before the optimizer moves.
        values_B: loss of each row of the step, nats, ``(B,)``.
        rows_B: position of each among the fit rows, ``(B,)``.
    """
    if name := _first((n, p.detach()) for n, p in model.named_parameters()):
        return f"the weight {name!r}, before the step"
    if bad := _rows(values_B, rows_B):
        return f"the loss of {bad}"
    if name := _first((n, p.grad) for n, p in model.named_parameters() if p.grad is not None):
        return f"the gradient of {name!r}; the loss of every row is finite"
    return "the sum of the losses or the norm of the gradients, each of which is finite"


def _rows(values_B: Tensor, rows_B: Rows) -> str:
    """Return ``fit rows 3 (nan), 17 (inf); 2 of 32 in the step``, or nothing if all are finite."""
    values_B = values_B.detach().cpu()
    bad = (~torch.isfinite(values_B)).nonzero().flatten().tolist()
    if not bad:
        return ""
    named = ", ".join(f"{rows_B[i]} ({float(values_B[i])})" for i in bad[:SHOWN])
    more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    return f"fit rows {named}{more}; {len(bad)} of {len(values_B)} in the step"


def _first(tensors: Iterable[tuple[str, Tensor]]) -> str:
    return next((name for name, tensor in tensors if not torch.isfinite(tensor).all()), "")
