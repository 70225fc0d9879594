"""AdamW with weight decay where it belongs, and one rule for large gradients."""

from __future__ import annotations

import torch
from torch import nn

PRETRAINED = "encoder."
"""Parameters whose name begins so come with the backbone; the others are new."""


def adamw(
    model: nn.Module, *, lr: float, weight_decay: float, head_lr: float | None = None
) -> torch.optim.AdamW:
    """Return AdamW with a rate for what is pretrained and a rate for what is new.

    A step of Adam moves a weight by about its learning rate, so at the rate that suits a
    backbone a new head gets nowhere in a thousand steps. Matrices decay; biases, norms and
    other vectors do not. Each group keeps its peak rate as ``initial_lr``.

    Args:
        model: its trainable parameters are optimised.
        lr: peak learning rate of the parameters under ``encoder.``; the schedule multiplies it.
        weight_decay: decoupled decay (Loshchilov and Hutter 2019, arXiv:1711.05101).
        head_lr: peak learning rate of all other parameters; None is ``lr``.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = lr if head_lr is None or name.startswith(PRETRAINED) else head_lr
            decay = weight_decay if parameter.ndim >= 2 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ],
        fused=True,
    )


@torch.no_grad()
def clip_gradients(model: nn.Module, largest: float) -> float:
    """Scale all gradients down to a joint norm of ``largest`` and return the norm before.

    Nothing is touched while the norm is smaller, so that the usual step costs no pass over the
    gradients.
    """
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    if norm > largest:
        torch._foreach_mul_(gradients, (largest / (norm + 1e-6)).item())
    return float(norm)
