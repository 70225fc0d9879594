"""Folders of recordings to a data set of windows, every one with its role.

Shapes: R recordings, N windows, C labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.ledger import Ledger
from evenhand.data.partition import draw_sample, share_out
from evenhand.data.roles import Closed
from evenhand.data.rows import Dataset
from evenhand.data.series.cut import cut, window_names
from evenhand.data.series.gather import gather, gather_like
from evenhand.data.series.label import counts_of, label
from evenhand.data.series.oddities import oddities_of, refuse_beyond_limits
from evenhand.data.series.records import SeriesSchema, Windows
from evenhand.types import Role


@dataclass(frozen=True)
class WindowRows:
    """The windows of a folder, for a model that answers; nothing is known of labels.

    Args:
        windows: all there are.
        ids: unique, such as ``walk-3@12.4``, ``(N,)``.
        texts: such as ``walk-3 12.4-16.4 s``, ``(N,)``.
        ledger: where every window went.
        notes: what the user should know.
        sha256: path -> SHA-256 of each file.
    """

    windows: Windows
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    ledger: Ledger
    notes: tuple[str, ...]
    sha256: Mapping[str, str]


def read_series(
    source: Any,
    *,
    tune: Any = None,
    report: Any = None,
    data: DataConfig,
    config: SeriesConfig,
    seed: int,
    share: bool = True,
) -> Dataset:
    """Read everything a run needs, and give every window its role.

    Roles come from folders, from a key of the recordings, or are drawn: recordings, and groups of
    them, are never parted, so that windows that overlap have one role. Frames are read once into
    a cache and memory-mapped from there.

    Args:
        source: folder with the recordings to fit, or with all.
        tune: folder with those that choose.
        report: folder with those that are only measured; ``Closed`` leaves them out, whether
            they have a folder of their own or are dealt.
        data: settings of the run's ``[data]``.
        config: settings of its ``[series]``.
        seed: of the split and of the sample.
        share: whether missing roles are drawn from the fit recordings, and values beyond their
            limit are refused; if not, rows are only looked at: they stay as they are, and such
            values are told among ``oddities``.

    Raises:
        EvenhandError: E102 and E105 for settings, E202 to E209, E213, and E231 to E234 for
            ``metadata.json``, files, recordings and values.
    """
    found = gather(source, tune=tune, report=report, data=data, config=config)
    if share:
        refuse_beyond_limits(found.reel, found.schema)
    rows = label(found, min_rows=data.min_rows)
    closed = isinstance(report, Closed)
    apart = {Role.REPORT} if isinstance(report, Closed) and report.source is not None else set()
    blocks = share_out(rows.blocks, data, seed, apart=apart) if share else rows.blocks
    ledger = Ledger(rows.counts(blocks))
    sampled: list[str] = []
    if data.sample:
        blocks, sampled = draw_sample(blocks, data.sample, seed)
    if closed:
        blocks = [block for block in blocks if block.role is not Role.REPORT]
    return rows.dataset(blocks, ledger, sampled)


def read_series_like(source: Any, schema: SeriesSchema, role: Role) -> Dataset:
    """Read a folder of one role for a model that exists: its schema, its labels, all windows.

    Raises:
        EvenhandError: as ``read_series``.
    """
    found = gather_like(source, schema, role)
    refuse_beyond_limits(found.reel, schema)
    rows = label(found, min_rows=0)
    return rows.dataset(rows.blocks, Ledger(rows.counts(rows.blocks)))


def read_windows(source: Any, schema: SeriesSchema) -> WindowRows:
    """Read every window of a folder for a model that exists; labels are not looked at.

    ``metadata.json`` may be missing there. Where it is, it must not contradict the schema.

    Raises:
        EvenhandError: as ``read_series``.
    """
    found = gather_like(source, schema, Role.REPORT, labels=False)
    refuse_beyond_limits(found.reel, schema)
    windows = cut(found.reel.frames, schema)
    ids, texts = window_names(windows, schema)
    notes = [*found.notes, *map(str, oddities_of(found.reel, schema))]
    counts = counts_of(windows, found)
    return WindowRows(windows, tuple(ids), tuple(texts), Ledger(counts), tuple(notes), found.sha256)
