"""Story: what a report says, as plain records in reading order.

The builders of sections make it once; the page and the Markdown only set it in type, so that the
two cannot disagree. Every number is already a text here; ``n/a`` is one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

Tone = Literal["better", "same", "worse"]
Sort = float | str | None


@dataclass(frozen=True)
class Verdict:
    """The run against its best baseline, in words.

    Args:
        judgement: a few words.
        sentence: macro-F1 with interval, the best baseline, the paired difference.
        tone: ``"better"``, ``"same"`` or ``"worse"``; ``"same"`` also where nothing is known.
    """

    judgement: str
    sentence: str
    tone: Tone


@dataclass(frozen=True)
class Bar:
    """A value with its interval, drawn on a scale from 0 to 1; None is left out."""

    value: float | None
    low: float | None
    high: float | None
    look: str


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Args:
        text: what stands in it.
        detail: what stands below it in small type: an interval, a remark.
        sort: what it is sorted by; None comes last.
        mark: a word beside the text that warns.
        tone: ``good``, ``bad`` or nothing.
        bar: drawn in place of the text on a page.
        shade: share of full colour behind the text, in percent.
    """

    text: str
    detail: str = ""
    sort: Sort = None
    mark: str = ""
    tone: str = ""
    bar: Bar | None = None
    shade: int | None = None


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether numbers stand below it."""

    title: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table; the first cell of a row names the row.

    Args:
        title: of a few words, for those who jump from table to table.
        caption: what it holds and how to read it.
        columns: headings.
        rows: as many cells each as there are columns.
        look: ``full`` (as wide as the page), ``sortable``, both, ``heat``, ``quotes`` (texts).
        first: whether the first row is the one that it is all about.
    """

    kind: ClassVar[str] = "table"
    title: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    look: str = ""
    first: bool = False


@dataclass(frozen=True)
class Panel:
    """One plot with what stands above it; ``keys`` pairs a look with what it stands for."""

    svg: str
    title: str = ""
    caption: str = ""
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Figure:
    """Plots under one caption.

    Args:
        caption: what is drawn.
        panels: the plots.
        look: ``single``, ``panels`` (large), ``multiples`` (small), or ``twofold`` (the same plot
            drawn for a wide and for a narrow screen).
        keys: as of ``Panel``.
    """

    kind: ClassVar[str] = "figure"
    caption: str
    panels: Sequence[Panel]
    look: str = "single"
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """Plain prose."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Facts:
    """Names with their values; ``look`` is ``many`` for many short ones, ``terms`` for prose."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, str]]
    title: str = ""
    look: str = ""


@dataclass(frozen=True)
class Lines:
    """Lines that belong together."""

    kind: ClassVar[str] = "lines"
    lines: Sequence[str]


@dataclass(frozen=True)
class Note:
    """What a check found: its code, severity, title, sentences, and settings to try."""

    kind: ClassVar[str] = "note"
    code: str
    severity: str
    title: str
    sentences: Sequence[str]
    settings: Sequence[str] = ()


@dataclass(frozen=True)
class Heading:
    """A part of a section begins."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Pair:
    """Two columns on a wide screen, one after the other on a narrow one."""

    kind: ClassVar[str] = "pair"
    left: Sequence[Block]
    right: Sequence[Block]


Block = Table | Figure | Paragraph | Facts | Lines | Note | Heading | Pair


@dataclass(frozen=True)
class Section:
    """A chapter; ``key`` is its anchor, ``short`` its name in the contents."""

    key: str
    title: str
    blocks: Sequence[Block]
    short: str = ""


@dataclass(frozen=True)
class Story:
    """A whole report.

    Args:
        title: heading of the page.
        lede: which rows were measured, and how.
        verdict: the run against its best baseline.
        gates: how many gates hold, in a few words; empty without gates.
        cautions: what to know before believing any number, most general first.
        sections: in reading order.
    """

    title: str
    lede: str
    verdict: Verdict
    cautions: Sequence[str]
    sections: Sequence[Section]
    gates: str = ""
