"""An ensemble's folder: a run's, with the scores of its members, so that all can be fitted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from evenhand.combine import Member, Rehearsal
from evenhand.combine.members import settings_from_dict
from evenhand.config import RunConfig
from evenhand.decide import Decision
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run.deciding import settings_as_decided
from evenhand.run.folder import Layout, Run
from evenhand.run.sound import sound
from evenhand.types import Predictions, Role


@dataclass(frozen=True)
class EnsembleLayout(Layout):
    """Names of the files in the folder of an ensemble."""

    command: ClassVar[str] = "ensemble"

    @property
    def figures(self) -> Path:
        """The ensemble beside its members, diversity, what each member brings."""
        return self.root / "ensemble.json"

    def member_scores(self, place: int, role: Role) -> Path:
        """Return the file of the scores of member ``place``, counted from 1."""
        return self.predictions(f"member-{place}-{role.value}")

    def member_bundle(self, place: int) -> Path:
        """Return the bundle of member ``place``, counted from 1."""
        return self.bundle / "members" / str(place)


def member_of(run: Run, name: str, config: RunConfig) -> Member:
    """Return a finished run of one model as a member, by the decision that it ships.

    Args:
        run: finished.
        name: as it stands in the tables.
        config: the run's settings.

    Raises:
        EvenhandError: E202 or E401 where the run lacks a file.
    """
    report = run.layout.predictions(Role.REPORT.value)
    decision = Decision.load(run.layout.bundle / "decision.json")
    return Member(
        name=name,
        tune=run.predictions(Role.TUNE),
        report=load_predictions(report) if report.is_file() else None,
        decision=decision,
        settings=settings_as_decided(config, decision),
        seed=config.seed,
    )


def store_scores(layout: EnsembleLayout, place: int, member: Member) -> None:
    """Write the scores of a member, counted from 1, into the ensemble's folder."""
    for predictions in (member.tune, member.report):
        if predictions is not None:
            save_predictions(layout.member_scores(place, predictions.role), predictions)


def stored_members(run: Run) -> tuple[Member, ...]:
    """Return the members of a finished ensemble, from its own folder.

    Raises:
        BundleError: E401 where a file is missing or damaged.
    """
    layout = EnsembleLayout(run.folder)
    return tuple(_stored(layout, place, entry) for place, entry in enumerate(run.members, start=1))


def _stored(layout: EnsembleLayout, place: int, entry: Mapping[str, Any]) -> Member:
    with sound(layout.manifest):
        name, seed = str(entry["name"]), int(entry["seed"])
        settings = settings_from_dict(dict(entry["settings"]))
    report = layout.member_scores(place, Role.REPORT)
    return Member(
        name=name,
        tune=_scores(layout.member_scores(place, Role.TUNE)),
        report=_scores(report) if report.is_file() else None,
        decision=Decision.load(layout.member_bundle(place) / "decision.json"),
        settings=settings,
        seed=seed,
    )


def _scores(file: Path) -> Predictions:
    with sound(file):
        return load_predictions(file)


def refit_of(run: Run) -> Rehearsal | None:
    """Return what fits an ensemble anew on some of its tune rows; None for a run of one model."""
    if not run.members:
        return None
    return Rehearsal.of(stored_members(run), str(run.manifest["ensemble"]["by"]))
