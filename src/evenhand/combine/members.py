"""A member of an ensemble: a finished run's scores, decision, and how that decision is fitted."""
# Shapes: N rows, C classes.

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

from evenhand.decide import Choice, Costs, Decision, Settings, crossfit
from evenhand.decide.choice import DEMANDS
from evenhand.evaluate.metrics import Decided
from evenhand.types import Predictions


@dataclass(frozen=True)
class Member:
    """What an ensemble needs of a run; no model.

    Args:
        name: as it stands in the tables.
        tune: scores of the tune rows.
        report: of the report rows, if there are any.
        decision: the run's own.
        settings: that the decision was fitted with.
        seed: of that fit.
    """

    name: str
    tune: Predictions
    report: Predictions | None
    decision: Decision
    settings: Settings
    seed: int

    def choice(self, *, calibrator_only: bool = False) -> Choice:
        """Return what fits the member's rule to some rows.

        Args:
            calibrator_only: leave its cuts at 0.5, or argmax, for whoever reads no labels.
        """
        choice = Choice(**self.settings, seed=self.seed)
        if not calibrator_only:
            return choice
        none: dict[str, Any] = {name: {} for name in DEMANDS}
        return replace(choice, cuts="fixed", costs=None, **none)

    def decided(self) -> Decided:
        """Return the labels that the member gives alone to the rows that are measured.

        Report rows by its decision; tune rows, which chose it, by cuts that others of them choose.
        """
        if self.report is not None:
            return self.decision.decide(self.report.scores)
        settings: Settings = {**self.settings, "resamples": 0}
        return crossfit(self.tune, seed=self.seed, **settings).decided_NC


def settings_to_dict(settings: Settings) -> dict[str, object]:
    """Return settings as plain values for JSON."""
    costs = settings.get("costs")
    return {**settings, "costs": None if costs is None else costs.to_dict()}


def settings_from_dict(stored: dict[str, object]) -> Settings:
    """Return the settings that ``settings_to_dict`` described."""
    costs = stored.get("costs")
    kept = None if costs is None else Costs.from_dict(cast(dict[str, object], costs))
    return cast(Settings, {**stored, "costs": kept})
