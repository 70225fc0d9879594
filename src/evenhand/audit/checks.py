"""The roll call of the checks of data, and how a function enters it."""

from __future__ import annotations

from collections.abc import Callable

from evenhand.audit.corpus import Corpus
from evenhand.audit.finding import Finding, by_urgency
from evenhand.registry import Registry

Check = Callable[[Corpus], Finding | None]

_HOME = {
    "duplicates": ("A101", "A102"),
    "lengths": ("A103", "A104", "A105"),
    "variety": ("A106",),
    "order": ("A107",),
    "support": ("A201", "A202", "A203", "A207"),
    "conflicts": ("A204", "A205"),
    "giveaways": ("A206",),
    "suspects": ("A208", "A209"),
    "leakage": ("A301", "A302"),
    "shares": ("A303", "A304"),
}

AUDITS: Registry[Finding | None] = Registry(
    "audit",
    {
        code: f"evenhand.audit.{module}"
        for code, module in sorted((c, m) for m, codes in _HOME.items() for c in codes)
    },
)
"""Checks by code: ``AUDITS.build(code, corpus, settings={})`` is a finding or None."""


def check(code: str) -> Callable[[Check], Check]:
    """Return a decorator that enters a check under ``code``."""
    return AUDITS.register(code)


def audit(corpus: Corpus) -> list[Finding]:
    """Return what is wrong with the rows, worst first; nothing where all is well."""
    found = (AUDITS.build(code, corpus, settings={}) for code in AUDITS.names())
    return sorted(filter(None, found), key=by_urgency)
