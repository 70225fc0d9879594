"""Contextual replacement: a masked language model says which other word fits here."""
# Shapes: B texts, T tokens, M blanks of all texts, K blanks of one or best words, V candidates.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated

import numpy as np
from pydantic import Field

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.pretrained import Pretrained, in_batches, load
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rate, Rewriter, Share, Words, pick
from evenhand.augment.words import bare, how_many, join, like, split
from evenhand.types import Floats

STARTS = ("Ġ", "▁")
"""What byte-level and sentence-piece vocabularies put before the first piece of a word."""
VARIANTS = 4
"""In how many cases a vocabulary may hold one word."""


@dataclass(frozen=True)
class Blanked:
    """A text with blanks.

    Args:
        words: all words of the text.
        gaps: white space around them, one more.
        places: the words to be replaced.
    """

    words: list[str]
    gaps: list[str]
    places: list[int]

    def masked(self, mask: str) -> str:
        """Return the text with ``mask`` for each word to be replaced; its punctuation stays."""
        return self.filled([mask] * len(self.places))

    def cores(self) -> list[str]:
        """Return the words to be replaced, without punctuation."""
        return [bare(self.words[i])[1] for i in self.places]

    def filled(self, fillings: Sequence[str]) -> str:
        """Return the text with ``fillings`` for the words to be replaced."""
        words = list(self.words)
        for i, filling in zip(self.places, fillings, strict=True):
            before, _, behind = bare(words[i])
            words[i] = before + filling + behind
        return join(words, self.gaps)


def blank(text: str, random: np.random.Generator, protected: Protected, *, rate: float) -> Blanked:
    """Choose ``max(1, floor(rate * words))`` words made of letters, none of them protected."""
    words, gaps = split(text)
    whole = [i for i in protected.free(words) if bare(words[i])[1].isalpha()]
    return Blanked(words, gaps, sorted(pick(random, whole, how_many(rate, len(words)))))


@dataclass(frozen=True)
class Filler:
    """A masked language model that puts words into blanks.

    Args:
        pretrained: masked language model.
        top_k: likeliest words to draw from.
        protected: words that it never puts anywhere.
    """

    pretrained: Pretrained
    top_k: int
    protected: Protected

    @cached_property
    def vocabulary(self) -> dict[int, str]:
        """Return the tokens that are whole words of letters, by id."""
        tokenizer = self.pretrained.tokenizer
        tokens = {i: token for token, i in tokenizer.get_vocab().items()}
        marked = any(token.startswith(STARTS) for token in tokens.values())
        words = {
            i: token.lstrip("".join(STARTS))
            for i, token in sorted(tokens.items())
            if token.startswith(STARTS) == marked and i not in tokenizer.all_special_ids
        }
        return {i: w for i, w in words.items() if w.isalpha() and w not in self.protected}

    def fill(self, blanks: list[Blanked], generators: Sequence[np.random.Generator]) -> list[str]:
        """Return each text with its blanks filled, all blanks of a text seen as blanks."""
        import torch

        tokenizer, ids = self.pretrained.tokenizer, list(self.vocabulary)
        inputs = self.pretrained.tokenize([b.masked(tokenizer.mask_token) for b in blanks])
        masked_BT = inputs["input_ids"] == tokenizer.mask_token_id
        with torch.inference_mode():
            scores_MV = self.pretrained.model(**inputs).logits[masked_BT][:, ids].cpu().numpy()
        ends = np.cumsum([len(blanked.places) for blanked in blanks])[:-1]
        return [
            blanked.filled(self._draw(blanked.cores(), scores_KV, random))
            for blanked, scores_KV, random in zip(
                blanks, np.split(scores_MV, ends), generators, strict=True
            )
        ]

    def _draw(self, old: list[str], scores_KV: Floats, random: np.random.Generator) -> list[str]:
        words = list(self.vocabulary.values())
        return [
            like(word, draw_word(word, words, scores_V, random, top_k=self.top_k))
            for word, scores_V in zip(old, scores_KV, strict=True)
        ]


def draw_word(
    old: str, words: list[str], scores_V: Floats, random: np.random.Generator, /, *, top_k: int
) -> str:
    """Draw another word than ``old`` from the ``top_k`` best by the softmax of their scores.

    At ``top_k = 1`` it is the best one; without another word it is ``old``.

    Args:
        old: word that is replaced, in any case.
        words: candidates.
        scores_V: their logits, ``(V,)``.
        random: the text's own draws.
        top_k: at least 1.
    """
    order = np.argsort(-scores_V, kind="stable")[: top_k + VARIANTS]
    best_K = np.array([i for i in order if words[i].lower() != old.lower()][:top_k], np.int64)
    if not len(best_K):
        return old
    weights_K = np.exp(scores_V[best_K] - scores_V[best_K[0]])
    return words[int(random.choice(best_K, p=weights_K / weights_K.sum()))]


def fill_texts(
    texts: list[str],
    generators: list[np.random.Generator],
    protected: Protected,
    /,
    *,
    filler: Filler,
    rate: float,
) -> list[str]:
    """Replace words by others that a masked language model expects in their place.

    A text longer than the model reads stays as it is, and so does one that already has the
    model's mask in it.

    Args:
        texts: to be rewritten.
        generators: one a text.
        protected: words that stay.
        filler: the model.
        rate: share of the words, in (0, 1], at least one.

    References:
        Kobayashi 2018, arXiv:1805.06201, without its condition on the label.
    """
    mask = filler.pretrained.tokenizer.mask_token
    pairs = zip(texts, generators, strict=True)
    blanks = [blank(text, random, protected, rate=rate) for text, random in pairs]
    places = [
        i
        for i, blanked in enumerate(blanks)
        if blanked.places and mask not in texts[i] and filler.pretrained.fits(blanked.masked(mask))
    ]

    def ask(batch: list[int]) -> list[str]:
        return filler.fill([blanks[i] for i in batch], [generators[i] for i in batch])

    answers = in_batches(ask, places, lambda i: len(texts[i]))
    return [answers.get(i, text) for i, text in enumerate(texts)]


@AUGMENTERS.register("contextual")
def contextual(
    *,
    model: Annotated[str, Field(description="folder or hub id of a masked language model")],
    share: Share = 0.3,
    rate: Rate = 0.1,
    top_k: Annotated[int, Field(ge=1, le=1000, description="likeliest words to draw from")] = 10,
    protected: Words = PROTECTED,
) -> Augmenter:
    """Replace words by others that a masked language model expects in their place."""
    kept = Protected(protected)
    filler = Filler(load(model, "AutoModelForMaskedLM"), top_k, kept)
    return Rewriter(partial(fill_texts, filler=filler, rate=rate), share, kept)
