"""How what the stages found becomes labels: model, then verifier, then rules.

Two promises hold whatever the stages say. A rule never lowers a probability, and takes a label
away only by abstaining, or where the label yields to any other by the decision's own rule
(``exclusive``). A critical label that the model gives is given in the end.
"""
# Shapes: N texts, C classes, R rules.

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from evenhand.decide.manner import Manner, apply_values
from evenhand.stages.rule import Rule
from evenhand.stages.verifier import verified
from evenhand.types import Floats, LabelSpace

Given = NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """What the stages do with any text.

    Args:
        labels: names and task.
        manner: the decision's rules for the whole row.
        critical_C: labels that no stage may silence.
        rules: in order.
    """

    labels: LabelSpace
    manner: Manner
    critical_C: Given
    rules: tuple[Rule, ...]

    def acting(self, matched_R: Iterable[object]) -> list[Rule]:
        """Return the rules that matched a text, in order."""
        return [rule for rule, on in zip(self.rules, matched_R, strict=True) if on]

    def route(self, matched_R: Iterable[object]) -> str | None:
        """Return the queue that the first of them names."""
        named = (rule.route for rule in self.acting(matched_R))
        return next((route for route in named if route is not None), None)

    def raised_C(self, rule: Rule) -> Given:
        """Return which labels a rule gives."""
        return np.array([name == rule.raises for name in self.labels.names])

    def least(self, rule: Rule, cuts: Floats) -> Floats:
        """Return the probability that each label has at least once a rule matches.

        Args:
            rule: one of the rules.
            cuts: of the labels, ``(C,)`` or ``(N, C)``.
        """
        floor_C = np.array([rule.floors.get(name, 0.0) for name in self.labels.names])
        cut = np.where(self.raised_C(rule), np.minimum(cuts, 1.0), 0.0)
        return np.asarray(np.maximum(floor_C, cut))


@dataclass(frozen=True)
class Found:
    """What each stage says of some texts, before any of it is put together.

    Args:
        model_NC: the model's calibrated probabilities.
        verifier_NC: the verifier's, NaN where it was not asked.
        matched_NR: which rules act.
    """

    model_NC: Floats
    verifier_NC: Floats
    matched_NR: Given

    def without_rules(self, which_R: Given | None = None) -> Self:
        """Return what was found had these rules not been there; all of them if None."""
        gone_R = np.ones(self.matched_NR.shape[1], bool) if which_R is None else which_R
        return replace(self, matched_NR=self.matched_NR & ~gone_R)

    def without_verifier(self) -> Self:
        """Return what was found had nobody else been asked."""
        return replace(self, verifier_NC=np.full_like(self.verifier_NC, np.nan))


@dataclass(frozen=True)
class Outcome:
    """Probabilities and labels after a stage, ``(N, C)`` each."""

    probs_NC: Floats
    given_NC: Given


@dataclass(frozen=True)
class Course:
    """What stood after each stage; the last is the answer."""

    model: Outcome
    verifier: Outcome
    rules: Outcome

    def decided_by(self, row: int) -> str:
        """Return the last stage that changed the labels of a text.

        ``rules`` where the labels are others without the rules; else ``verifier`` where they are
        others without both; else ``model``.
        """
        final_C = self.rules.given_NC[row]
        if not np.array_equal(final_C, self.verifier.given_NC[row]):
            return "rules"
        return "model" if np.array_equal(final_C, self.model.given_NC[row]) else "verifier"


def settle(found: Found, cuts_NC: Floats, plan: Plan) -> Course:
    """Put together what was found.

    Args:
        found: of the stages.
        cuts_NC: cut or bias of each label for each text.
        plan: rules, critical labels, and how the decision is made.
    """
    model = Outcome(found.model_NC, _given(found.model_NC, cuts_NC, plan))
    probs_NC = verified(found.model_NC, found.verifier_NC, plan.critical_C)
    asked = _given(probs_NC, cuts_NC, plan)
    verifier = Outcome(probs_NC, _keeping(asked, model.given_NC & plan.critical_C, plan.manner))
    return Course(model, verifier, _ruled(verifier, found.matched_NR, cuts_NC, plan))


def settle_rules_alone(found: Found, cuts_NC: Floats, plan: Plan) -> Outcome:
    """Return what the rules give by themselves: every probability of the model is 0.

    Several labels a row only; where one is given a row, rules give none.
    No label is given for want of another (``at_least_one``): that would be the model's voice.
    """
    silence_NC = np.zeros_like(found.model_NC)
    manner = replace(plan.manner, at_least_one=False)
    nothing = Outcome(silence_NC, silence_NC.astype(bool))
    return _ruled(nothing, found.matched_NR, cuts_NC, replace(plan, manner=manner))


def _given(probs_NC: Floats, cuts_NC: Floats, plan: Plan) -> Given:
    return apply_values(probs_NC, cuts_NC, plan.labels.task, plan.manner)


def _ruled(before: Outcome, matched_NR: Given, cuts_NC: Floats, plan: Plan) -> Outcome:
    probs_NC, raised_NC = before.probs_NC, np.zeros(before.given_NC.shape, bool)
    abstains_N = np.zeros(len(probs_NC), bool)
    for rule, matched_N in zip(plan.rules, matched_NR.T, strict=True):
        least_NC = np.where(matched_N[:, None], plan.least(rule, cuts_NC), 0.0)
        probs_NC = np.maximum(probs_NC, least_NC)
        raised_NC |= matched_N[:, None] & plan.raised_C(rule)
        abstains_N |= matched_N & rule.abstain
    given_NC = _given(probs_NC, cuts_NC, plan) | raised_NC
    given_NC = _keeping(given_NC, before.given_NC, plan.manner)
    return Outcome(probs_NC, given_NC & (plan.critical_C | ~abstains_N[:, None]))


def _keeping(given_NC: Given, kept_NC: Given, manner: Manner) -> Given:
    """Return the labels of both; one that yields to any other does."""
    both_NC = given_NC | kept_NC
    if manner.exclusive is not None:
        others_N = np.delete(both_NC, manner.exclusive, axis=1).any(axis=1)
        both_NC[others_N, manner.exclusive] = False
    return both_NC
