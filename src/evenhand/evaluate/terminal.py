"""How figures stand on a terminal: tables without lines, three decimals, the plain minus sign.

Not every terminal's encoding has the typographic minus that pages use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rich.table import Table

NOT_AVAILABLE = "n/a"

Part = Mapping[str, Any]


def number(value: float | None, *, signed: bool = False, digits: int = 3) -> str:
    """Return a value with its decimals, or ``n/a``; never a zero with a minus sign."""
    if value is None:
        return NOT_AVAILABLE
    return f"{round(value, digits) + 0.0:{'+' if signed else ''}.{digits}f}"


def interval(part: Part, *, signed: bool = False) -> str:
    """Return ``low to high``, or ``n/a`` where either end is undefined."""
    if part["low"] is None or part["high"] is None:
        return NOT_AVAILABLE
    return f"{number(part['low'], signed=signed)} to {number(part['high'], signed=signed)}"


def cells(part: Part, key: str = "value", *, signed: bool = False) -> tuple[str, str]:
    """Return the value that stands under ``key`` and its interval, to be a cell each."""
    return number(part[key], signed=signed), interval(part, signed=signed)


def figure(part: Part, key: str = "value", *, signed: bool = False) -> str:
    """Return ``value (low to high)``; the value alone where either end is undefined."""
    said, span = cells(part, key, signed=signed)
    return said if span == NOT_AVAILABLE else f"{said} ({span})"


def worth(row: Part) -> float:
    """Return the F1 of a class, to order classes by; an undefined one comes before all others."""
    value = row["f1"]["value"]
    return -1.0 if value is None else float(value)


def grid(*columns: str, words: Collection[int] = (0,), widest: int | None = None) -> Table:
    """Return an empty table.

    Args:
        columns: their heads.
        words: places of those that hold words, which stand to the left; figures to the right.
        widest: signs of the first column at most.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place in words else "right", no_wrap=True)
    table.columns[0].max_width = widest
    return table
