"""Cuts for rows in another writing: the very cuts that the run has for the same rows."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.decide import Choice, Decision, crossfit
from evenhand.decide.rule import Rule, fit_rule
from evenhand.evaluate.metrics import Decided
from evenhand.run.deciding import settings_as_decided
from evenhand.run.folder import Run
from evenhand.run.reread import settings_of
from evenhand.types import Predictions, Role


@dataclass(frozen=True)
class Decider:
    """Decides a row by the same cuts whatever its writing is.

    Args:
        decision: the run's, for rows that did not choose it.
        rules: one a fold, fitted on the tune rows of the other folds, in the trained writing.
        fold_of: tune row -> its fold.
    """

    decision: Decision
    rules: Sequence[Rule] = ()
    fold_of: Mapping[str, int] | None = None

    @classmethod
    def of(cls, run: Run, role: Role) -> Decider:
        """Return what decides the rows of ``role``.

        Report rows go by the run's cuts, tune rows each by cuts that other tune rows choose: in
        the trained writing that gives the labels on which the run's own figures rest.
        """
        if role is Role.REPORT:
            return cls(run.decision)
        stored, config = run.predictions(Role.TUNE), settings_of(run)
        asked = settings_as_decided(config, run.decision)
        fold_N = crossfit(stored, seed=config.seed, **asked).fold_N
        choice = Choice(**asked, seed=config.seed)
        rules = [
            fit_rule(stored.take(np.flatnonzero(fold_N != fold)), choice)
            for fold in range(int(fold_N.max()) + 1)
        ]
        return cls(run.decision, rules, dict(zip(stored.ids, fold_N.tolist(), strict=True)))

    def decide(self, predictions: Predictions) -> Decided:
        """Return the labels given to each row, bool, ``(N, C)``."""
        if self.fold_of is None:
            return self.decision.decide(predictions.scores)
        fold_N = np.array([self.fold_of[name] for name in predictions.ids])
        decided_NC = np.zeros(predictions.truth_NC.shape, np.bool_)
        for fold, rule in enumerate(self.rules):
            held_K = np.flatnonzero(fold_N == fold)
            decided_NC[held_K], _ = rule.decide(predictions.take(held_K).scores)
        return decided_NC

    def said(self) -> str:
        """Say in words what decides the rows."""
        if self.fold_of is None:
            return "decided by the run's cuts"
        return "each decided by cuts that other tune rows chose"
