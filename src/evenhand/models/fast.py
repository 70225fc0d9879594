"""The same mathematics at a lower price, for training on a CPU.

A profile of a MiniLM step showed a quarter of the time outside arithmetic: in filling a dense
gradient for the word embeddings, of which a batch touches 1 %, and in drawing dropout masks one
float at a time. Both are replaced inside the transformers model, and a rare large batch is made
to take less memory; nothing else is touched.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.memory import spare

ATTENTION = "evenhand_byte_dropout"


def drop(x: Tensor, p: float) -> Tensor:
    """Zero a share ``p`` of ``x`` and scale the rest, drawing one random byte an element.

    ``p`` is rounded to a 256th, at most 255 of them, and the scale is exact for the rounded
    share, so the expected value is ``x`` itself. ``p=0`` returns ``x``.

    Args:
        x: any shape, floating.
        p: share to zero, 0 <= p < 1.
    """
    dropped = min(round(p * 256), 255)
    if dropped == 0:
        return x
    words = torch.randint(-(2**63), 2**63 - 1, ((x.numel() + 7) // 8,), dtype=torch.int64)
    drawn = words.view(torch.int8)[: x.numel()].view(x.shape)
    # A byte becomes 0 or 1 by integer arithmetic: the way over a bool is several times slower.
    keep = drawn.clamp_(dropped - 129, dropped - 128).sub_(dropped - 129)
    scale = 256 / (256 - dropped)
    if x.element_size() < 4:  # one byte kept instead of two does not pay for a call of Python
        return x * keep.to(x.dtype).mul_(scale)
    thinned: Tensor = _Thin.apply(x, keep, scale)  # type: ignore[no-untyped-call]
    return thinned


class _Thin(torch.autograd.Function):
    """``x * keep * scale``; what is kept for the way back is one byte an element."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, keep: Tensor, scale: float) -> Tensor:
        ctx.save_for_backward(keep)
        ctx.scale = scale
        return keep.to(x.dtype).mul_(scale).mul_(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (keep,) = ctx.saved_tensors
        return keep.to(gradients[0].dtype).mul_(ctx.scale).mul_(gradients[0]), None, None


class ByteDropout(nn.Module):
    """Dropout that draws one random byte an element instead of one float.

    Args:
        p: share to zero in training, 0 <= p < 1; rounded to a 256th.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x``, thinned while training."""
        return drop(x, self.p) if self.training else x


class _Gather(torch.autograd.Function):
    """Embedding look-up that adds its gradient to the rows it touched, and to no others."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, ids: Tensor, owner: AccumulatingEmbedding) -> Tensor:
        ctx.ids, ctx.owner = ids, owner
        return functional.embedding(ids, weight)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None]:
        ctx.owner.accumulate(ctx.ids, gradients[0])
        return None, None, None


class AccumulatingEmbedding(nn.Module):
    """``nn.Embedding`` whose gradient buffer lives on and is cleared row by row.

    Equal to ``nn.Embedding`` in values, in gradients and in what any optimizer then does; the
    padding row gets no gradient either.

    Args:
        embedding: the module whose weight is taken over.
    """

    def __init__(self, embedding: nn.Embedding) -> None:
        super().__init__()
        self.weight = embedding.weight
        self.padding_idx = embedding.padding_idx
        self._touched: list[Tensor] = []

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors of ``ids``."""
        if torch.is_grad_enabled() and self.weight.requires_grad:
            vectors: Tensor = _Gather.apply(self.weight, ids, self)  # type: ignore[no-untyped-call]
            return vectors
        return functional.embedding(ids, self.weight)

    def accumulate(self, ids: Tensor, gradient: Tensor) -> None:
        """Add ``gradient`` to the rows ``ids`` of ``weight.grad``."""
        if self.weight.grad is None:
            self.weight.grad = torch.zeros_like(self.weight)
        rows = ids.reshape(-1)
        values = gradient.reshape(len(rows), -1).to(self.weight.dtype)
        if self.padding_idx is not None:
            values = values.masked_fill((rows == self.padding_idx)[:, None], 0.0)
        self.weight.grad.index_add_(0, rows, values)
        self._touched.append(rows)

    def gradient_rows(self) -> Tensor:
        """Return the rows of ``weight.grad`` that may differ from zero, each once, in order."""
        if not self._touched:
            return torch.empty(0, dtype=torch.int64, device=self.weight.device)
        rows: Tensor = torch.unique(torch.cat(self._touched))
        return rows

    def clear_gradient(self) -> None:
        """Zero the rows touched since the last call; the buffer stays unless the weight froze.

        A frozen weight has no gradient at all, so that an optimizer passes it by.
        """
        if not self.weight.requires_grad:
            self.weight.grad = None
        elif self.weight.grad is not None and self._touched:
            self.weight.grad.index_fill_(0, torch.cat(self._touched), 0.0)
        self._touched.clear()


def quicken(encoder: nn.Module) -> nn.Module:
    """Replace dropouts, attention dropout and the word embedding inside ``encoder``, in place.

    A model whose attention or embedding is built otherwise keeps what it has. Of a rare large
    batch only the layers' inputs are kept (``memory.Sparing``).
    """
    spare(encoder)
    for module in list(encoder.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Dropout:
                setattr(module, name, ByteDropout(child.p).train(child.training))
    words = _word_embedding(encoder)
    if type(words) is nn.Embedding and words.max_norm is None and not words.sparse:
        encoder.set_input_embeddings(AccumulatingEmbedding(words))  # type: ignore[operator]
    config = getattr(encoder, "config", None)
    if getattr(config, "model_type", None) in {"bert", "roberta", "electra"}:
        _register_attention()
        encoder.set_attn_implementation(ATTENTION)  # type: ignore[operator]
    return encoder


def _word_embedding(encoder: nn.Module) -> object:
    """Return the look-up table of ids, or None where there is none (CANINE hashes characters)."""
    try:
        return encoder.get_input_embeddings()  # type: ignore[operator]
    except (NotImplementedError, AttributeError):
        return None


def clear_gradients(model: nn.Module) -> None:
    """Forget all gradients, keeping the buffers of accumulating embeddings."""
    kept: set[int] = set()
    for module in model.modules():
        if isinstance(module, AccumulatingEmbedding):
            module.clear_gradient()
            kept.add(id(module.weight))
    for parameter in model.parameters():
        if id(parameter) not in kept:
            parameter.grad = None


def _register_attention() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(ATTENTION, _attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)


def _attention(  # noqa: PLR0917 - the signature is transformers' interface
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """Scaled dot-product attention whose weights are thinned by ``drop``.

    The weights are not returned: nothing reads them, and they would live on through the layer.
    """
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    weights = torch.matmul(query * scale, key.transpose(2, 3))
    if attention_mask is not None:
        weights = weights + attention_mask
    weights = weights.softmax(-1)
    if module.training:
        weights = drop(weights, dropout)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None
