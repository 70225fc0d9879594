"""AdamW with weight decay where it belongs, and one rule for large gradients."""

from __future__ import annotations

import torch
from torch import nn


def adamw(model: nn.Module, *, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """Return AdamW over two groups: matrices decay; biases, norms and other vectors do not.

    Args:
        model: its trainable parameters are optimised.
        lr: peak learning rate; the schedule multiplies it.
        weight_decay: decoupled decay (Loshchilov and Hutter 2019, arXiv:1711.05101).
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=True)


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
