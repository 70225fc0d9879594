"""Answers for texts and folders of series, as columns that can be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from evenhand.bundle import Answers, Predictor
from evenhand.data import Schema
from evenhand.data.series import SeriesSchema, read_windows
from evenhand.errors import ConfigError, DataError
from evenhand.evaluate.places import Places


def answer_portion(
    classifier: Predictor, given: Mapping[str, list[Any]], texts: Sequence[str]
) -> dict[str, list[Any]]:
    """Return the columns that are ``given``, then ``labels`` and ``p:NAME`` for each label.

    A column that bears such a name itself is kept under ``kept_names``.
    """
    answers = classifier.predict(texts) if texts else no_answers(classifier)
    columns = answers.frame()
    names = kept_names(tuple(given), columns)
    return dict(zip(names, given.values(), strict=True)) | columns


def kept_names(given: Sequence[str], answers: Collection[str]) -> list[str]:
    """Return what the columns that are given are called beside those that answer.

    One of the same name as an answer gets ``input:`` before it, as often as that takes.
    """
    taken = {*given, *answers}
    names: list[str] = []
    for name in given:
        kept = name
        while kept in answers or (kept != name and kept in taken):
            kept = f"input:{kept}"
        names.append(kept)
    return names


def no_answers(classifier: Predictor) -> Answers:
    """Return what a classifier says of no row."""
    shape = (0, len(classifier.labels))
    return Answers(classifier.labels, np.empty(shape), np.empty(shape, bool))


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


def schema_of_texts(classifier: Predictor, source: str) -> Schema:
    """Return how the classifier reads a table.

    Raises:
        ConfigError: E110 when it reads series.
    """
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
    schema_of_texts(classifier, "texts")
    return answer_portion(classifier, {"text": list(texts)}, texts)
