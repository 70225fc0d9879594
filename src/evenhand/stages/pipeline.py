"""The stages in order, over any number of texts at once."""
# Shapes: N texts, C classes, R rules.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.bundle import Predictor
from evenhand.data import Schema
from evenhand.errors import ConfigError, ServingError, did_you_mean
from evenhand.stages.answer import Answer, Move, Step
from evenhand.stages.course import Course, Found, Plan, settle
from evenhand.stages.fitting import Stages
from evenhand.stages.rule import TIME_LIMIT, Reading, Verdict
from evenhand.stages.verifier import Doubt
from evenhand.types import Floats, LabelSpace, Task

Thresholds = Mapping[str, float]
"""Cuts of some labels for one request, instead of the decision's own."""


class Pipeline:
    """Answers texts, and says what led to each answer.

    Args:
        model: gives the probabilities.
        stages: rules, critical labels, verifier; nothing beside the model if None.

    Raises:
        ConfigError: E110 when the model reads series, E502 when the stages do not go with it.
    """

    def __init__(self, model: Predictor, stages: Stages | None = None) -> None:
        if not isinstance(model.schema, Schema):
            raise ConfigError(
                "E110",
                "stages answer texts, and this model reads series",
                got="a bundle of series",
                fix="evenhand predict RUN FOLDER answers windows of series",
            )
        stages = stages or Stages()
        stages.refuse_unfit(model)
        self.model = model
        self.doubt = stages.doubt
        critical_C = np.array([name in stages.critical for name in model.labels.names])
        self.plan = Plan(model.labels, model.decision.manner, critical_C, tuple(stages.rules))

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
                row is given; for thresholds of more or fewer texts.
        """
        asked = [None] * len(texts) if thresholds is None else thresholds
        if len(asked) != len(texts):
            raise ServingError(
                "E501",
                "thresholds are given for another number of texts",
                got=f"{len(asked)} for {len(texts)} texts",
                fix="pass one mapping or None a text",
            )
        cuts_NC = self.cuts(asked)
        verdicts = self.read(texts)
        found = self.find(texts, verdicts)
        course = settle(found, cuts_NC, self.plan)
        return [
            _Told(self.plan, verdicts[row], found, course, cuts_NC, row).answer(self.doubt)
            for row in range(len(texts))
        ]

    def read(self, texts: Sequence[str]) -> list[list[Verdict]]:
        """Return what each rule says of each text."""
        readings = map(Reading.of, texts) if self.plan.rules else ()
        found = [[rule.condition.reads(r) for rule in self.plan.rules] for r in readings]
        return found or [[] for _ in texts]

    def find(self, texts: Sequence[str], verdicts: Sequence[Sequence[Verdict]]) -> Found:
        """Ask the model, and where it is in doubt the verifier.

        Args:
            texts: any number.
            verdicts: as ``read`` gives them.
        """
        shape = len(texts), len(self.plan.rules)
        model_NC = self.model.decision.probs(self.model.scores(texts))
        nobody_NC = np.full_like(model_NC, np.nan)
        return Found(
            model_NC=model_NC,
            verifier_NC=self.doubt.ask(texts, model_NC, self.labels) if self.doubt else nobody_NC,
            matched_NR=np.array([[bool(v) for v in row] for row in verdicts], bool).reshape(shape),
        )

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


@dataclass(frozen=True)
class _Told:
    """One text's part of what was found, told stage by stage."""

    plan: Plan
    verdicts: Sequence[Verdict]
    found: Found
    course: Course
    cuts_NC: Floats
    row: int

    def answer(self, doubt: Doubt | None) -> Answer:
        names, several = self.plan.labels.names, self.plan.labels.task is Task.MULTILABEL
        values = dict(zip(names, self.cuts_NC[self.row].tolist(), strict=True))
        final = self.course.rules
        stages = [Step("model", "probabilities"), Step("decision", "cuts" if several else "biases")]
        if doubt is not None:
            stages.insert(1, self._verifier())
        if self.plan.rules:
            stages.insert(0, self._rules())
        acting = self.plan.acting(self.verdicts)
        return Answer(
            labels=tuple(
                n for n, given in zip(names, final.given_NC[self.row], strict=True) if given
            ),
            probabilities=dict(zip(names, final.probs_NC[self.row].tolist(), strict=True)),
            thresholds=values if several else {},
            biases={} if several else values,
            decided_by=self.course.decided_by(self.row),
            stages=tuple(stages),
            route=self.plan.route(self.verdicts),
            abstained=any(rule.abstain for rule in acting),
            matched=tuple(rule.name for rule in acting),
            timed_out=self._timed_out(),
        )

    def _timed_out(self) -> tuple[str, ...]:
        pairs = zip(self.plan.rules, self.verdicts, strict=True)
        return tuple(rule.name for rule, verdict in pairs if verdict is Verdict.TIMED_OUT)

    def _rules(self) -> Step:
        acting, late = self.plan.acting(self.verdicts), self._timed_out()
        did = "matched " + ", ".join(rule.name for rule in acting) if acting else "none matched"
        if late:
            did += f"; {', '.join(late)} ran out of {TIME_LIMIT} s and counts as matched"
        moves: list[Move] = []
        probs_C = self.course.verifier.probs_NC[self.row]
        for rule in acting:
            lifted_C = np.maximum(probs_C, self.plan.least(rule, self.cuts_NC[self.row]))
            moves += self._moves(probs_C, lifted_C, by=rule.name)
            probs_C = lifted_C
        return Step("rules", did, tuple(moves))

    def _verifier(self) -> Step:
        asked_C = ~np.isnan(self.found.verifier_NC[self.row])
        about = [n for n, asked in zip(self.plan.labels.names, asked_C, strict=True) if asked]
        before_C = self.course.model.probs_NC[self.row]
        after_C = self.course.verifier.probs_NC[self.row]
        moves = self._moves(before_C, after_C, by="verifier")
        did = f"asked about {', '.join(about)}" if about else "not asked"
        return Step("verifier", did, tuple(moves))

    def _moves(self, before_C: Floats, after_C: Floats, *, by: str) -> list[Move]:
        columns = zip(self.plan.labels.names, before_C.tolist(), after_C.tolist(), strict=True)
        return [Move(name, p, q, by) for name, p, q in columns if p != q]
