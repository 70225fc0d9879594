"""What a teacher has learnt from before: never the rows by which its student is measured."""

from __future__ import annotations

from pathlib import Path

from evenhand.data import Dataset
from evenhand.data.text import normalised
from evenhand.errors import BundleError, DataError, MissingFileError
from evenhand.run.folder import Layout, Run
from evenhand.run.pretrained import recordings_of_roles
from evenhand.run.reread import reread
from evenhand.types import Role

MEASURED = (Role.TUNE, Role.REPORT)


def run_of(source: Path) -> Run | None:
    """Return the finished run that a teacher is, or whose bundle it is; None if it is neither."""
    for folder in (source, source.parent):
        if (folder == source or source.name == "bundle") and Layout(folder).metrics.is_file():
            return Run(folder)
    return None


def notes_on_seen(source: Path, dataset: Dataset) -> list[str]:
    """Raise where a teacher has provably learnt from measured rows; say what cannot be proven.

    A text, or a recording, counts by its content. One that is among this study's fit rows as
    well may be learnt from by anybody, and proves nothing.

    Args:
        source: the teacher.
        dataset: the rows of the study.

    Raises:
        DataError: E242.
    """
    run = run_of(source)
    if run is None:
        return [_unknown(f"{source} does not say what it was trained on")]
    try:
        theirs = reread(run)
    except (MissingFileError, DataError, BundleError) as error:
        return [_unknown(f"the rows of {source} cannot be read again: {error.what}")]
    if (theirs.windows is None) != (dataset.windows is None):
        return []
    free = _contents(dataset, Role.FIT)
    _refuse_learnt(source, dataset, _contents(theirs, Role.FIT) - free)
    chosen = _contents(dataset, Role.REPORT) & (_contents(theirs, Role.TUNE) - free)
    if not chosen:
        return []
    return [f"{len(chosen):,} report rows chose the teacher's epoch and cuts: its figures are kind"]


def _refuse_learnt(source: Path, dataset: Dataset, learnt: frozenset[str]) -> None:
    counts = {role: len(_contents(dataset, role) & learnt) for role in MEASURED}
    if any(counts.values()):
        seen = " and ".join(f"{count:,} {role}" for role, count in counts.items() if count)
        what = "rows" if dataset.windows is None else "recordings"
        raise DataError(
            "E242",
            "the teacher has learnt from what this study measures on",
            got=f"{seen} {what} are among the fit rows of {source}",
            fix="train it on the same rows and split (data.split_seed), or measure on rows that "
            "it has not seen: --tune FILE --report FILE",
        )


def _contents(dataset: Dataset, role: Role) -> frozenset[str]:
    """Return the texts of a role as duplicates count, or the hashes of its recordings."""
    if not dataset.count(role):
        return frozenset()
    if dataset.windows is not None:
        return frozenset(recordings_of_roles(dataset, dataset.windows, role).values())
    return frozenset(normalised(dataset.texts[i]) for i in dataset.rows(role))


def _unknown(why: str) -> str:
    return f"{why}; if the teacher has seen tune or report rows, every figure here is too kind"
