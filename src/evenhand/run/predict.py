"""Answers for files and texts, as columns that can be written."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.bundle import Classifier
from evenhand.data import read_texts

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet; it is written with a ``'`` before it."""


def answer_file(classifier: Classifier, source: str) -> dict[str, list[Any]]:
    """Return the columns of ``source``, then ``labels`` and ``p:NAME`` for each label.

    Raises:
        DataError: E205 when the text column is missing, and whatever reading may raise.
    """
    table, texts = read_texts(source, classifier.schema)
    return {**table.columns, **classifier.predict(texts).frame()}


def answer_texts(classifier: Classifier, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns ``text``, ``labels`` and ``p:NAME`` for each label."""
    return {"text": list(texts), **classifier.predict(texts).frame()}


def to_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return columns as CSV, cells that a spreadsheet would run made harmless."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([_cell(value) for value in row])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
