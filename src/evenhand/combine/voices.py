"""Voices: what the members of an ensemble say of the same rows."""
# Shapes: M members, N rows, C classes.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.decide import Decision
from evenhand.decide.rule import Rule
from evenhand.types import Floats, Scores, Task


@dataclass(frozen=True)
class Voices:
    """Each member's calibrated probabilities, and the labels that it gives by its own decision.

    Args:
        probs_MNC: each in [0, 1], float64.
        given_MNC: bool.
        task: of the labels.
    """

    probs_MNC: Floats
    given_MNC: NDArray[np.bool_]
    task: Task

    def __len__(self) -> int:
        return len(self.probs_MNC)

    @classmethod
    def of(cls, decisions: Sequence[Decision], scores: Sequence[Scores]) -> Voices:
        """Return what decisions say of their own models' scores of the same rows."""
        pairs = list(zip(decisions, scores, strict=True))
        return cls(
            np.stack([decision.probs(own) for decision, own in pairs]),
            np.stack([decision.decide(own) for decision, own in pairs]),
            decisions[0].labels.task,
        )

    @classmethod
    def by_rules(cls, rules: Sequence[Rule], scores: Sequence[Scores]) -> Voices:
        """Return what bare rules say; as ``of``."""
        said = [rule.decide(own) for rule, own in zip(rules, scores, strict=True)]
        given, probs = zip(*said, strict=True)
        return cls(np.stack(probs), np.stack(given), rules[0].task)

    def only(self, members: Sequence[int]) -> Voices:
        """Return the voices of some members, by position."""
        chosen = list(members)
        return replace(self, probs_MNC=self.probs_MNC[chosen], given_MNC=self.given_MNC[chosen])

    def take(self, rows: NDArray[np.int64]) -> Voices:
        """Return what is said of ``rows``, by position."""
        return replace(self, probs_MNC=self.probs_MNC[:, rows], given_MNC=self.given_MNC[:, rows])
