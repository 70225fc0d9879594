"""Demands as they are typed: ``NAME=0.95``, ``NAME=50``, ``NAME=2%``."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.errors import ConfigError


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
        ConfigError: E102 for what is neither, or a name twice.
    """
    found = []
    for text in typed:
        share = text.rstrip().endswith("%")
        name, value = _pair("alerts", text.rstrip().removesuffix("%"), "50 or 2%")
        if not share and value != int(value):
            raise _unreadable("alerts", text, "50 or 2%")
        found.append((text, name, value / 100 if share else min(1.0, value / max(1, rows))))
    return _once("alerts", found)


def _pair(kind: str, text: str, example: str) -> tuple[str, float]:
    name, equals, value = text.rpartition("=")
    try:
        number = float(value)
    except ValueError as error:
        raise _unreadable(kind, text, example) from error
    if not equals or not name.strip() or not abs(number) < float("inf"):
        raise _unreadable(kind, text, example)
    return name.strip(), number


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
