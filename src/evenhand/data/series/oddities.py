"""What is odd about recordings that were read, all checks together."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.data.series.cut import frame_labels
from evenhand.data.series.records import SeriesSchema
from evenhand.data.series.reel import Reel
from evenhand.data.series.sanity import (
    Oddity,
    beyond_limits,
    constant_numbers,
    leaking_future,
    odd_clocks,
    short_recordings,
    too_fast,
    unlike_spreads,
    unmeasured,
    wide_angles,
)
from evenhand.errors import DataError


def oddities_of(reel: Reel, schema: SeriesSchema) -> Iterator[Oddity]:
    """Yield everything that cannot be, or hardly can, gravest first."""
    streams, names, facts = schema.streams, reel.frames.names, reel.facts
    yield from beyond_limits(streams, facts.measures, names)
    yield from too_fast(streams, facts.measures, names, schema.rate)
    yield from unlike_spreads(streams, facts.extents)
    yield from wide_angles(streams, facts.measures, names)
    yield from odd_clocks(facts.clocks, names, schema.rate)
    if schema.target == "future" and schema.horizon:
        labels = [frame_labels(reel, schema, number) for number in range(len(names))]
        yield from leaking_future(labels, schema.horizon)
    starts_R = reel.frames.starts_R
    yield from short_recordings((starts_R[1:] - starts_R[:-1]).tolist(), names, schema.window)
    yield from unmeasured(streams, facts.measures, names)
    yield from constant_numbers(streams, facts.extents)


def refuse_beyond_limits(reel: Reel, schema: SeriesSchema) -> None:
    """Raise when a value is beyond the limit that ``metadata.json`` gives its stream.

    Raises:
        DataError: E234 naming stream, value, frame and recording.
    """
    for oddity in beyond_limits(schema.streams, reel.facts.measures, reel.frames.names):
        raise DataError(
            "E234",
            "a value is beyond what metadata.json says is possible",
            got=oddity.said,
            fix=f'{oddity.advice} Convert it, or raise "limits" in metadata.json',
        )
