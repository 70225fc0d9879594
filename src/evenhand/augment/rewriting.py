"""What all augmenters share: which texts are rewritten, with which draws, under which guard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from pydantic import Field

from evenhand.augment.protected import Protected

Share = Annotated[float, Field(ge=0, le=1, description="share of texts that are rewritten")]
Rate = Annotated[float, Field(gt=0, le=1, description="share of a text's words, at least one")]
Words = Annotated[
    tuple[Annotated[str, Field(pattern=r"^\S*[^\s*]\S*$")], ...],
    Field(description="words that are never touched; * stands for any letters"),
]

RewriteAll = Callable[[list[str], list[np.random.Generator], Protected], list[str]]


class Rewrite(Protocol):
    """Rewrites one text by draws from its own generator."""

    def __call__(self, text: str, random: np.random.Generator, protected: Protected, /) -> str:
        """Return the text rewritten, or as it was."""
        ...


@dataclass(frozen=True)
class Rewriter:
    """An augmenter: draws which texts to rewrite, and takes back what protected words forbid.

    At ``share = 0`` every text comes back as it is, at 1 each is rewritten.

    Args:
        rewrite: rewrites texts, each by its own generator.
        share: probability that a text is rewritten, in [0, 1].
        protected: words that stay.
    """

    rewrite: RewriteAll
    share: float
    protected: Protected

    def __call__(self, texts: Sequence[str], seeds: Sequence[int], /) -> list[str]:
        """Return a text for each text; see ``Augmenter``."""
        result = list(texts)
        generators = [np.random.default_rng(seed) for _, seed in zip(texts, seeds, strict=True)]
        drawn = [i for i, random in enumerate(generators) if random.random() < self.share]
        chosen = [i for i in drawn if result[i].strip()]
        old = [result[i] for i in chosen]
        rewritten = self.rewrite(old, [generators[i] for i in chosen], self.protected)
        for i, before, after in zip(chosen, old, rewritten, strict=True):
            result[i] = self.protected.guard(before, after)
        return result


def one_by_one(rewrite: Rewrite, *, share: float, protected: tuple[str, ...]) -> Rewriter:
    """Return the augmenter that applies ``rewrite`` to each text by itself."""

    def rewrite_all(
        texts: list[str], generators: list[np.random.Generator], words: Protected
    ) -> list[str]:
        return [rewrite(t, r, words) for t, r in zip(texts, generators, strict=True)]

    return Rewriter(rewrite_all, share, Protected(protected))


def pick(random: np.random.Generator, places: Sequence[int], count: int) -> list[int]:
    """Return up to ``count`` different ones of ``places``, each as likely as any other."""
    drawn = random.permutation(len(places))[:count]
    return [places[i] for i in drawn]
