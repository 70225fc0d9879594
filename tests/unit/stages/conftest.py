"""A model whose probabilities are known, so that every answer can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from evenhand.bundle import Answers
from evenhand.calibrate.none import Identity
from evenhand.data import Schema
from evenhand.data.layout import Layout
from evenhand.decide.decision import Cut, Decision, Estimate
from evenhand.types import LabelSpace, Probs, Task

NAMES = ("calm", "worry", "harm")
CUTS = (0.5, 0.5, 0.3)


class KnownModel:
    """Says of each text what it was told to say."""

    def __init__(
        self, said: Mapping[str, Sequence[float]], *, task: Task = Task.MULTILABEL, **rules: Any
    ) -> None:
        self.said = said
        self.asked: list[str] = []
        values = CUTS if task is Task.MULTILABEL else (0.0, 0.0, 0.0)
        self.decision = Decision(
            labels=LabelSpace(NAMES, task),
            calibrator=Identity(task=task),
            cuts=tuple(Cut(value, 10, "fitted") for value in values),
            kind="per-label",
            shrinkage=0.0,
            estimate=Estimate(None, None),
            **rules,
        )
        self.schema = Schema(
            text="text",
            layout=Layout.COLUMNS,
            label_columns=NAMES,
            names=NAMES,
            task=task,
            columns=("text", *NAMES),
        )

    @property
    def labels(self) -> LabelSpace:
        return self.decision.labels

    def scores(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Probs:
        self.asked += list(rows)
        return Probs(np.array([self.said[text] for text in rows], float).reshape(-1, len(NAMES)))

    def predict(self, rows: Any, *, progress: Callable[[int], None] | None = None) -> Answers:
        scores = self.scores(rows)
        return Answers(self.labels, self.decision.probs(scores), self.decision.decide(scores))


@pytest.fixture(scope="session")
def known() -> type[KnownModel]:
    """Return the maker of models with known probabilities."""
    return KnownModel
