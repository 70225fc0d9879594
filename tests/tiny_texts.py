"""Texts of a few words, in which a label stands where its word does."""

from __future__ import annotations

import numpy as np

WORDS = [
    "good",
    "bad",
    "happy",
    "sad",
    "angry",
    "calm",
    "bright",
    "dark",
    "quick",
    "slow",
    "warm",
    "cold",
    "new",
    "old",
    "kind",
    "rude",
    "the",
    "a",
    "is",
    "was",
    "very",
    "not",
    "so",
    "this",
    "that",
    "movie",
    "day",
    "meal",
    "train",
    "room",
    "talk",
    "walk",
    "game",
    "book",
    "song",
]
SIGNALS = {"joy": "happy", "anger": "angry", "grief": "sad"}


def make_texts(rows: int, *, seed: int) -> tuple[list[str], np.ndarray]:
    """Return texts of WORDS and a truth matrix over SIGNALS: a label stands where its word does."""
    random = np.random.default_rng(seed)
    plain = [w for w in WORDS if w not in SIGNALS.values()]
    truth = random.random((rows, 3)) < [0.4, 0.25, 0.12]
    texts = []
    for i, row in enumerate(truth):
        words = list(random.choice(plain, size=random.integers(3, 12)))
        words += [word for word, given in zip(SIGNALS.values(), row, strict=True) if given]
        texts.append(" ".join(random.permutation(words)) + f" {WORDS[i % len(WORDS)]}")
    return texts, truth
