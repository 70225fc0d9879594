"""Remedies as settings: what to type, and the next run file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evenhand.config import override
from evenhand.finding import Finding
from evenhand.toml import toml_text


def settings(remedy: Mapping[str, Any]) -> list[str]:
    """Return a remedy as ``section.key=value`` lines, as ``--set`` takes them."""
    return [f"{key}={_text(value)}" for key, value in _flat(remedy, "")]


def apply(config: Mapping[str, Any], findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the settings of the next run: ``config`` with every remedy put in.

    Findings come most urgent first, and of two that want different things the first wins: a key
    is set once, and where a finding chose a part by its name, no later one touches that part.
    Settings without a value (null in ``resolved.json``) are left out, as a run file cannot say
    them; choosing a part by its name leaves the former part's settings behind.

    Args:
        config: nested settings, as in a run file or ``resolved.json``.
        findings: as ``diagnose`` returns them.
    """
    chosen: dict[str, str] = {}
    claimed: set[str] = set()
    for finding in findings:
        items = list(_flat(finding.remedy, ""))
        fresh = {k: _text(v) for k, v in items if k not in chosen and _part(k) not in claimed}
        chosen |= fresh
        claimed |= {_part(key) for key in fresh if key.endswith(".name")}
    return override(_without_null(config), [f"{key}={text}" for key, text in chosen.items()])


def _part(key: str) -> str:
    return key.rpartition(".")[0]


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else toml_text(value)


def _without_null(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _without_null(value) if isinstance(value, Mapping) else value
        for key, value in values.items()
        if value is not None
    }
