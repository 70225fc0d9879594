"""A text classifier: encoder, pooling, head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from evenhand.models.backbones import Source, blank_encoder, load_encoder
from evenhand.models.heads import HEADS, set_prior_bias
from evenhand.models.pooling import POOLINGS

if TYPE_CHECKING:
    from evenhand.models.tokens import TextTokenizer
    from evenhand.types import FitStatistics

# Shapes: B examples, T tokens, D width of the encoder, C classes.


class TextClassifier(nn.Module):
    """Token ids in, one logit a class out.

    Args:
        encoder: transformers encoder; gives ``last_hidden_state``, ``(B, T, D)``.
        pooling: name in ``POOLINGS``.
        head: name in ``HEADS`` and its settings.
        classes: C.
    """

    def __init__(
        self, encoder: nn.Module, *, pooling: str, head: tuple[str, dict[str, Any]], classes: int
    ) -> None:
        super().__init__()
        width = int(encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]
        self.encoder = encoder
        self.pooling = POOLINGS.build(pooling, width, settings={})
        name, settings = head
        self.head = HEADS.build(name, self.pooling.width(width), classes, settings=settings)

    def forward(self, ids_BT: Tensor, mask_BT: Tensor) -> Tensor:
        """Return logits, ``(B, C)``.

        Args:
            ids_BT: token ids, int64.
            mask_BT: 1 for a token, 0 for padding, int64.
        """
        states_BTD = self.encoder(input_ids=ids_BT, attention_mask=mask_BT).last_hidden_state
        logits_BC: Tensor = self.head(self.pooling(states_BTD, mask_BT))
        return logits_BC


def pretrained(
    source: Source,
    tokenizer: TextTokenizer,
    marks: Sequence[str],
    *,
    pooling: str,
    head: tuple[str, dict[str, Any]],
    fit: FitStatistics,
    prior_bias: bool,
) -> TextClassifier:
    """Return a classifier on pretrained weights; the head is new, drawn from torch's generator.

    Args:
        source: where the backbone lies.
        tokenizer: the backbone's tokenizer, ``marks`` not yet added.
        marks: texts that get a token of their own; each starts as the mean of its old pieces.
        pooling: name in ``POOLINGS``.
        head: name in ``HEADS`` and its settings.
        fit: statistics of the fit rows.
        prior_bias: start the head's bias at the labels' shares.
    """
    encoder = load_encoder(source)
    _grow(encoder, tokenizer, marks)
    model = TextClassifier(encoder, pooling=pooling, head=head, classes=len(fit.positives_C))
    if prior_bias:
        set_prior_bias(model.head, fit)
    return model


def blank(
    config: dict[str, Any], *, pooling: str, head: tuple[str, dict[str, Any]], classes: int
) -> TextClassifier:
    """Return a classifier of that architecture, to be filled from a bundle's weights."""
    return TextClassifier(blank_encoder(config), pooling=pooling, head=head, classes=classes)


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
