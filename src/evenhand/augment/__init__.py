"""Augmentation: a text becomes another one that deserves the same label.

Only fit texts are ever augmented, after the split. Importing this room, and every augmenter
that needs no model, imports neither torch nor transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evenhand.registry import Registry

__all__ = ["AUGMENTERS", "Augmenter"]


class Augmenter(Protocol):
    """What an augmenter is once its settings are fixed."""

    def __call__(self, texts: Sequence[str], seeds: Sequence[int], /) -> list[str]:
        """Return a text for each text; one may come back as it is.

        A result depends on its text and its seed alone, never on the other texts or their
        order, so a resumed run sees what the interrupted one would have seen.

        Args:
            texts: any texts, also empty ones.
            seeds: one for each text, >= 0.
        """
        ...


AUGMENTERS: Registry[Augmenter] = Registry(
    "augmenter",
    {
        "word-dropout": "evenhand.augment.word_dropout",
        "synonyms": "evenhand.augment.synonyms",
        "insertion": "evenhand.augment.insertion",
        "swap": "evenhand.augment.swap",
        "deletion": "evenhand.augment.deletion",
        "eda": "evenhand.augment.eda",
        "noise": "evenhand.augment.noise",
        "back-translation": "evenhand.augment.back_translation",
        "contextual": "evenhand.augment.contextual",
    },
    section="augment",
)
