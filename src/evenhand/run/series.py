"""What a run on series keeps and measures besides: places, scores with a stream missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from evenhand.data import Dataset
from evenhand.data.series import SeriesSchema
from evenhand.evaluate.places import Places, load_places, save_places
from evenhand.evaluate.series import Seen
from evenhand.predictions import load_predictions, save_predictions
from evenhand.run.folder import Layout, Run
from evenhand.run.prepare_series import series_of
from evenhand.run.prepared import predictions_of
from evenhand.types import Logits, Predictions, Role

if TYPE_CHECKING:
    from torch import nn

    from evenhand.models.series import WindowTable


def places_of(dataset: Dataset, role: Role) -> Places:
    """Return where the windows with ``role`` lie."""
    windows, schema = series_of(dataset)
    rows = dataset.rows(role)
    return Places.of([dataset.ids[i] for i in rows], windows.take(rows), schema)


def without_each(
    dataset: Dataset, role: Role, model: nn.Module, table: WindowTable
) -> dict[str, Predictions]:
    """Return the scores of rows with each stream missing in turn; none for a single stream.

    Args:
        dataset: windows with roles.
        role: of the rows in ``table``.
        model: the network, with the weights that are shipped.
        table: the rows as it reads them.
    """
    from evenhand.training import infer

    streams = table.streams if len(table.streams) > 1 else ()
    return {
        stream: predictions_of(dataset, role, Logits(infer.logits(model, table.without(stream))))
        for stream in streams
    }


def store_seen(
    dataset: Dataset, model: nn.Module, tables: Mapping[Role, Any], layout: Layout
) -> None:
    """Store where tune and report windows lie, and scores of the measured ones without streams."""
    for role in (Role.TUNE, Role.REPORT):
        if dataset.count(role):
            save_places(places_file(layout, role), places_of(dataset, role))
    role = Role.REPORT if dataset.count(Role.REPORT) else Role.TUNE
    for stream, hidden in without_each(dataset, role, model, tables[role]).items():
        save_predictions(_without(layout, role, stream), hidden)


def seen_of(layout: Layout, schema: SeriesSchema, role: Role) -> Seen:
    """Read what ``store_seen`` wrote about the measured rows.

    Raises:
        MissingFileError: E202 for a file that is not there.
    """
    names = [stream.name for stream in schema.streams]
    hidden = {
        name: load_predictions(_without(layout, role, name)) for name in names if len(names) > 1
    }
    return Seen(schema, load_places(places_file(layout, role)), hidden)


def places_in(run: Run, role: Role) -> Places | None:
    """Return where a run's windows lie; None for a run on texts.

    Raises:
        MissingFileError: E202 when a run on series has lost them.
    """
    file = places_file(run.layout, role)
    return load_places(file) if file.is_file() or "series" in run.metrics else None


def places_file(layout: Layout, role: Role) -> Path:
    """Return the file of places of the windows with ``role``."""
    return layout.predictions(f"{role.value}-windows")


def _without(layout: Layout, role: Role, stream: str) -> Path:
    return layout.predictions(f"{role.value}-without-{quote(stream, safe='')}")
