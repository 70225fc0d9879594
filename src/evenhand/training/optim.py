"""AdamW with weight decay where it belongs, and one rule for large gradients."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from evenhand.models.depth import depths
from evenhand.models.fast import AccumulatingEmbedding


def adamw(
    model: nn.Module,
    *,
    lr: float,
    weight_decay: float,
    head_lr: float | None = None,
    layer_decay: float = 1.0,
    learning: Collection[str] | None = None,
) -> torch.optim.AdamW:
    """Return AdamW with a rate for what is pretrained and a rate for what is new.

    A step of Adam moves a weight by about its learning rate, so at the rate that suits a
    backbone a new head gets nowhere in a thousand steps. The rate of an encoder's parameter is
    ``lr * layer_decay ** (layers above it)``: what is general, near the texts, moves least.
    Matrices decay; biases, norms and other vectors do not. Each group keeps its peak rate as
    ``initial_lr``.

    Args:
        model: its parameters are optimised.
        lr: peak learning rate of the encoder's top layer; the schedule multiplies it.
        weight_decay: decoupled decay (Loshchilov and Hutter 2019, arXiv:1711.05101).
        head_lr: peak learning rate of what is not in the encoder; None is ``lr``.
        layer_decay: a layer's rate as a share of the layer's above it, 0 < layer_decay <= 1.
        learning: names of the parameters that will ever learn; None is those trainable now.
    """
    deep = depths(model) if hasattr(model, "encoder") else {}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad if learning is None else name in learning:
            new = lr if head_lr is None else head_lr
            rate = lr * layer_decay ** deep[name] if name in deep else new
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
    gradients; and of an accumulating embedding only the rows of the batch are read.
    """
    tables = {
        id(module.weight): module
        for module in model.modules()
        if isinstance(module, AccumulatingEmbedding)
    }
    gradients: list[Tensor] = []
    sparse: list[tuple[Tensor, Tensor, Tensor]] = []
    for parameter in model.parameters():
        if parameter.grad is None:
            continue
        if id(parameter) in tables:
            rows = tables[id(parameter)].gradient_rows()
            sparse.append((parameter.grad, rows, parameter.grad[rows]))
        else:
            gradients.append(parameter.grad)
    norm = torch.nn.utils.get_total_norm([*gradients, *(values for _, _, values in sparse)])
    if norm > largest:
        share = (largest / (norm + 1e-6)).item()
        torch._foreach_mul_(gradients, share)
        for gradient, rows, values in sparse:
            gradient.index_copy_(0, rows, values.mul_(share))
    return float(norm)
