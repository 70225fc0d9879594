"""Folders to recordings that are read and understood, but not yet cut into windows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.roles import Closed, refuse_same_source
from evenhand.data.series.folder import (
    Folder,
    dimensions_told,
    refuse_absent,
    refuse_no_folder,
    survey,
)
from evenhand.data.series.metadata import FUTURE, LABEL, METADATA, Metadata, read_metadata
from evenhand.data.series.recording import Manner
from evenhand.data.series.records import SeriesSchema
from evenhand.data.series.reel import Reel, load
from evenhand.data.series.roles import Taken, copies, renamed, shared_groups, take, ungrouped
from evenhand.data.series.settle import (
    agree,
    chosen_streams,
    notes_of,
    rate_of,
    refuse_text_keys,
    settle,
    split_key,
)
from evenhand.errors import DataError
from evenhand.types import Role


@dataclass(frozen=True)
class Gathered:
    """Recordings that were read.

    Args:
        reel: their frames.
        taken: whose they are, in the order of the reel.
        damaged: recordings that were set aside.
        schema: how they are to be cut.
        sha256: path -> SHA-256 of every file.
        notes: what the user should know.
    """

    reel: Reel
    taken: tuple[Taken, ...]
    damaged: tuple[Taken, ...]
    schema: SeriesSchema
    sha256: Mapping[str, str]
    notes: tuple[str, ...]


def gather(
    source: Any, *, tune: Any, report: Any, data: DataConfig, config: SeriesConfig
) -> Gathered:
    """Read the folders of a run.

    Args:
        source: folder with the recordings to fit, or with all.
        tune: folder with those that choose; None without.
        report: folder with those that are only measured; None without, ``Closed`` unread.
        data: ``[data]`` of the run file.
        config: its ``[series]``.

    Raises:
        EvenhandError: as ``read_series``.
    """
    refuse_text_keys(data)
    given = {Role.FIT: source, Role.TUNE: tune}
    given[Role.REPORT] = report.source if isinstance(report, Closed) else report
    given = {role: what for role, what in given.items() if what is not None}
    refuse_same_source(given)
    opened = {r: what for r, what in given.items() if r is not Role.REPORT or what is report}
    paths = {role: refuse_no_folder(what) for role, what in opened.items()}
    metadata = _needed(paths[Role.FIT])
    rate_of(metadata, config)
    manner = Manner(
        chosen_streams(metadata, config),
        config.nan,
        metadata.unlabelled,
        passed=frozenset(metadata.dimensions),
    )
    split = split_key(metadata, data, explicit=len(given) > 1)
    said = {r: metadata if r is Role.FIT else _there(path) for r, path in paths.items()}
    folders = {
        role: survey(path, said[role], manner, config.corrupt) for role, path in paths.items()
    }
    refuse_absent(folders[Role.FIT], manner.streams)
    taken, damaged = take(folders, split)
    reel = _load(folders, taken, manner)
    schema = settle(metadata, reel, manner, config=config, data=data, split=split)
    for other in said.values():
        if other is not None:
            agree(other, schema, rate_given=config.rate is not None)
    schema = replace(schema, notes=tuple(notes_of(schema, metadata, config)))
    notes = (*schema.notes, *_notes(folders, taken, reel, schema))
    return Gathered(reel, taken, damaged, schema, _hashes(folders), notes)


def gather_like(source: Any, schema: SeriesSchema, role: Role, *, labels: bool = True) -> Gathered:
    """Read a folder of one role as a schema says, with or without its labels.

    ``metadata.json`` may be missing there; where it is, it must not contradict the schema.

    Raises:
        EvenhandError: as ``read_series``.
    """
    path = refuse_no_folder(source)
    metadata = _there(path)
    if metadata is not None:
        agree(metadata, schema)
    passed = frozenset(metadata.dimensions if metadata else ())
    passed |= frozenset(() if labels else (LABEL, FUTURE))
    manner = Manner(schema.streams, schema.nan, schema.unlabelled, labels, passed)
    folders = {role: survey(path, metadata, manner, schema.corrupt)}
    taken, damaged = take(folders, None)
    reel = _load(folders, taken, manner)
    # Answers are given a window at a time, so that no group matters to them.
    notes = _notes(folders, taken, reel, schema if labels else replace(schema, group=None))
    return Gathered(reel, taken, damaged, schema, _hashes(folders), tuple(notes))


def _load(folders: Mapping[Role, Folder], taken: Sequence[Taken], manner: Manner) -> Reel:
    outlines = [found for folder in folders.values() for found in folder.outlines]
    named = zip(outlines, renamed(taken), strict=True)
    return load([replace(found, name=name) for found, name in named], manner)


def _notes(
    folders: Mapping[Role, Folder], taken: Sequence[Taken], reel: Reel, schema: SeriesSchema
) -> list[str]:
    notes = [note for folder in folders.values() for note in folder.notes]
    notes += [*copies(taken), *shared_groups(taken, schema.group), *ungrouped(taken, schema.group)]
    if reel.why:
        notes.append(f"frames are held in memory: {reel.why}")
    return notes


def _hashes(folders: Mapping[Role, Folder]) -> dict[str, str]:
    return {path: digest for folder in folders.values() for path, digest in folder.sha256.items()}


def _there(path: Path) -> Metadata | None:
    return read_metadata(path) if (path / METADATA).exists() else None


def _needed(path: Path) -> Metadata:
    """Return ``metadata.json``, or say what it would have to be."""
    if (metadata := _there(path)) is not None:
        return metadata
    told = json.dumps(dimensions_told(path) or {"pose": 72, "traj": 2})
    raise DataError(
        "E231",
        f"{METADATA} is missing",
        got=f"NPZ files alone ({path})",
        fix=f'write it beside them: {{"rate": 15, "dimensions": {told}}}, with their rate in Hz',
    )
