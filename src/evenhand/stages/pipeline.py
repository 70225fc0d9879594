"""The stages in order, over any number of texts at once."""
# Shapes: N texts, C classes.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evenhand import bundle
from evenhand.bundle import Predictor
from evenhand.data import Schema
from evenhand.decide.manner import apply_values
from evenhand.errors import ConfigError, ServingError, did_you_mean
from evenhand.stages.answer import Answer, Step
from evenhand.types import Floats, LabelSpace, Task

Thresholds = Mapping[str, float]
"""Cuts of some labels for one request, instead of the decision's own."""


class Pipeline:
    """Answers texts, and says what led to each answer.

    Args:
        model: gives the probabilities.

    Raises:
        ConfigError: E110 when the model reads series.
    """

    def __init__(self, model: Predictor) -> None:
        if not isinstance(model.schema, Schema):
            raise ConfigError(
                "E110",
                "stages answer texts, and this model reads series",
                got="a bundle of series",
                fix="evenhand predict RUN FOLDER answers windows of series",
            )
        self.model = model

    @property
    def labels(self) -> LabelSpace:
        """The labels, in the order of every ``C`` axis."""
        return self.model.labels

    def answer(
        self, texts: Sequence[str], *, thresholds: Sequence[Thresholds | None] | None = None
    ) -> list[Answer]:
        """Return one answer a text, in order; no answer depends on another text.

        Args:
            texts: any number, also none.
            thresholds: cuts for each text that override the decision's own, for labels that
                are named; None overrides nothing.

        Raises:
            ServingError: E501 for a threshold of no label, out of range, or where one label a
                row is given.
        """
        cuts_NC = self.cuts(thresholds or [None] * len(texts))
        scores = self.model.scores(texts)
        decision = self.model.decision
        probs_NC = decision.probs(scores)
        return [
            self._answer(probs_C, cuts_C) for probs_C, cuts_C in zip(probs_NC, cuts_NC, strict=True)
        ]

    def cuts(self, asked: Sequence[Thresholds | None]) -> Floats:
        """Return the cuts or biases of each request, ``(N, C)``; raises as ``answer``."""
        own_C = self.model.decision.values_C
        cuts_NC = np.repeat(own_C[None, :], len(asked), axis=0)
        for row, given in enumerate(asked):
            for name, value in (given or {}).items():
                cuts_NC[row, self._place(name, value)] = value
        return cuts_NC

    def _place(self, name: str, value: float) -> int:
        if self.labels.task is Task.MULTICLASS:
            raise ServingError(
                "E501",
                "this model gives one label a text, so labels have no thresholds",
                got=f"thresholds.{name} = {value!r}",
                fix="leave thresholds out",
            )
        if name not in self.labels.names:
            raise ServingError(
                "E501",
                "a threshold is given for what is no label",
                got=f"thresholds.{name}",
                fix=did_you_mean(name, self.labels.names),
            )
        if not 0 <= value <= 1:
            raise ServingError(
                "E501",
                "a threshold is out of range",
                got=f"thresholds.{name} = {value!r}",
                fix="pass a probability from 0 to 1",
            )
        return self.labels.names.index(name)

    def _answer(self, probs_C: Floats, cuts_C: Floats) -> Answer:
        names, task = self.labels.names, self.labels.task
        given_C = apply_values(probs_C[None], cuts_C, task, self.model.decision.manner)[0]
        values = dict(zip(names, cuts_C.tolist(), strict=True))
        several = task is Task.MULTILABEL
        return Answer(
            labels=tuple(name for name, given in zip(names, given_C, strict=True) if given),
            probabilities=dict(zip(names, probs_C.tolist(), strict=True)),
            thresholds=values if several else {},
            biases={} if several else values,
            decided_by="model",
            stages=(
                Step("model", "probabilities"),
                Step("decision", "cuts" if several else "biases"),
            ),
        )


def load(path: str | Path) -> Pipeline:
    """Return the pipeline at ``path``: a run, a bundle, or a file of stages.

    Raises:
        EvenhandError: as ``evenhand.load``, and E110 when the model reads series.
    """
    return Pipeline(bundle.load(path))
