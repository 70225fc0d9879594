"""An ensemble fitted: on all tune rows, or anew on some of them, as a cross-fit asks for it."""
# Shapes: N rows, K kept or held rows.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from evenhand.combine.combination import COMBINATIONS, Combination
from evenhand.combine.members import Member
from evenhand.combine.voices import Voices
from evenhand.decide import Decision, Settings, fit_decision
from evenhand.decide.rule import Rule, fit_rule
from evenhand.types import Predictions, Role

READS_LABELS = ("vote",)
"""Combinations that need the members' own cuts, and not their probabilities alone."""

Rows = NDArray[np.int64]


def fit_combination(by: str, voices: Voices, tune: Predictions) -> Combination:
    """Fit the combination called ``by`` to what the members say of tune rows.

    Raises:
        ConfigError: E101 for an unknown name.
        DataError: E212 for report rows.
    """
    tune.refuse_report("combining members")
    return COMBINATIONS.build(by, voices, tune, settings={})


def combined(combination: Combination, voices: Voices, rows: Predictions) -> Predictions:
    """Return ``rows`` with the probabilities that the combination gives them."""
    return replace(rows, scores=combination.apply(voices))


@dataclass(frozen=True)
class Rehearsal:
    """The whole procedure on some tune rows: calibrators, cuts of voters, then the combination.

    Called with kept and held rows it returns the predictions of both, by what was fitted to the
    kept rows alone (``decide.Refit``). What was fitted once is kept.

    Args:
        members: of the ensemble, on the same rows.
        by: name of the combination.
        team: positions of the members that take part.
    """

    members: Sequence[Member]
    by: str
    team: tuple[int, ...]
    _rules: dict[tuple[int, bytes], Rule] = field(default_factory=dict)
    _fitted: dict[bytes, Combination] = field(default_factory=dict)

    @classmethod
    def of(cls, members: Sequence[Member], by: str) -> Rehearsal:
        """Return the rehearsal of all members."""
        return cls(members, by, tuple(range(len(members))))

    def without(self, member: int) -> Rehearsal:
        """Return the rehearsal of the others, that shares what they have learnt."""
        team = tuple(m for m in self.team if m != member)
        return Rehearsal(self.members, self.by, team, self._rules)

    def __call__(self, kept_K: Rows, held_K: Rows) -> tuple[Predictions, Predictions]:
        """Fit to ``kept_K``; return the predictions of those rows, and of ``held_K``."""
        key = kept_K.tobytes()
        rules = [self._rule(m, kept_K, key) for m in self.team]
        kept, held = (self._voices(rules, rows_K) for rows_K in (kept_K, held_K))
        first = self.members[0].tune
        tune = first.take(kept_K)
        if key not in self._fitted:
            self._fitted[key] = fit_combination(self.by, kept, tune)
        combination = self._fitted[key]
        return combined(combination, kept, tune), combined(combination, held, first.take(held_K))

    def _rule(self, m: int, kept_K: Rows, key: bytes) -> Rule:
        if (m, key) not in self._rules:
            member = self.members[m]
            choice = member.choice(calibrator_only=self.by not in READS_LABELS)
            self._rules[m, key] = fit_rule(member.tune.take(kept_K), choice)
        return self._rules[m, key]

    def _voices(self, rules: Sequence[Rule], rows_K: Rows) -> Voices:
        taken = (self.members[m].tune.take(rows_K).scores for m in self.team)
        return Voices.by_rules(rules, list(taken))


@dataclass(frozen=True)
class Ensemble:
    """A fitted ensemble: what combines the members, and the decision on what comes of it.

    Args:
        members: in the order of the combination's numbers.
        combination: fitted on tune rows.
        decision: fitted on the combined tune rows.
        tune: combined.
        report: combined, if there are such rows.
        settings: of the decision.
        seed: of the decision, and of folds.
        rehearsal: fits everything anew on some tune rows.
    """

    members: tuple[Member, ...]
    combination: Combination
    decision: Decision
    tune: Predictions
    report: Predictions | None
    settings: Settings
    seed: int
    rehearsal: Rehearsal


def voices_of(members: Sequence[Member], role: Role) -> Voices:
    """Return what members say of their tune or report rows by their own decisions."""
    rows = [m.tune if role is Role.TUNE else m.report for m in members]
    scores = [predictions.scores for predictions in rows if predictions is not None]
    return Voices.of([m.decision for m in members], scores)


def fit_ensemble(members: Sequence[Member], by: str, *, settings: Settings, seed: int) -> Ensemble:
    """Combine members on their tune rows, and fit a decision to what comes of it.

    Args:
        members: on the same rows, in the same order.
        by: name of the combination.
        settings: of the decision. Votes are counted: they take no calibrator and no other cuts.
        seed: of the decision.

    Raises:
        ConfigError: E101 for an unknown combination, or as ``fit_decision``.
        DataError: as ``fit_decision``.
    """
    first, asked = members[0], decision_settings(by, settings)
    voices = voices_of(members, Role.TUNE)
    combination = fit_combination(by, voices, first.tune)
    tune = combined(combination, voices, first.tune)
    rehearsal = Rehearsal.of(members, by)
    decision = fit_decision(tune, seed=seed, strict=False, refit=rehearsal, **asked)
    report = None
    if first.report is not None:
        report = combined(combination, voices_of(members, Role.REPORT), first.report)
    return Ensemble(
        tuple(members),
        combination,
        decision,
        tune,
        report,
        settings=asked,
        seed=seed,
        rehearsal=rehearsal,
    )


def decision_settings(by: str, settings: Settings) -> Settings:
    """Return the settings of the ensemble's own decision, by those of its members.

    Votes are counted at half: calibration, cuts, demands and costs are the voters' own matter.
    """
    if by not in READS_LABELS:
        return settings
    kept: Settings = {"calibrate": "none", "cuts": "fixed"}
    for name in ("at_least_one", "exclusive", "resamples"):
        if name in settings:
            kept[name] = settings[name]
    return kept
