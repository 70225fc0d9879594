"""Votes: each member's own decision counts once; probabilities only break ties."""
# Shapes: M members, N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from evenhand.combine.combination import COMBINATIONS, STORED, Combination
from evenhand.combine.voices import Voices
from evenhand.types import Predictions, Probs, Task

BELOW_HALF = float(np.nextafter(0.5, 0.0))


@STORED.register("vote")
@dataclass(frozen=True, kw_only=True)
class Vote:
    """``(votes + mean probability) / (M + 1)``: the mean probability is one more voter.

    At 0.5 that is the majority of the members, and the mean probability where they are divided
    evenly; under argmax the class with most votes, of equals the likeliest. Rows add up to 1 if
    the members' do.
    """

    name: ClassVar[str] = "vote"
    members: ClassVar[int | None] = None

    def apply(self, voices: Voices) -> Probs:
        """Return the shares, ``(N, C)``."""
        votes_NC = voices.given_MNC.sum(axis=0)
        share_NC = (votes_NC + voices.probs_MNC.mean(axis=0)) / (len(voices) + 1)
        if voices.task is Task.MULTILABEL:
            # A minority that is certain, overruled by a rule for whole rows, stays a minority.
            minority_NC = 2 * votes_NC < len(voices)
            share_NC[minority_NC] = np.minimum(share_NC[minority_NC], BELOW_HALF)
        return Probs(share_NC)

    def to_dict(self) -> dict[str, Any]:
        """Return the name."""
        return {"name": self.name}


@COMBINATIONS.register("vote")
def vote(voices: Voices, tune: Predictions, /) -> Combination:
    """Share of members that give the label by their own cuts; majority decides, nothing is fitted.

    Where a label has exactly half of the votes, the mean probability decides.
    """
    del voices, tune
    return Vote()
