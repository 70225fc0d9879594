"""``metadata.json``: what the recordings of a folder hold, and how they are to be read."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from evenhand.data.content import decode, read_content
from evenhand.data.series.records import Stream, Target
from evenhand.errors import DataError, did_you_mean

METADATA = "metadata.json"
LABEL, FUTURE, TIME = "label", "future_label", "time"
"""Arrays of a file that are no streams; ``time`` may be one where ``dimensions`` says so."""
_WORDS = re.compile(r"^(Input|String|Tuple|Dictionary) | after validation")
"""Words of pydantic that say nothing of JSON."""

Seconds = Annotated[float, Field(ge=0, le=1e7)]
Width = Annotated[int, Field(ge=1, le=100_000)]
Name = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)


class Record(_Strict):
    """What is said of one recording; any key may name its group or its role.

    Args:
        files: its files, in time where they hold the same streams; None is ``NAME.npz``.
    """

    files: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None

    def value(self, key: str) -> Any:
        """Return what stands under ``key``, None where nothing does."""
        return (self.model_extra or {}).get(key)


class Metadata(_Strict):
    """A ``metadata.json``; keys that nothing reads are kept apart and noted.

    Args:
        rate: frames a second, Hz.
        dimensions: stream -> numbers at a time.
        units: stream -> unit.
        limits: stream -> largest absolute value that can be, in that unit.
        labels: name of each label of a frame, by its number.
        unlabelled: the number that stands for no label.
        horizon, window, stride: seconds.
        target: which frames make a window's label.
        group, split: keys of ``recordings``.
        recordings: by name.
    """

    rate: Annotated[float, Field(gt=0, le=1e6)] | None = None
    dimensions: Annotated[dict[Name, Width], Field(min_length=1)]
    units: dict[str, str] = {}
    limits: dict[str, Annotated[float, Field(gt=0)]] = {}
    labels: Annotated[tuple[Name, ...], Field(min_length=2)] | None = None
    unlabelled: Annotated[int, Field(ge=-(2**31), lt=2**31)] = 255
    horizon: Seconds | None = None
    window: Seconds | None = None
    stride: Seconds | None = None
    target: Target | None = None
    group: Name | None = None
    split: Name | None = None
    recordings: dict[Name, Record] = {}
    _path: Path = PrivateAttr(default=Path(METADATA))

    @property
    def path(self) -> Path:
        """Where it was read."""
        return self._path

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams in the order of ``dimensions``."""
        return tuple(
            Stream(name, width, self.units.get(name, ""), self.limits.get(name))
            for name, width in self.dimensions.items()
        )

    def record(self, name: str) -> Record:
        """Return what is said of a recording; nothing where it is not named."""
        return self.recordings.get(name, Record())

    def record_keys(self) -> set[str]:
        """Return the keys that the record of any recording has, ``files`` aside."""
        return {key for record in self.recordings.values() for key in record.model_extra or {}}

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each key that nothing reads."""
        for key in self.model_extra or {}:
            close = difflib.get_close_matches(key, Metadata.model_fields, n=1, cutoff=0.7)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            yield f"nothing reads the key {key!r} of {METADATA}{hint}"

    def lacking(self, key: str, fix: str) -> DataError:
        """Return the error for a key that is missing, with a hint where one like it stands."""
        said = [name for name in Metadata.model_fields if name in self.model_fields_set]
        return _lacking(self.path, key, [*said, *(self.model_extra or {})], fix)

    def wrong(self, what: str, got: str, fix: str) -> DataError:
        """Return the error for something that it says."""
        return DataError("E231", what, got=f"{got} ({self.path})", fix=fix)


def read_metadata(folder: Path) -> Metadata:
    """Read and check ``metadata.json``.

    Raises:
        MissingFileError: E202 when there is none, or it is empty.
        DataError: E203 when it is not UTF-8, E231 naming the key that is missing or wrong.
    """
    path = folder / METADATA
    text = decode(read_content(path), str(path)).removeprefix("\ufeff")
    try:
        metadata = Metadata.model_validate_json(text)
    except ValidationError as error:
        raise _explain(error, path) from error
    _refuse_keys_given_twice(text, path)
    metadata._path = path
    for check in (_refuse_streams, _refuse_labels, _refuse_files):
        check(metadata)
    return metadata


def _explain(error: ValidationError, path: Path) -> DataError:
    first = error.errors()[0]
    place, given = first["loc"], first["input"]
    if first["type"] == "json_invalid":
        got = first["msg"].removeprefix("Invalid JSON: ")
        return DataError("E231", "metadata.json is not JSON", got=f"{path}: {got}", fix="mend it")
    if first["type"] == "missing" and isinstance(given, Mapping):
        return _lacking(path, str(place[0]), given, '"dimensions": {"pose": 72, "traj": 2}')
    key = ".".join(map(str, place)) or "the whole of it"
    shown = repr(given) if len(repr(given)) <= 80 else f"{repr(given)[:77]}..."
    reason = _WORDS.sub("", first["msg"])
    return DataError(
        "E231",
        f"metadata.json has a value for {key} that cannot be",
        got=f"{key} = {shown} ({path})",
        fix=f"{key} {reason}",
    )


def _lacking(path: Path, key: str, said: Iterable[str], fix: str) -> DataError:
    close = difflib.get_close_matches(key, [k for k in said if k not in Metadata.model_fields])
    hint = f"did you mean {key!r} by {close[0]!r}? Otherwise add " if close else "add "
    keys = ", ".join(map(repr, said)) or "none"
    return DataError(
        "E231", f"metadata.json lacks {key!r}", got=f"the keys {keys} ({path})", fix=hint + fix
    )


def _refuse_keys_given_twice(text: str, path: Path) -> None:
    """Raise where an object names a key twice: all but the last would be dropped in silence."""

    def look(pairs: Sequence[tuple[str, Any]]) -> None:
        key, count = Counter(key for key, _ in pairs).most_common(1)[0] if pairs else ("", 0)
        if count > 1:
            raise DataError(
                "E231",
                f"metadata.json names a key twice: {key!r}",
                got=f"{count} times in one object ({path})",
                fix="leave one of them",
            )

    json.loads(text, object_pairs_hook=look, parse_int=str)


def _refuse_streams(metadata: Metadata) -> None:
    for name in metadata.dimensions:
        if name in (LABEL, FUTURE):
            raise metadata.wrong(
                f"{name!r} cannot be a stream: the arrays of that name hold labels",
                f"dimensions.{name}",
                "take it out of dimensions",
            )
    for key in ("units", "limits"):
        for name in getattr(metadata, key):
            if name not in metadata.dimensions:
                raise metadata.wrong(
                    f"{key} names a stream that is not in dimensions",
                    f"{key}.{name}",
                    did_you_mean(name, metadata.dimensions),
                )


def _refuse_labels(metadata: Metadata) -> None:
    names = metadata.labels or ()
    if twice := [name for name in names if names.count(name) > 1]:
        raise metadata.wrong("labels names one label twice", repr(twice[0]), "rename one of them")
    if 0 <= metadata.unlabelled < len(names):
        raise metadata.wrong(
            "the number for no label is also that of a label",
            f"unlabelled = {metadata.unlabelled}, labels[{metadata.unlabelled}] = "
            f"{names[metadata.unlabelled]!r}",
            f"choose an unlabelled of {len(names)} or more",
        )


def _refuse_files(metadata: Metadata) -> None:
    owner: dict[str, str] = {}
    for name, record in metadata.recordings.items():
        for file in record.files or ():
            plain = Path(file).name == file and "\\" not in file and file.endswith(".npz")
            if not plain:
                raise metadata.wrong(
                    "a recording names a file that is no NPZ file of this folder",
                    f"{file!r} of {name!r}",
                    f"put it beside {METADATA} and write its name alone, with .npz",
                )
            if file in owner:
                raise metadata.wrong(
                    "two recordings name one file, or one names it twice",
                    f"{file!r} of {owner[file]!r} and of {name!r}",
                    "leave it to one of them",
                )
            owner[file] = name
