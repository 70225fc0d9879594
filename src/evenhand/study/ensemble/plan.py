"""What combining runs would do, before anything is written."""

from __future__ import annotations

from pathlib import Path

from evenhand.combine import COMBINATIONS
from evenhand.run.ensemble import EnsembleLayout
from evenhand.study.ensemble.gather import Team
from evenhand.types import Role

FOLDS = 5


def plan(team: Team, by: str, out: Path) -> list[str]:
    """Return what would be combined and the work that it takes, a line each.

    Args:
        team: as ``gather`` returns it.
        by: name of the combination.
        out: where it would go.

    Raises:
        ConfigError: E101 for an unknown combination, E109 when ``out`` is in use.
    """
    what = COMBINATIONS.describe(by)
    EnsembleLayout(out).refuse_used()
    tune, measured = team.members[0].tune, team.measured
    members, labels = len(team.members), tune.labels
    held_out = measured.role is Role.REPORT
    fitted = 1 + members if held_out else 1 + FOLDS * (1 + members)
    figures = (
        f"{len(measured):,} report rows, which chose nothing"
        if held_out
        else f"{len(measured):,} tune rows, the whole procedure fitted anew in {FOLDS} folds"
    )
    return [
        f"combine  {members} members by {by}: {what}",
        *(_line(team, place) for place in range(members)),
        f"labels   {len(labels)} {labels.task.value}; {len(tune):,} tune rows choose",
        f"figures  from {figures}",
        f"work     {fitted} combinations fitted, {team.config.report.resamples:,} resamples of "
        f"{1 + 2 * members} systems; no network is run",
        f"bundle   {out / 'bundle'}, about {team.bundle_mb:.1f} MB",
    ]


def _line(team: Team, place: int) -> str:
    figure = team.runs[place].metrics["systems"][0]["macro_f1"]["value"]
    told = "n/a" if figure is None else f"{figure:.3f}"
    return f"  {place + 1}  {team.members[place].name}  macro-F1 {told}"
