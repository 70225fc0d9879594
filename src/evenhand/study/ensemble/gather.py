"""Members gathered: runs that learnt from the same rows, laid side by side row by row."""
# Shapes: N rows, C classes.

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evenhand import bundle
from evenhand.combine import Member
from evenhand.config import RunConfig
from evenhand.durable import file_sha256, folder_fault
from evenhand.errors import BundleError, DataError
from evenhand.run.ensemble import member_of
from evenhand.run.folder import Run
from evenhand.run.reread import settings_of
from evenhand.types import Predictions, Role

SHOWN = 12
"""Characters of a hash that tell it from another."""
SAME_SPLIT = "train it on the same rows: evenhand train --seeds N, or the same data.split_seed"


@dataclass(frozen=True)
class Team:
    """Runs that can be combined, the first of which says how the rest is decided and measured.

    Args:
        runs: finished.
        members: the same, with their rows in the order of the first one's.
        config: the first run's settings.
    """

    runs: tuple[Run, ...]
    members: tuple[Member, ...]
    config: RunConfig

    @property
    def first(self) -> Run:
        """The run whose data, seed, decision and report settings the ensemble takes."""
        return self.runs[0]

    @property
    def measured(self) -> Predictions:
        """Report rows where there are some, else tune rows, as the first member scores them."""
        return self.members[0].report or self.members[0].tune

    @property
    def bundle_mb(self) -> float:
        """Size of all members' bundles, in 10^6 bytes."""
        return sum(run.layout.bundle_mb for run in self.runs)

    def sha256(self, place: int) -> dict[str, str]:
        """Return the hashes of what a member, counted from 0, gives to the ensemble."""
        layout = self.runs[place].layout
        files = {role.value: layout.predictions(role.value) for role in (Role.TUNE, Role.REPORT)}
        files["bundle"] = layout.bundle / "MANIFEST.json"
        return {name: file_sha256(file) for name, file in files.items() if file.is_file()}


def gather(folders: Sequence[Path], names: Sequence[str] | None = None) -> Team:
    """Open the runs, and refuse those that cannot be combined, before any work.

    Args:
        folders: of finished runs.
        names: what to call them; their paths if None.

    Raises:
        DataError: E241 for fewer than two, one named twice, an ensemble among them, another
            split, other labels, or other rows or truth; the error names the run and what differs.
        MissingFileError: E401 where no finished run lies.
        BundleError: E401 for a damaged bundle.
    """
    names = names or [str(folder) for folder in folders]
    _refuse_few_or_twice(folders)
    runs = [Run(folder) for folder in folders]
    for run, name in zip(runs, names, strict=True):
        _refuse_unfit(run, name, runs[0], names[0])
    configs = [settings_of(run) for run in runs]
    found = [member_of(*three) for three in zip(runs, names, configs, strict=True)]
    first, others = found[0], found[1:]
    return Team(tuple(runs), (first, *(_laid(other, first) for other in others)), configs[0])


def _refuse_few_or_twice(folders: Sequence[Path]) -> None:
    if len(folders) < 2:
        raise DataError(
            "E241",
            "an ensemble needs at least two runs",
            got=", ".join(map(str, folders)) or "none",
            fix="name two or more: evenhand ensemble RUN RUN --out NEW",
        )
    seen: dict[Path, Path] = {}
    for folder in folders:
        if (whole := folder.resolve()) in seen:
            raise DataError(
                "E241",
                "a run is named twice, and would count double",
                got=f"{folder}" + ("" if folder == seen[whole] else f", which is {seen[whole]}"),
                fix="name every run once; --by weighted or greedy finds how much each should count",
            )
        seen[whole] = folder


def _refuse_unfit(run: Run, name: str, first: Run, first_name: str) -> None:
    """Refuse an ensemble, another split and a damaged bundle."""
    if run.members:
        raise DataError(
            "E241",
            "an ensemble is no member of another",
            got=name,
            fix=f"name its members: {' '.join(entry['folder'] for entry in run.members)}",
        )
    splits = [r.manifest["sha256"].get("split", "") for r in (run, first)]
    if splits[0] != splits[1]:
        raise DataError(
            "E241",
            "a member was trained on another split than the first",
            got=f"{name}: split {splits[0][:SHOWN]}; {first_name}: split {splits[1][:SHOWN]}",
            fix=SAME_SPLIT,
        )
    if (fault := folder_fault(bundle.find(run.folder))) is not None:
        raise BundleError(
            "E401",
            "the bundle of a member is damaged",
            got=fault,
            fix="train it again, or copy the run again",
        )


def _laid(member: Member, first: Member) -> Member:
    """Return the member with its rows in the first one's order."""
    if member.tune.labels != first.tune.labels:
        raise DataError(
            "E241",
            "a member has other labels than the first",
            got=f"{_labelled(member)}; {_labelled(first)}",
            fix="train it again on the same labels, in the same order",
        )
    if (member.report is None) != (first.report is None):
        having, lacking = (member, first) if member.report else (first, member)
        raise DataError(
            "E241",
            "one member has report rows and another has none",
            got=f"{having.name} has some, {lacking.name} has none",
            fix=SAME_SPLIT,
        )
    tune = _aligned(member, member.tune, first, first.tune)
    if member.report is None or first.report is None:
        return replace(member, tune=tune)
    return replace(member, tune=tune, report=_aligned(member, member.report, first, first.report))


def _labelled(member: Member) -> str:
    labels = member.tune.labels
    return f"{member.name}: {labels.task.value}, {len(labels)} labels {list(labels.names[:4])}"


def _aligned(member: Member, rows: Predictions, first: Member, wanted: Predictions) -> Predictions:
    """Return ``rows`` in the order of ``wanted``, in its groups; refuse other rows or truth."""
    if rows.ids != wanted.ids:
        apart = sorted(set(rows.ids) ^ set(wanted.ids))
        if apart:
            holder = member if apart[0] in set(rows.ids) else first
            raise DataError(
                "E241",
                f"a member has other {rows.role.value} rows than the first",
                got=f"{len(apart):,} rows are in one alone, such as {apart[0]!r} in {holder.name}; "
                f"{member.name} has {len(rows):,}, {first.name} {len(wanted):,}",
                fix=SAME_SPLIT,
            )
        place = {name: i for i, name in enumerate(rows.ids)}
        rows = rows.take([place[name] for name in wanted.ids])
    same_NC = (rows.truth_NC == wanted.truth_NC) | (
        np.isnan(rows.truth_NC) & np.isnan(wanted.truth_NC)
    )
    if not same_NC.all():
        row, column = np.argwhere(~same_NC)[0]
        label = rows.labels.names[column]
        raise DataError(
            "E241",
            "a member was trained to another truth than the first",
            got=f"{rows.role.value} row {rows.ids[row]!r}, label {label!r}: "
            f"{rows.truth_NC[row, column]:g} in {member.name}, "
            f"{wanted.truth_NC[row, column]:g} in {first.name}",
            fix="train both on the same labels",
        )
    return replace(rows, groups_N=wanted.groups_N)
