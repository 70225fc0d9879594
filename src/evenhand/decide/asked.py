"""Demands as they are written: ``NAME=0.95``, ``NAME=50``, ``NAME=2%``."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from evenhand.errors import ConfigError

BUDGET = "50 or 2%"
_FORM = f"pass a number of alerts or a share of the rows: {BUDGET}"


def demands(kind: str, typed: Sequence[str]) -> dict[str, float]:
    """Return label -> share for what was typed as ``NAME=0.95``.

    A name may hold ``=``; the last one counts.

    Raises:
        ConfigError: E102 for what is no name with a number, or a name twice.
    """
    return _once(kind, [(text, *_pair(kind, text, "0.95")) for text in typed])


def budgets(typed: Sequence[str], rows: int) -> dict[str, float]:
    """Return label -> share of the rows for ``NAME=50`` (alerts) or ``NAME=2%`` (of the rows).

    Raises:
        ConfigError: E102 or E105 as ``share_of``, E102 for a name twice.
    """
    named = [(text, *_split("alerts", text, BUDGET)) for text in typed]
    return _once("alerts", [(text, name, share_of(name, at, rows)) for text, name, at in named])


def share_of(label: str, budget: int | str, rows: int) -> float:
    """Return the share of ``rows`` that a budget is: a number of alerts, or ``2%``.

    Raises:
        ConfigError: E102 for what is neither, or no share above 0 and up to 1; E105 for more
            alerts than rows.
    """
    text = str(budget).strip()
    percent = text.endswith("%")
    try:
        number = _finite(text.removesuffix("%"))
    except ValueError as error:
        raise _unreadable("alerts", f"{label}={budget}", BUDGET) from error
    if not percent and not number.is_integer():
        raise _unreadable("alerts", f"{label}={budget}", BUDGET)
    if number <= 0 or (percent and number > 100):
        raise ConfigError(
            "E102", "a budget of alerts is out of range", got=f"alerts.{label} = {text}", fix=_FORM
        )
    if not percent and number > max(1, rows):
        raise ConfigError(
            "E105",
            "a budget of more alerts than there are rows limits nothing",
            got=f"alerts.{label} = {text}, with {rows:,} rows to choose the cut",
            fix=_FORM,
        )
    return number / 100 if percent else number / max(1, rows)


def _pair(kind: str, text: str, example: str) -> tuple[str, float]:
    name, value = _split(kind, text, example)
    try:
        return name, _finite(value)
    except ValueError as error:
        raise _unreadable(kind, text, example) from error


def _split(kind: str, text: str, example: str) -> tuple[str, str]:
    """Return name and value; the name keeps its blanks, which may be a label's own."""
    name, equals, value = text.rpartition("=")
    if not equals or not name.strip():
        raise _unreadable(kind, text, example)
    return name, value


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"not finite: {text}")
    return number


def _once(kind: str, found: Sequence[tuple[str, str, float]]) -> dict[str, float]:
    given: dict[str, float] = {}
    for text, name, value in found:
        if name in given:
            raise ConfigError(
                "E102",
                f"one label has two demands on {kind}",
                got=f"{kind} {text!r}, after {given[name]:g}",
                fix="keep one of the two",
            )
        given[name] = value
    return given


def _unreadable(kind: str, text: str, example: str) -> ConfigError:
    return ConfigError(
        "E102",
        f"a demand on {kind} must look like NAME=VALUE",
        got=repr(text),
        fix=f"--{kind} NAME={example}",
    )
