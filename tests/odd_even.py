"""A classifier without a network: texts of an odd number of characters, and of an even one.

As a program it answers a file, and can be told to kill itself without warning on the way:
``python odd_even.py IN OUT PORTION``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.bundle import Answers
from evenhand.data.portions import Limit, open_rows
from evenhand.data.schema import Layout, Schema
from evenhand.run.predict_stream import Question
from evenhand.types import LabelSpace, Task

LABELS = LabelSpace(("odd", "even"), Task.MULTILABEL)
NAMED = Schema(
    "text", Layout.NAME, ("label",), LABELS.names, Task.MULTILABEL, ("id", "text", "label")
)


class OddEven:
    """Gives ``odd`` or ``even``, and a probability that depends on every character.

    Args:
        schema: of the training file.
        before: is called with the number of each portion before it is answered.
    """

    labels = LABELS

    def __init__(self, schema: Schema = NAMED, before: Callable[[int], Any] = int) -> None:
        self.schema, self.before = schema, before
        self.sizes: list[int] = []

    def predict(self, texts: Sequence[str]) -> Answers:
        """Return the answers to ``texts``."""
        self.sizes.append(len(texts))
        self.before(len(self.sizes))
        odd_N = np.array([len(text) % 2 == 1 for text in texts], bool)
        sums_N = np.array([sum(map(ord, text)) % 97 / 97 for text in texts])
        probs_NC = np.stack([sums_N, 1 - sums_N], axis=1)
        return Answers(LABELS, probs_NC, np.stack([odd_N, ~odd_N], axis=1))


def question(source: Path, classifier: OddEven | None = None, *, bundle: str = "b") -> Question:
    """Return a question in portions of three rows, each of which counts at once."""
    return Question(classifier or OddEven(), open_rows(str(source)), bundle, Limit(3), every=0)


def kill_at(portion: int) -> Callable[[int], None]:
    """Return what kills this process before it answers a portion."""

    def kill(number: int) -> None:
        if number == portion:
            os.kill(os.getpid(), signal.SIGKILL)

    return kill


if __name__ == "__main__":
    from evenhand.run.predict_stream import answer_stream

    source, out, portion = sys.argv[1:]
    dying = OddEven(before=kill_at(int(portion)))
    answer_stream(question(Path(source), dying), Path(out), resume=True)
