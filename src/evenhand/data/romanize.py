"""A column of Japanese texts and, beside it, the same texts in Latin letters."""
# Shapes: N rows.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evenhand.data.block import text_cells
from evenhand.data.kana import JAPANESE, System
from evenhand.data.romaji import Spacing, normal, romaji
from evenhand.data.table import Table
from evenhand.errors import DataError

SUFFIX = "_romaji"
SHORT, LONG = 1.0, 5.0
"""Letters per sign of the native text; hardly any Japanese sentence lies outside."""
_SHOWN = 5


@dataclass(frozen=True)
class Romanized:
    """A table with its new column, and what the checks found.

    Args:
        table: the rows as they were read, the new column at the end.
        column: of the native texts.
        ratios: row with Japanese in it -> length in Latin letters over native length, blanks
            not counted.
        left: row -> signs of Japanese that its romanised text still holds.
    """

    table: Table
    column: str
    ratios: Mapping[int, float]
    left: Mapping[int, str]

    def lines(self) -> list[str]:
        """Return what was done and what the checks found, as lines to print."""
        ratios = self.ratios.values()
        mean = sum(ratios) / len(ratios)
        odd = [i for i, ratio in self.ratios.items() if not SHORT <= ratio <= LONG]
        lines = [
            f"{self.table.path}: {_rows(len(self.table))}, {len(ratios)} with Japanese"
            f" in {self.column!r}",
            f"length   {mean:.2f} letters a sign on average ({min(ratios):.2f} to"
            f" {max(ratios):.2f})",
            f"left     {_rows(len(self.left))} with kana or kanji{self._shown(list(self.left))}",
        ]
        if self.table.blank:
            lines.append(f"blank    {len(self.table.blank)} blank lines are no rows")
        if odd:
            lines.append(
                f"warning  {_rows(len(odd))} with under {SHORT:g} or over {LONG:g} letters a sign"
                f"{self._shown(odd)}"
            )
        return lines

    def _shown(self, rows: Sequence[int]) -> str:
        more = ", ..." if len(rows) > _SHOWN else ""
        return f": {', '.join(map(self.table.where, rows[:_SHOWN]))}{more}" if rows else ""


def add_romaji(
    table: Table,
    column: str,
    *,
    system: System = System.HEPBURN,
    spacing: Spacing = Spacing.WORDS,
    keep_left: bool = False,
) -> Romanized:
    """Add the column ``COLUMN_romaji``; rows, their order and all other cells stay.

    A text without Japanese is the same in both columns but for its NFKC form; an empty one stays
    empty.

    Args:
        table: one row a text.
        column: of the native texts.
        system: of spelling.
        spacing: where blanks stand.
        keep_left: keep rows that still hold kana or kanji instead of refusing them.

    Raises:
        DataError: E205 without the column, E204 for a cell that is no text, E222 when the new
            name is taken, no row holds Japanese, or kana or kanji are left.
        MissingExtraError: E104 without the extra ``japanese``.
    """
    texts = text_cells(table, column)
    new = f"{column}{SUFFIX}"
    if new in table.columns:
        raise _refused(
            f"{table.path} has a column {new!r} already",
            f"the columns {', '.join(map(repr, table.columns))}",
            "rename it, or name another column: --column NAME",
        )
    rows = [i for i, text in enumerate(texts) if JAPANESE.search(normal(text))]
    if not rows:
        raise _refused(
            f"no text of column {column!r} holds Japanese",
            f"{texts[0]!r} ({table.where(0)})",
            f"--column with one of: {', '.join(table.columns)}",
        )
    written = [romaji(text, system=system, spacing=spacing) for text in texts]
    done = Romanized(
        replace(table, columns=table.columns | {new: written}),
        column,
        ratios={i: _length(written[i]) / _length(normal(texts[i])) for i in rows},
        left={i: left for i in rows if (left := "".join(JAPANESE.findall(written[i])))},
    )
    if done.left and not keep_left:
        raise _left(done, texts)
    return done


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _length(text: str) -> int:
    return len("".join(text.split()))


def _left(done: Romanized, texts: Sequence[str]) -> DataError:
    named = [f"{signs!r} ({done.table.where(i)})" for i, signs in done.left.items()]
    count = "a row still holds" if len(named) == 1 else f"{len(named)} rows still hold"
    first = next(iter(done.left))
    more = ", ..." if len(named) > _SHOWN else ""
    return _refused(
        f"{count} kana or kanji that have no reading",
        f"{', '.join(named[:_SHOWN])}{more}; the first is {texts[first]!r}",
        "--left keep leaves them as they are; or write them in kana",
    )


def _refused(what: str, got: str, fix: str) -> DataError:
    return DataError("E222", what, got=got, fix=fix)
