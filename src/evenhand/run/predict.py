"""Answers for files, texts and folders of series, as columns that can be written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from evenhand.bundle import Predictor
from evenhand.data import Schema, read_texts
from evenhand.data.csv_text import csv_text
from evenhand.data.series import SeriesSchema, is_series, read_windows
from evenhand.errors import ConfigError, DataError
from evenhand.evaluate.places import Places

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet; it is written with a ``'`` before it."""
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?")


def answer_file(classifier: Predictor, source: str) -> dict[str, list[Any]]:
    """Return the columns of ``source``, then ``labels`` and ``p:NAME`` for each label.

    A column of ``source`` that bears such a name itself is kept as ``input:NAME``.

    Raises:
        ConfigError: E110 when the classifier reads series.
        DataError: E205 when the text column is missing, and whatever reading may raise.
    """
    table, texts = read_texts(source, _schema_of_texts(classifier, source))
    answers = classifier.predict(texts).frame()
    given = {f"input:{n}" if n in answers else n: cells for n, cells in table.columns.items()}
    return {**given, **answers}


def answer_folder(
    classifier: Predictor, source: str
) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """Answer every window of a folder of series, also those whose future is not recorded.

    Returns:
        The columns ``id``, ``recording``, ``start`` and ``end`` (seconds from the recording's
        beginning), ``labels`` and ``p:NAME`` for each label; and what the user should know.

    Raises:
        ConfigError: E110 when the classifier reads texts.
        EvenhandError: whatever reading may raise.
    """
    schema = classifier.schema
    if not isinstance(schema, SeriesSchema):
        raise ConfigError(
            "E110",
            "this run reads texts, and that is a folder of series",
            got=source,
            fix="name a table with its text column, or a run that was trained on series",
        )
    rows = read_windows(source, schema)
    places = Places.of(rows.ids, rows.windows, schema)
    columns: dict[str, list[Any]] = {
        "id": list(places.ids),
        "recording": list(places.recordings),
        "start": np.round(places.start_N, 6).tolist(),
        "end": np.round(places.end_N, 6).tolist(),
    }
    return columns | classifier.predict(rows.windows).frame(), rows.notes


def answers(classifier: Predictor, source: str) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """Return the columns that answer a table or a folder of series, and what to know of it.

    Raises as ``answer_file`` and ``answer_folder``.
    """
    if is_series(source):
        return answer_folder(classifier, source)
    return answer_file(classifier, source), ()


def _schema_of_texts(classifier: Predictor, source: str) -> Schema:
    if isinstance(classifier.schema, Schema):
        return classifier.schema
    raise ConfigError(
        "E110",
        "this run reads series, and that is no folder of them",
        got=source,
        fix="name a folder with NPZ files in it",
    )


def read_lines(stream: TextIO) -> list[str]:
    """Return the lines of a stream, one text each.

    Raises:
        DataError: E203 when it is not UTF-8.
    """
    try:
        return [line.rstrip("\n") for line in stream]
    except UnicodeDecodeError as error:
        raise DataError(
            "E203",
            "standard input is not UTF-8",
            got=f"byte 0x{error.object[error.start]:02x}",
            fix="convert it first, for example with iconv -f CP1252 -t UTF-8",
        ) from error


def answer_texts(classifier: Predictor, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns ``text``, ``labels`` and ``p:NAME`` for each label.

    Raises:
        ConfigError: E110 when the classifier reads series.
    """
    _schema_of_texts(classifier, "texts")
    return {"text": list(texts), **classifier.predict(texts).frame()}


def to_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return columns as CSV, cells that a spreadsheet would run made harmless."""
    return csv_text({name: [_cell(cell) for cell in cells] for name, cells in columns.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
