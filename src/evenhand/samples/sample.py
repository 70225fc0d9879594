"""What a sample is before and after it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


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
        files: file name -> rows; ``.csv`` holds one label a row, ``.json`` any number.
        labels: every label name, in the order in which a JSON row lists them.
        ledger: what was read, kept, set aside or changed, one line each.
    """

    files: Mapping[str, tuple[LabelledText, ...]]
    labels: tuple[str, ...]
    ledger: tuple[str, ...]
