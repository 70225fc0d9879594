"""``metadata.json``, settings and what was read, to the schema by which windows are cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from evenhand.config import DataConfig, SeriesConfig
from evenhand.data.header import SPLIT_NAMES, known_column
from evenhand.data.roles import VALUES
from evenhand.data.series.metadata import METADATA, Metadata
from evenhand.data.series.recording import Manner
from evenhand.data.series.records import SeriesSchema, Stream, Target
from evenhand.data.series.reel import Reel
from evenhand.errors import ConfigError, DataError, did_you_mean

WINDOW = 4.0
"""Seconds of a window where nobody says."""
MOST_UNNAMED = 256
"""Labels that may go by their number alone."""
AHEAD = ("horizon", "any", "future")
"""Targets that look ahead."""
TEXT_KEYS = ("text", "labels", "id", "header", "delimiter", "task")
"""Keys of ``[data]`` that only tables read."""


def refuse_text_keys(data: DataConfig) -> None:
    """Raise for settings of tables, where the rows are series.

    Raises:
        ConfigError: E105.
    """
    for key in TEXT_KEYS:
        if getattr(data, key) != DataConfig.model_fields[key].default:
            raise ConfigError(
                "E105",
                "only tables read that setting, and these rows are windows of series",
                got=f"data.{key} = {getattr(data, key)!r}",
                fix=f"leave out data.{key}",
            )


def chosen_streams(metadata: Metadata, config: SeriesConfig) -> tuple[Stream, ...]:
    """Return the streams that are read, in the order of ``dimensions``.

    Raises:
        ConfigError: E102 for one that ``dimensions`` does not have.
    """
    wanted = config.streams
    if wanted is None:
        return metadata.streams
    unknown = [name for name in wanted if name not in metadata.dimensions]
    if unknown or not wanted:
        raise ConfigError(
            "E102",
            "series.streams names a stream that is not there",
            got=repr(unknown[0]) if unknown else "none at all",
            fix=did_you_mean(unknown[0] if unknown else "", metadata.dimensions),
        )
    return tuple(stream for stream in metadata.streams if stream.name in wanted)


def settle(
    metadata: Metadata,
    reel: Reel,
    manner: Manner,
    *,
    config: SeriesConfig,
    data: DataConfig,
    split: str | None,
) -> SeriesSchema:
    """Return how these recordings become windows.

    A setting wins over ``metadata.json``, which wins over the defaults: windows of 4 s, half a
    window apart, and the target ``horizon`` where one is given, else ``future`` where
    ``future_label`` is stored, else ``majority``.

    Args:
        metadata: of the fit folder.
        reel: its frames and labels.
        manner: how they were read.
        config: ``[series]`` of the run file.
        data: its ``[data]``.
        split: key that says the role of a recording; None where none does.

    Raises:
        ConfigError: E102 or E105 for settings that cannot be.
        DataError: E205 for a group that no recording has, E206 for too many unnamed labels, E231
            for what ``metadata.json`` lacks or has wrong, E233 without any label.
    """
    rate = rate_of(metadata, config)
    horizon = _chosen(config.horizon, metadata.horizon, 0.0)
    target = _target(metadata, config, reel, manner.unlabelled)
    window = _chosen(config.window, metadata.window, WINDOW)
    stride = _chosen(config.stride, metadata.stride, window / 2)
    lasting = _Durations(metadata, config, rate)
    windows = lasting.frames("window", window)
    schema = SeriesSchema(
        streams=manner.streams,
        rate=rate,
        window=windows,
        stride=lasting.frames("stride", stride) if windows else 0,
        horizon=lasting.frames("horizon", horizon) if target in AHEAD else 0,
        target=target,
        names=_names(metadata, reel, manner.unlabelled, future=target == "future"),
        unlabelled=manner.unlabelled,
        group=group_of(metadata, data),
        split=split,
        nan=config.nan,
        corrupt=config.corrupt,
    )
    _refuse_impossible(schema, metadata, config)
    return schema


def rate_of(metadata: Metadata, config: SeriesConfig) -> float:
    """Return frames a second.

    Raises:
        DataError: E231 when neither ``metadata.json`` nor a setting says it.
    """
    rate = _chosen(config.rate, metadata.rate, 0.0)
    if not rate:
        raise metadata.lacking("rate", '"rate": 15 (frames a second), or --set series.rate=15')
    return rate


def split_key(metadata: Metadata, data: DataConfig, *, explicit: bool) -> str | None:
    """Return the key of the recordings that says fit, tune or report; None where none does.

    Args:
        metadata: of the fit folder.
        data: ``data.split`` names the key; ``none`` says that there is none.
        explicit: whether other roles come from folders of their own.

    Raises:
        ConfigError: E105 when both a key and folders say the role.
        DataError: E205 when no recording has the key.
    """
    keys = metadata.record_keys()
    if data.split == "none" and "none" not in keys:
        return None
    if data.split is not None and explicit:
        raise ConfigError(
            "E105",
            "roles come from a key or from folders, not from both",
            got=f"data.split = {data.split!r} beside --tune or --report",
            fix="leave one of them out",
        )
    if explicit:
        return None
    key = data.split or metadata.split
    if key is not None:
        return _known_key(metadata, "split", key)
    found = known_column(sorted(keys), SPLIT_NAMES)
    said = [record.value(found) for record in metadata.recordings.values()] if found else []
    return found if any(str(value).strip().casefold() in VALUES for value in said) else None


def group_of(metadata: Metadata, data: DataConfig) -> str | None:
    """Return the key that keeps recordings together; None is each by itself.

    Raises:
        DataError: E205 when no recording has it.
    """
    if data.group == "none" and "none" not in metadata.record_keys():
        return None
    key = data.group or metadata.group
    return None if key is None else _known_key(metadata, "group", key)


def notes_of(schema: SeriesSchema, metadata: Metadata, config: SeriesConfig) -> Iterator[str]:
    """Yield what the user should know of the settings."""
    yield from metadata.notes()
    if config.rate is not None and metadata.rate not in (None, config.rate):
        yield f"series.rate = {config.rate:g} Hz, and {METADATA} says {metadata.rate:g} Hz"
    asked = {
        "window": _chosen(config.window, metadata.window, WINDOW),
        "stride": _chosen(config.stride, metadata.stride, schema.seconds(schema.stride)),
        "horizon": _chosen(config.horizon, metadata.horizon, 0.0),
    }
    for name, seconds in asked.items():
        frames = getattr(schema, name)
        if frames and abs(seconds * schema.rate - frames) > 1e-3:
            yield (
                f"a {name} of {seconds:g} s is not a whole number of frames at {schema.rate:g} Hz: "
                f"{frames} frames, {schema.seconds(frames):.4g} s"
            )


class _Durations:
    """Seconds to frames, with errors that say who gave them."""

    def __init__(self, metadata: Metadata, config: SeriesConfig, rate: float) -> None:
        self.metadata, self.config, self.rate = metadata, config, rate

    def frames(self, name: str, seconds: float) -> int:
        """Return the nearest number of frames; 0 s are 0 frames, more is at least one."""
        frames = round(seconds * self.rate)
        if frames or (not seconds and name != "stride"):
            return frames
        what = f"the {name} is shorter than a frame"
        got, least = f"{name} = {seconds:g} s at {self.rate:g} Hz", f"{1 / self.rate:.4g}"
        if getattr(self.config, name) is None and getattr(self.metadata, name) is not None:
            raise self.metadata.wrong(what, got, f"give {name} {least} s or more")
        raise ConfigError("E102", what, got=got, fix=f"--set series.{name}={least} or more")


def _chosen(setting: float | None, said: float | None, default: float) -> float:
    return next(value for value in (setting, said, default) if value is not None)


def _target(metadata: Metadata, config: SeriesConfig, reel: Reel, unlabelled: int) -> Target:
    if config.target != "auto":
        target: Target = config.target
    elif metadata.target is not None:
        target = metadata.target
    elif _chosen(config.horizon, metadata.horizon, 0.0) > 0:
        target = "horizon"
    else:
        target = "future" if (reel.future_F != unlabelled).any() else "majority"
    if target == "future" and not (reel.future_F != unlabelled).any():
        raise DataError(
            "E233",
            "the target is future_label, and no recording stores one",
            got=f"target = 'future' ({metadata.path.parent})",
            fix="--set series.target=horizon, which makes it from the labels of the frames",
        )
    return target


def _refuse_impossible(schema: SeriesSchema, metadata: Metadata, config: SeriesConfig) -> None:
    if schema.target == "horizon" and not schema.horizon:
        raise metadata.lacking("horizon", '"horizon": 2 (seconds ahead), or --set series.horizon=2')
    if schema.target == "horizon" and not schema.window:
        raise ConfigError(
            "E105",
            "a window that is the whole recording has nothing after it to foretell",
            got="series.window = 0, target = 'horizon'",
            fix="--set series.window=4, or --set series.target=majority",
        )
    if config.horizon and schema.target == "majority":
        raise ConfigError(
            "E105",
            "the target looks at the window alone, so that a horizon has no effect",
            got=f"series.horizon = {config.horizon:g}, target = {schema.target!r}",
            fix="--set series.target=horizon, or leave out series.horizon",
        )


def _names(metadata: Metadata, reel: Reel, unlabelled: int, *, future: bool) -> tuple[str, ...]:
    """Return label names; without any, the numbers from 0 to the largest that occurs."""
    used = reel.future_F if future else reel.label_F
    found = np.unique(np.concatenate([used, reel.label_F]))
    found = found[found != unlabelled]
    if not (used != unlabelled).any():
        raise DataError(
            "E233",
            "no recording has a label",
            got=f"no array 'label' in {metadata.path.parent}, or all of it is {unlabelled}",
            fix="write one whole number a frame as 'label' into every NPZ file",
        )
    if metadata.labels is not None:
        return metadata.labels
    largest = int(found.max())
    if largest >= MOST_UNNAMED:
        raise DataError(
            "E206",
            f"labels without names may go up to {MOST_UNNAMED - 1}",
            got=f"{largest} ({metadata.path.parent})",
            fix=f'"unlabelled": {largest} in {metadata.path} if it stands for no label; else '
            'name them: "labels": [...]',
        )
    return tuple(str(number) for number in range(max(largest + 1, 2)))


def _known_key(metadata: Metadata, what: str, key: str) -> str:
    keys = metadata.record_keys()
    if key in keys:
        return key
    known: Sequence[Any] = sorted(keys)
    raise DataError(
        "E205",
        f"no recording has the {what} {key!r}",
        got=f"the keys {', '.join(map(repr, known)) or 'of no recording'} ({metadata.path})",
        fix=did_you_mean(key, known)
        if known
        else f'"recordings": {{"NAME": {{"{key}": ...}}}} in {metadata.path}',
    )


def agree(metadata: Metadata, schema: SeriesSchema, *, rate_given: bool = False) -> None:
    """Raise when the ``metadata.json`` of another folder contradicts a schema.

    Args:
        metadata: of the other folder.
        schema: of the folder that was fitted.
        rate_given: whether a setting says the rate, so that no file does.

    Raises:
        DataError: E231 for another rate, width, unit or number for no label; E213 for other
            label names.
    """
    said: list[tuple[str, Any, Any]] = []
    if "unlabelled" in metadata.model_fields_set:
        said.append(("unlabelled", metadata.unlabelled, schema.unlabelled))
    if not rate_given and metadata.rate is not None:
        said.append(("rate", metadata.rate, schema.rate))
    for stream in schema.streams:
        if stream.name in metadata.dimensions:
            key = f"dimensions.{stream.name}"
            said.append((key, metadata.dimensions[stream.name], stream.width))
        if metadata.units.get(stream.name) and stream.unit:
            said.append((f"units.{stream.name}", metadata.units[stream.name], stream.unit))
    for key, here, there in said:
        if here != there:
            raise metadata.wrong(
                "this folder was not recorded as the one that is fitted",
                f"{key} = {here!r}, and there {there!r}",
                "convert the recordings, or mend metadata.json",
            )
    if metadata.labels is not None and metadata.labels != schema.names:
        raise DataError(
            "E213",
            "this folder names its labels otherwise than the one that is fitted",
            got=f"{', '.join(map(repr, metadata.labels))} and "
            f"{', '.join(map(repr, schema.names))} ({metadata.path})",
            fix="write the labels of both alike, in one order",
        )
