"""Parts of a run's windows: by their moment, time or length, or by what is said of recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from evenhand.data.labels import cell_name
from evenhand.data.series.metadata import METADATA, Metadata, read_metadata
from evenhand.errors import DataError, did_you_mean
from evenhand.evaluate.compare_slices import LENGTH, Slicing
from evenhand.evaluate.mistakes_series import MOMENT, TIME, by_moment, by_seconds, by_time
from evenhand.evaluate.places import Places
from evenhand.run.folder import Run
from evenhand.run.reread import NOTHING, sources_of

RECORDING = "recording"
ALWAYS = (MOMENT, TIME, LENGTH, RECORDING)
"""Columns that all windows have."""


def slicing_of(run: Run, places: Places, column: str) -> Slicing:
    """Return a value for every window.

    Args:
        run: a finished run on series.
        places: of its windows.
        column: ``moment``, ``time``, ``length``, ``recording``, or a key of the recordings in
            ``metadata.json``.

    Raises:
        MissingFileError: E202 when a folder is gone.
        DataError: E205 when no recording has such a key.
    """
    if column == MOMENT:
        return by_moment(places)
    if column == TIME:
        return by_time(places)
    if column == LENGTH:
        return by_seconds(places)
    if column == RECORDING:
        return Slicing(column, _by_id(places, places.recordings))
    told = list(_metadata(run))
    if not any(column in metadata.record_keys() for _, metadata in told):
        raise _no_key(told, column)
    cells = {name: _cell(told, name, column) for name in dict.fromkeys(places.recordings)}
    return Slicing(column, _by_id(places, [cells[name] for name in places.recordings]))


def _by_id(places: Places, values: list[str] | tuple[str, ...]) -> dict[str, str]:
    return dict(zip(places.ids, values, strict=True))


def _metadata(run: Run) -> Iterator[tuple[str, Metadata]]:
    """Yield role and ``metadata.json`` of each folder that the run was made from."""
    sources = sources_of(run)
    for role, folder in (("fit", sources.data), ("tune", sources.tune), ("report", sources.report)):
        if folder is not None and (role == "fit" or (Path(folder) / METADATA).is_file()):
            yield role, read_metadata(Path(folder))


def _cell(told: list[tuple[str, Metadata]], recording: str, column: str) -> str:
    """Return what is said of a recording; its name has its role before it where two are alike."""
    for role, metadata in told:
        value = metadata.record(recording.removeprefix(f"{role}/")).value(column)
        if value is not None:
            return cell_name(value) or NOTHING
    return NOTHING


def _no_key(told: list[tuple[str, Metadata]], column: str) -> DataError:
    keys = sorted({key for _, metadata in told for key in metadata.record_keys()})
    return DataError(
        "E205",
        f"no recording has the key {column!r}",
        got=f"{told[0][1].path}: {', '.join(keys) or 'nothing is said of recordings'}",
        fix=did_you_mean(column, (*ALWAYS, *keys)),
    )
