"""Samples of texts: rows, and the CSV and JSON files that hold them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from evenhand.samples.sample import against, table

ROLE_OPTIONS = {"test": "--report", "valid": "--tune"}


@dataclass(frozen=True)
class LabelledText:
    """One row: a unique id, the text on one line, and the labels that apply."""

    id: str
    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class DrawnTexts:
    """The rows of a sample, ready to be written.

    Args:
        files: file name -> rows, training rows first; ``.csv`` holds one label a row,
            ``.json`` any number.
        labels: every label name; a JSON row lists them in this order.
        ledger: what was read, kept, set aside or changed, one line each.
    """

    files: Mapping[str, tuple[LabelledText, ...]]
    labels: tuple[str, ...]
    ledger: tuple[str, ...]

    def pages(self) -> dict[str, bytes]:
        """Return file name -> content."""
        return {name: self._rendered(name).encode() for name in self.files}

    def imbalance(self) -> str:
        """Return the most and least common label of the first file against each other."""
        first = next(iter(self.files.values()))
        return f"of the first file: {against(count_labels(first).values(), 'rows')}"

    def tables(self, pages: Mapping[str, bytes]) -> list[list[str]]:
        """Return the table of files and the table of labels."""
        counts = [count_labels(rows) for rows in self.files.values()]
        files = [
            (name, len(rows), f"`{hashlib.sha256(pages[name]).hexdigest()}`")
            for name, rows in self.files.items()
        ]
        labels = [(label, *(count[label] for count in counts)) for label in self.labels]
        return [table(("file", "rows", "sha256"), files), table(("label", *self.files), labels)]

    def arguments(self, folder: Path) -> list[str]:
        """Return the first file, and the others behind the options of their roles."""
        train, *others = self.files
        words = [str(folder / train)]
        for name in others:
            words += [ROLE_OPTIONS[Path(name).stem], str(folder / name)]
        return words

    def _rendered(self, name: str) -> str:
        rows = self.files[name]
        return _json(rows, self.labels) if name.endswith(".json") else _csv(rows)


def count_labels(rows: tuple[LabelledText, ...]) -> Counter[str]:
    """Return how many rows carry each label."""
    return Counter(label for row in rows for label in row.labels)


def one_line(text: str) -> str:
    """Return ``text`` with white space as single spaces, without control characters.

    Half characters (lone surrogates), which no file can hold, go too.
    """
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cs"))


def _csv(rows: tuple[LabelledText, ...]) -> str:
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(("id", "text", "label"))
    writer.writerows((row.id, row.text, *row.labels) for row in rows)
    return page.getvalue()


def _json(rows: tuple[LabelledText, ...], labels: tuple[str, ...]) -> str:
    records = [
        {"id": row.id, "text": row.text, "labels": {n: int(n in row.labels) for n in labels}}
        for row in rows
    ]
    return json.dumps(records, indent=1, ensure_ascii=False) + "\n"
