"""Back-translation: into another language and back, and the text has other words."""
# Shapes: B texts, T tokens, V vocabulary, K best tokens.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from evenhand.augment import AUGMENTERS, Augmenter
from evenhand.augment.pretrained import Pretrained, in_batches, load
from evenhand.augment.protected import PROTECTED, Protected
from evenhand.augment.rewriting import Rewriter, Share, Words
from evenhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

ROOM = 8
"""A translation has at most twice the tokens of its text, and this many more."""


@dataclass(frozen=True)
class SeededChoice:
    """Lets ``generate`` draw the next token of each text from that text's own generator.

    ``argmax(score + g)`` with Gumbel noise ``g`` over the ``top_k`` best tokens is a draw from
    their softmax; at ``top_k = 1`` it is the greedy choice.

    Args:
        generators: one a text.
        top_k: tokens to draw from.
        limits_B: token counts at which a text must end.
        end: the token that ends a text.
    """

    generators: Sequence[np.random.Generator]
    top_k: int
    limits_B: Tensor
    end: int

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Return scores of 0 for the drawn token and minus infinity elsewhere, ``(B, V)``."""
        best_BK, tokens_BK = scores.topk(min(self.top_k, scores.shape[1]), dim=1)
        noise_BK = np.stack([g.gumbel(size=best_BK.shape[1]) for g in self.generators])
        places_B1 = (best_BK + best_BK.new_tensor(noise_BK)).argmax(dim=1, keepdim=True)
        drawn_B1 = tokens_BK.gather(1, places_B1)
        drawn_B1[self.limits_B <= input_ids.shape[1]] = self.end
        return scores.new_full(scores.shape, -np.inf).scatter(1, drawn_B1, 0.0)


@dataclass(frozen=True)
class Translator:
    """One direction of the way.

    Args:
        pretrained: sequence-to-sequence model.
        prefix: what each text must begin with, such as ``">>deu<< "``.
        target: code of the language to write in, for models that know many.
    """

    pretrained: Pretrained
    prefix: str
    target: str | None

    def translate(
        self, texts: Sequence[str], generators: Sequence[np.random.Generator], *, top_k: int
    ) -> list[str]:
        """Return each translation; a text that is longer than the model reads stays as it is."""
        whole = [self.prefix + text for text in texts]
        places = [i for i, text in enumerate(whole) if self.pretrained.fits(text)]

        def ask(batch: list[int]) -> list[str]:
            return self._generate(
                [whole[i] for i in batch], [generators[i] for i in batch], top_k=top_k
            )

        answers = in_batches(ask, places, lambda i: len(whole[i]))
        return [answers.get(i, text) for i, text in enumerate(texts)]

    def _generate(
        self, texts: list[str], generators: Sequence[np.random.Generator], *, top_k: int
    ) -> list[str]:
        import torch

        model, tokenizer = self.pretrained.model, self.pretrained.tokenizer
        inputs = self.pretrained.tokenize(texts)
        lengths_B = inputs["attention_mask"].sum(dim=1)
        limits_B = (2 * lengths_B + ROOM).clamp_max(self.pretrained.longest - 1)
        choice = SeededChoice(generators, top_k, limits_B, int(tokenizer.eos_token_id))
        with torch.inference_mode():
            written = model.generate(
                **inputs,
                **self._settings(),
                max_new_tokens=int(limits_B.max()),
                logits_processor=[choice],
            )
        decoded: list[str] = tokenizer.batch_decode(written, skip_special_tokens=True)
        return [text.strip() for text in decoded]

    def _settings(self) -> dict[str, Any]:
        settings = {"num_beams": 1, "do_sample": False}
        if self.target is not None:
            code = self.pretrained.tokenizer.convert_tokens_to_ids(self.target)
            settings["forced_bos_token_id"] = code
        return settings


def translate_back(
    texts: list[str],
    generators: list[np.random.Generator],
    protected: Protected,
    /,
    *,
    forward: Translator,
    backward: Translator,
    top_k: int,
) -> list[str]:
    """Translate there and back, each way by draws of its own.

    Args:
        texts: to be rewritten.
        generators: one a text.
        protected: not looked at; ``Rewriter`` drops a text that lost one of these words.
        forward: into the other language.
        backward: out of it.
        top_k: likeliest tokens to draw each token from; 1 always takes the first.

    References:
        Sennrich et al. 2016, arXiv:1511.06709; Edunov et al. 2018, arXiv:1808.09381 (sampling).
    """
    pairs = [generator.spawn(2) for generator in generators]
    there = forward.translate(texts, [pair[0] for pair in pairs], top_k=top_k)
    return backward.translate(there, [pair[1] for pair in pairs], top_k=top_k)


@AUGMENTERS.register("back-translation")
def back_translation(
    *,
    forward: Annotated[str, Field(description="folder or hub id: model into another language")],
    backward: Annotated[str, Field(description="folder or hub id: model back; may be the same")],
    prefixes: Annotated[
        tuple[str, str], Field(description="what a text begins with, on each way")
    ] = ("", ""),
    languages: Annotated[
        tuple[str, str] | None,
        Field(description="codes of the texts' and of the other language, for NLLB and mBART"),
    ] = None,
    top_k: Annotated[int, Field(ge=1, le=1000, description="likeliest tokens to draw from")] = 10,
    share: Share = 0.3,
    protected: Words = PROTECTED,
) -> Augmenter:
    """Translate into another language and back by two transformers models."""
    home, away = languages or (None, None)
    there = _loaded(forward, home)
    back = there if (backward, away) == (forward, home) else _loaded(backward, away)
    rewrite = partial(
        translate_back,
        forward=Translator(there, prefixes[0], _known(there, away)),
        backward=Translator(back, prefixes[1], _known(back, home)),
        top_k=top_k,
    )
    return Rewriter(rewrite, share, Protected(protected))


def _loaded(name: str, language: str | None) -> Pretrained:
    settings = {} if language is None else {"src_lang": language}
    return load(name, "AutoModelForSeq2SeqLM", **settings)


def _known(pretrained: Pretrained, language: str | None) -> str | None:
    """Return ``language``, or raise E102 when the model's tokenizer has no token for it."""
    tokenizer = pretrained.tokenizer
    if language is not None and language not in tokenizer.get_vocab():
        raise ConfigError(
            "E102",
            "the translation model does not know that language",
            got=f"augmenter.languages with {language!r}",
            fix="give the codes of the model's own tokenizer, for NLLB such as 'eng_Latn'",
        )
    return language
