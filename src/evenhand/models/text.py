"""A text classifier: encoder, pooling, head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.errors import ConfigError
from evenhand.models.backbones import Source, blank_encoder, load_encoder
from evenhand.models.heads import HEADS, set_prior_bias
from evenhand.models.pooling import POOLINGS

if TYPE_CHECKING:
    from evenhand.models.tokens import TextTokenizer
    from evenhand.types import FitStatistics

# Shapes: B examples, T tokens, D width of the encoder, C classes.


Mix = Callable[[Tensor], Tensor]
"""Pooled vectors ``(B, D)`` to as many others, such as means of pairs; used while training."""
LABEL_LOGIT = 1.0
"""What a label's own text scores above the label's bias, on average over labels."""


class Shape(TypedDict):
    """What stands on the encoder.

    Args:
        pooling: name in ``POOLINGS``.
        head: name in ``HEADS`` and its settings.
        layers: top layers whose states are averaged before pooling, >= 1.
    """

    pooling: str
    head: tuple[str, dict[str, Any]]
    layers: NotRequired[int]


class TextClassifier(nn.Module):
    """Token ids in, one logit a class out.

    While training the logits are the head's own; otherwise the buffer ``shift_C`` is taken off
    them, which undoes what weights and samplers did to the labels' shares. It starts at 0, where
    both are the same, and is saved with the weights.

    Args:
        encoder: transformers encoder; gives ``last_hidden_state``, ``(B, T, D)``.
        pooling: name in ``POOLINGS``.
        head: name in ``HEADS`` and its settings.
        classes: C.
        layers: top layers whose states are averaged before pooling; 1 is the last state alone.

    Raises:
        ConfigError: E105 when the encoder has fewer layers.
    """

    shift_C: Tensor

    def __init__(
        self,
        encoder: nn.Module,
        *,
        pooling: str,
        head: tuple[str, dict[str, Any]],
        classes: int,
        layers: int = 1,
    ) -> None:
        super().__init__()
        _refuse_too_many(layers, encoder)
        width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.encoder = encoder
        self.layers = layers
        self.pooling = POOLINGS.build(pooling, width, settings={})
        name, settings = head
        self.head = HEADS.build(name, self.pooling.width(width), classes, settings=settings)
        self.register_buffer("shift_C", torch.zeros(classes))

    def vectors(self, ids_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Return one pooled vector a text, ``(B, D)``.

        Args:
            ids_BT: token ids, int64.
            mask_BT: 1 for a token, 0 for padding, int64.
        """
        if self.layers == 1:
            last = self.encoder(input_ids=ids_BT, attention_mask=mask_BT)
            return self.pooling(last.last_hidden_state, mask_BT)
        every = self.encoder(input_ids=ids_BT, attention_mask=mask_BT, output_hidden_states=True)
        states_BTD = torch.stack(every.hidden_states[-self.layers :]).mean(dim=0)
        return self.pooling(states_BTD, mask_BT)

    def forward(self, ids_BT: Tensor, mask_BT: Tensor, mix: Mix | None = None) -> Tensor:
        """Return logits, ``(B, C)``.

        Args:
            ids_BT: token ids, int64.
            mask_BT: 1 for a token, 0 for padding, int64.
            mix: changes the pooled vectors while training; otherwise it is not called.
        """
        vectors_BD = self.vectors(ids_BT, mask_BT)
        if not self.training:
            return self.head(vectors_BD) - self.shift_C
        return self.head(vectors_BD if mix is None else mix(vectors_BD))


def pretrained(
    source: Source,
    tokenizer: TextTokenizer,
    marks: Sequence[str],
    *,
    fit: FitStatistics,
    prior_bias: bool,
    **shape: Unpack[Shape],
) -> TextClassifier:
    """Return a classifier on pretrained weights; the head is new, drawn from torch's generator.

    Args:
        source: where the backbone lies.
        tokenizer: the backbone's tokenizer, ``marks`` not yet added.
        marks: texts that get a token of their own; each starts as the mean of its old pieces.
        fit: statistics of the fit rows.
        prior_bias: start the head's bias at the labels' shares.
        shape: pooling, head and layers, as ``TextClassifier`` takes them.

    Raises:
        ConfigError: E105 when the encoder has fewer layers than are to be averaged.
    """
    encoder = load_encoder(source)
    _grow(encoder, tokenizer, marks)
    model = TextClassifier(encoder, classes=len(fit.positives_C), **shape)
    if prior_bias:
        set_prior_bias(model.head, fit)
    return model


def blank(config: dict[str, Any], *, classes: int, **shape: Unpack[Shape]) -> TextClassifier:
    """Return a classifier of that architecture, to be filled from a bundle's weights."""
    return TextClassifier(blank_encoder(config), classes=classes, **shape)


@torch.no_grad()
def start_at_labels(
    model: TextClassifier, tokenizer: TextTokenizer, texts: Sequence[str], *, max_length: int = 128
) -> None:
    """Start a linear head's rows at the vectors of texts that describe the labels.

    ``v_c`` being the pooled vector of text c and ``m`` their mean, row c points along
    ``v_c - m`` less its part along ``m``, so that a text at the mean scores its bias alone. All
    rows are as long as makes the texts score ``LABEL_LOGIT`` above their own label's bias on
    average. Biases stay: the prior is kept.

    Args:
        model: a classifier whose head is linear.
        tokenizer: the one that the model's ids come from, marks included.
        texts: one a label, in the order of the classes, at least two that differ.
        max_length: tokens kept of a text.

    Raises:
        ConfigError: E105 when the head has hidden layers, or the texts are too few or alike.
    """
    _refuse_unfit(model, texts)
    vectors_CD = _vectors(model, tokenizer, texts, max_length)
    mean_D = vectors_CD.mean(dim=0)
    along_D = mean_D / mean_D.norm().clamp_min(torch.finfo(mean_D.dtype).tiny)
    centred_CD = vectors_CD - mean_D
    centred_CD = centred_CD - (centred_CD @ along_D)[:, None] * along_D
    lengths_C = centred_CD.norm(dim=1)
    if bool((lengths_C <= 1e-5 * mean_D.norm()).any()):
        raise _alike(texts, len(texts))
    model.head.output.weight.copy_(
        centred_CD / lengths_C[:, None] * (LABEL_LOGIT / lengths_C.mean())
    )


def _vectors(
    model: TextClassifier, tokenizer: TextTokenizer, texts: Sequence[str], max_length: int
) -> Tensor:
    """Return the pooled vectors of ``texts`` without dropout, float32, ``(C, D)``."""
    device = model.shift_C.device
    batch = tokenizer.encode(texts, max_length=max_length).batch(np.arange(len(texts)))
    training = model.training
    model.eval()
    vectors_CD = model.vectors(**{n: torch.from_numpy(a).to(device) for n, a in batch.items()})
    model.train(training)
    return vectors_CD.float()


def _refuse_unfit(model: TextClassifier, texts: Sequence[str]) -> None:
    weight = model.head.output.weight
    own = sum(parameter.numel() for parameter in model.get_submodule("head").parameters())
    if own != weight.numel() + len(weight):
        raise ConfigError(
            "E105",
            "label texts start the rows of a linear head; this head has hidden layers",
            got="model.label_texts with another model.head",
            fix="--set model.head=linear, or leave out model.label_texts",
        )
    if len(texts) != len(weight) or len(set(texts)) < max(len(texts), 2):
        raise _alike(texts, len(weight))


def _alike(texts: Sequence[str], classes: int) -> ConfigError:
    return ConfigError(
        "E105",
        "the head can only start at texts that tell the labels apart",
        got=f"{len(set(texts))} different texts for {classes} labels",
        fix="describe each label in words of its own, or leave out model.label_texts",
    )


def _refuse_too_many(layers: int, encoder: nn.Module) -> None:
    config = encoder.config
    one_length = not hasattr(config, "downsampling_rate")
    most = getattr(config, "num_hidden_layers", 1) if one_length else 1
    if layers > most:
        raise ConfigError(
            "E105",
            "the encoder has fewer layers, of one length, than are to be averaged",
            got=f"model.layers = {layers}, but it has {most}",
            fix=f"--set model.layers={most}",
        )


@torch.no_grad()
def _grow(encoder: nn.Module, tokenizer: TextTokenizer, marks: Sequence[str]) -> None:
    """Give each mark an embedding of its own: the mean of the pieces that it was cut into."""
    if not marks:
        return
    table: nn.Embedding = encoder.get_input_embeddings()  # type: ignore[operator]
    vectors = [table.weight[tokenizer.pieces(mark)].mean(dim=0) for mark in marks]
    grown = tokenizer.with_marks(marks)
    encoder.resize_token_embeddings(  # type: ignore[operator]
        max(grown.size(), table.num_embeddings), mean_resizing=False
    )
    weight: Tensor = encoder.get_input_embeddings().weight  # type: ignore[operator]
    for mark, vector in zip(marks, vectors, strict=True):
        weight[grown.pieces(mark)[0]] = vector
