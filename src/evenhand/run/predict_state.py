"""An output that is not finished: its rows so far, and how far they go.

```
out.csv.partial         what has been written
out.csv.partial.json    how much of it counts, and what it was made of
```

Rows are forced to disk before the second file counts them. So whatever lies beyond its count is
cut off when the work goes on, and what it counts is there.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evenhand.data.portions import Limit, Place
from evenhand.durable import append_bytes, cut_file, remove_file, sync_file, write_json
from evenhand.errors import UnfinishedError
from evenhand.run.predict_tally import Tally

FORMAT = 1
NOTHING = hashlib.sha256().hexdigest()
_PIECE = 2**20


@dataclass(frozen=True)
class Unfinished:
    """How far an output is.

    Args:
        made_of: what it was made of; it goes on with nothing else.
        place: of the next row.
        size: bytes that count.
        sha256: of these bytes.
        tally: of the rows so far.
        whole: whether all rows are there.
    """

    made_of: Mapping[str, Any]
    place: Place = field(default_factory=Place)
    size: int = 0
    sha256: str = NOTHING
    tally: Tally = field(default_factory=Tally)
    whole: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Unfinished:
        """Return what ``to_dict`` described."""
        return cls(
            dict(stored["made_of"]),
            Place(**stored["place"]),
            int(stored["size"]),
            str(stored["sha256"]),
            Tally.from_dict(stored["tally"]),
            bool(stored["whole"]),
        )


@dataclass(frozen=True)
class Beside:
    """The two files beside an output.

    Args:
        out: the output.
    """

    out: Path

    @property
    def part(self) -> Path:
        """The rows so far."""
        return self.out.with_name(f"{self.out.name}.partial")

    @property
    def state(self) -> Path:
        """How far they go."""
        return self.out.with_name(f"{self.out.name}.partial.json")

    def found(self) -> Unfinished | None:
        """Return how far the output is, None where it was not begun.

        Raises:
            UnfinishedError: E406 where that cannot be read, or rows lie there uncounted.
        """
        try:
            stored = json.loads(self.state.read_bytes())
            if stored["format"] == FORMAT:
                return Unfinished.from_dict(stored)
        except FileNotFoundError:
            if not self.gone():
                raise UnfinishedError(
                    "E406",
                    "a file is in the way of the output",
                    got=f"{self.part}, and no {self.state.name} beside it says what it holds",
                    fix="move it away, or name another --out",
                ) from None
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.refused(
                "what says how far the output is cannot be read", str(self.state), anew=True
            ) from error
        raise self.refused("another version wrote the output", str(self.state), anew=True)

    def refused(self, what: str, got: str, *, anew: bool) -> UnfinishedError:
        """Return E406.

        Args:
            what: is wrong.
            got: in its place.
            anew: whether to begin anew is the only way.
        """
        files = shlex.join(map(str, (self.part, self.state)))
        other = "" if anew else "go on with --resume, or "
        return UnfinishedError("E406", what, got=got, fix=f"{other}begin anew: rm -f {files}")

    def gone(self) -> bool:
        """Say whether no row is there: of an output that is whole, it has its name."""
        return not self.part.is_file() or not self.part.stat().st_size

    def clear(self) -> None:
        """Remove both."""
        remove_file(self.part)
        remove_file(self.state)


class Growing:
    """An output that grows by portions.

    Args:
        beside: its files, which no other process writes to.
        found: how far it is; what lies beyond is cut off.

    Raises:
        UnfinishedError: E406 where less is there than was counted, or something else.
        WriteError: E106 where it cannot be written.
    """

    def __init__(self, beside: Beside, found: Unfinished) -> None:
        self._beside, self._hash = beside, hashlib.sha256()
        self.now = found
        if found.size:
            self._hash = _hash_of(beside.part, found.size)
        if self._hash.hexdigest() != found.sha256:
            raise beside.refused(
                "the output so far is not what was written",
                f"{beside.part}: its first {found.size} bytes",
                anew=True,
            )
        cut_file(beside.part, found.size)
        write_json(beside.state, found.to_dict())

    def add(self, content: bytes) -> None:
        """Write what comes next; it does not count yet."""
        append_bytes(self._beside.part, content)
        self._hash.update(content)

    def count(self, place: Place, tally: Tally, *, whole: bool) -> None:
        """Force what has been written to disk, and let it count."""
        sync_file(self._beside.part)
        size = self._beside.part.stat().st_size
        self.now = Unfinished(
            self.now.made_of, place, size, self._hash.hexdigest(), tally, whole=whole
        )
        write_json(self._beside.state, self.now.to_dict())


def made_of(source: str, digest: str, bundle: str, limit: Limit) -> dict[str, Any]:
    """Return what an output is made of.

    Args:
        source: of the rows, as it was named; another name does no harm, another ending does.
        digest: of its content.
        bundle: SHA-256 of its manifest.
        limit: of a portion; a text's neighbours may move its last digit.
    """
    return {
        "input": source,
        "rows": {"ending": Path(source).suffix.lower(), "sha256": digest},
        "bundle": bundle,
        "portions": asdict(limit),
        "version of evenhand": version("evenhand"),
    }


def refuse_other(beside: Beside, found: Unfinished, wanted: Mapping[str, Any]) -> None:
    """Raise where an output was begun with something else.

    Raises:
        UnfinishedError: E406 naming it.
    """
    for what in [name for name in wanted if name != "input"]:
        if found.made_of.get(what) != wanted[what]:
            other = "other" if what.endswith("s") else "another"
            raise beside.refused(
                f"the output was begun with {other} {what}",
                f"{beside.part}, {found.place.rows:,} rows of {found.made_of.get('input')}",
                anew=True,
            )


def _hash_of(path: Path, size: int) -> Any:
    """Return the hash of the first ``size`` bytes of a file, or of all where there are fewer."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while size and (piece := file.read(min(size, _PIECE))):
                digest.update(piece)
                size -= len(piece)
    except FileNotFoundError:
        return digest
    return digest
