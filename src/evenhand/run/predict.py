"""Answers for files and texts, as columns that can be written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from evenhand.bundle import Classifier
from evenhand.data import read_texts
from evenhand.data.csv_text import csv_text
from evenhand.errors import DataError

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be run by a spreadsheet; it is written with a ``'`` before it."""
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?")


def answer_file(classifier: Classifier, source: str) -> dict[str, list[Any]]:
    """Return the columns of ``source``, then ``labels`` and ``p:NAME`` for each label.

    A column of ``source`` that bears such a name itself is kept as ``input:NAME``.

    Raises:
        DataError: E205 when the text column is missing, and whatever reading may raise.
    """
    table, texts = read_texts(source, classifier.schema)
    answers = classifier.predict(texts).frame()
    given = {f"input:{n}" if n in answers else n: cells for n, cells in table.columns.items()}
    return {**given, **answers}


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


def answer_texts(classifier: Classifier, texts: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns ``text``, ``labels`` and ``p:NAME`` for each label."""
    return {"text": list(texts), **classifier.predict(texts).frame()}


def to_csv(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return columns as CSV, cells that a spreadsheet would run made harmless."""
    return csv_text({name: [_cell(cell) for cell in cells] for name, cells in columns.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
