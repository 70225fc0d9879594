"""Predictions on disk: one Parquet file of ids, truth and scores, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from evenhand.durable import write_table
from evenhand.errors import DataError, MissingFileError
from evenhand.types import LabelSpace, Logits, Predictions, Probs, Role, Task

_KINDS: dict[str, type[Logits] | type[Probs]] = {"logits": Logits, "probs": Probs}


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write ``predictions`` to ``path`` (Parquet), whole or not at all.

    Columns: ``id``, ``group`` where there are groups, then ``truth:NAME`` and ``score:NAME`` for
    each label. Role, task and the kind of scores stand in the file's metadata, so that none is
    ever guessed.
    """
    columns = {"id": pa.array(predictions.ids, pa.string())}
    if predictions.groups_N is not None:
        columns["group"] = pa.array(predictions.groups_N, pa.int64())
    for c, name in enumerate(predictions.labels.names):
        columns[f"truth:{name}"] = pa.array(predictions.truth_NC[:, c], pa.float32())
        columns[f"score:{name}"] = pa.array(predictions.scores.values_NC[:, c], pa.float64())
    about = {
        "scores": "logits" if isinstance(predictions.scores, Logits) else "probs",
        "role": predictions.role.value,
        "task": predictions.labels.task.value,
        "labels": list(predictions.labels.names),
    }
    table = pa.table(columns).replace_schema_metadata({"evenhand": json.dumps(about)})
    write_table(path, table)


def load_predictions(path: Path) -> Predictions:
    """Read what ``save_predictions`` wrote.

    Raises:
        MissingFileError: E202 when there is no such file.
        DataError: E204 when the file is no prediction file of evenhand.
    """
    if not path.is_file():
        raise MissingFileError(
            "E202",
            "there is no such prediction file",
            got=str(path),
            fix="name a run that finished, or a file of its predictions/ folder",
        )
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {})[b"evenhand"])
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise DataError(
            "E204",
            "that is no prediction file written by evenhand",
            got=f"{path}: {error}",
            fix="pass a Parquet file of a run's predictions/ folder",
        ) from error
    names = tuple(about["labels"])

    def matrix(prefix: str) -> np.ndarray:
        return np.stack([table[f"{prefix}:{n}"].to_numpy() for n in names], axis=1)

    return Predictions(
        ids=tuple(table["id"].to_pylist()),
        scores=_KINDS[about["scores"]](matrix("score").astype(np.float64)),
        truth_NC=matrix("truth").astype(np.float32),
        labels=LabelSpace(names, Task(about["task"])),
        role=Role(about["role"]),
        groups_N=table["group"].to_numpy() if "group" in table.column_names else None,
    )
