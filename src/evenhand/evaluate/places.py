"""Places: where measured windows lie in their recordings, and what happens there and after.

One Parquet file beside the predictions, row by row, so that every figure about recordings and
times rests on stored rows. Shapes: N windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evenhand.data.series import SeriesSchema, Windows
from evenhand.durable import write_table
from evenhand.errors import DataError, MissingFileError
from evenhand.types import Floats

COLUMNS = ("id", "recording", "start", "end", "current", "wait")


@dataclass(frozen=True)
class Places:
    """Windows in the order of their predictions.

    Args:
        ids: of the windows, unique.
        recordings: the name of each window's recording.
        start_N: first frame, seconds from the recording's beginning.
        end_N: after the last frame, likewise.
        current_N: label of the last frame as a position among the labels; NaN where unknown.
        wait_N: seconds from the last frame to the next frame with a label above 0; NaN where the
            recording has none.
    """

    ids: tuple[str, ...]
    recordings: tuple[str, ...]
    start_N: Floats
    end_N: Floats
    current_N: Floats
    wait_N: Floats

    @classmethod
    def of(cls, ids: Sequence[str], windows: Windows, schema: SeriesSchema) -> Places:
        """Return the places of ``windows``, whose ids are ``ids``."""
        frames = windows.frames
        begin_N = frames.starts_R[windows.recording_N]
        return cls(
            ids=tuple(ids),
            recordings=tuple(frames.names[r] for r in windows.recording_N.tolist()),
            start_N=(windows.first_N - begin_N) / schema.rate,
            end_N=(windows.end_N - begin_N) / schema.rate,
            current_N=windows.current_N.astype(np.float64),
            wait_N=windows.wait_N,
        )

    def refuse_other(self, ids: Sequence[str]) -> None:
        """Raise where these are not the places of the rows ``ids``, in that order.

        Raises:
            DataError: E211.
        """
        if self.ids != tuple(ids):
            raise DataError(
                "E211",
                "places and predictions are of other windows",
                got=f"{len(self.ids)} places beside {len(ids)} predictions",
                fix="read both from one run",
            )


def save_places(path: Path, places: Places) -> None:
    """Write ``places`` to ``path`` (Parquet), whole or not at all."""
    values = (places.ids, places.recordings, places.start_N, places.end_N, places.current_N)
    write_table(path, pa.table(dict(zip(COLUMNS, (*values, places.wait_N), strict=True))))


def load_places(path: Path) -> Places:
    """Read what ``save_places`` wrote.

    Raises:
        MissingFileError: E202 when there is no such file.
        DataError: E204 when it is no such file.
    """
    if not path.is_file():
        raise MissingFileError(
            "E202",
            "there is no such file of places",
            got=str(path),
            fix="name a finished run on series",
        )
    try:
        table = pq.read_table(path, columns=list(COLUMNS))
        names = (table[name].to_pylist() for name in COLUMNS[:2])
        numbers = (table[name].to_numpy().astype(np.float64) for name in COLUMNS[2:])
        ids, recordings = names
        start_N, end_N, current_N, wait_N = numbers
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise DataError(
            "E204",
            "that is no file of places written by evenhand",
            got=f"{path}: {error}",
            fix="pass a file of a run's predictions/ folder",
        ) from error
    return Places(tuple(ids), tuple(recordings), start_N, end_N, current_N, wait_N)
