"""What a sample is: its facts, how it is drawn, and the rows that come out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from evenhand.samples.fetch import Archive, Client


@dataclass(frozen=True)
class LabelledText:
    """One row: a unique id, the text on one line, and the labels that apply."""

    id: str
    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Drawn:
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


@dataclass(frozen=True)
class Sample:
    """A data set that ``evenhand sample NAME`` writes.

    Args:
        name: what the user types.
        title: what the rows are, a few words.
        facts: rows, classes and imbalance, as the list shows them.
        licence: of the rows, in a few words.
        source: where the rows come from and whom to cite.
        not_for: what a model trained on it may not be used for.
        archive: the pinned file that holds the rows; None where nothing is fetched.
        settings: what the next command needs with ``--set``.
        draw: (seed, client) -> the rows.
    """

    name: str
    title: str
    facts: str
    licence: str
    source: str
    not_for: str
    archive: Archive | None
    settings: tuple[str, ...]
    draw: Callable[[int, Client], Drawn]

    def line(self) -> str:
        """Return the sample as one line of a list."""
        return f"{self.name:<13} {self.title}: {self.facts}; {self.licence}"


def one_line(text: str) -> str:
    """Return ``text`` with white space as single spaces, without control characters.

    Half characters (lone surrogates), which no file can hold, go too.
    """
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cs"))
