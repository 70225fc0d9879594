"""A model whose probabilities anybody can work out from the text, to be served."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence

import numpy as np

from evenhand.calibrate import from_dict
from evenhand.data import Schema
from evenhand.data.schema import Layout
from evenhand.decide import Decision
from evenhand.decide.decision import Cut, Estimate
from evenhand.serve.ready import Model, examined
from evenhand.stages import Pipeline
from evenhand.types import LabelSpace, Probs, Task

NAMES = ("joy", "anger", "grief")


def expected(text: str, names: Sequence[str] = NAMES) -> dict[str, float]:
    """Return label -> probability of ``text``, out of its SHA-256; with one label, as shares."""
    return {
        name: int.from_bytes(hashlib.sha256(f"{name}/{text}".encode()).digest()[:4]) / 2**32
        for name in names
    }


class Hashed:
    """A predictor that needs no training.

    Args:
        names: of the labels.
        task: any number of labels a text, or one.
        hold: asked before every batch with its texts, in the model's thread.
    """

    def __init__(
        self,
        names: Sequence[str] = NAMES,
        task: Task = Task.MULTILABEL,
        hold: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> None:
        self.names, self.task, self.hold = tuple(names), task, hold
        self.labels = LabelSpace(self.names, task)
        self.schema = Schema("text", Layout.NAME, ("label",), self.names, task, ("text", "label"))
        value = 0.5 if task is Task.MULTILABEL else 0.0
        self.decision = Decision(
            self.labels,
            from_dict({"name": "none", "task": task.value}),
            tuple(Cut(value, 1, "fixed") for _ in self.names),
            kind="fixed",
            shrinkage=0.0,
            estimate=Estimate(None, None),
        )

    def scores(self, rows: Sequence[str], *, progress: object = None) -> Probs:
        """Return probabilities, ``(N, C)``."""
        self.hold(rows)
        values_NC = np.array([list(expected(text, self.names).values()) for text in rows])
        if self.task is Task.MULTICLASS:
            values_NC /= values_NC.sum(axis=1, keepdims=True)
        return Probs(values_NC.reshape(len(rows), len(self.names)))


class Held:
    """Stops the model's thread until let go, and remembers which texts it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.entered, self.free = threading.Event(), threading.Event()
        self.free.set()

    def __call__(self, texts: Sequence[str]) -> None:
        """Note the texts; wait until free."""
        self.asked.append(list(texts))
        self.entered.set()
        assert self.free.wait(60)


def tried(predictor: Hashed | None = None, name: str = "by-hand") -> Model:
    """Return a model that has passed what a server asks of it at the start."""
    return examined(Pipeline(predictor or Hashed()), name)
