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
    "values": ("A401", "A402", "A403", "A404", "A405"),
    "targets": ("A406", "A407", "A408"),
    "recordings": ("A409", "A410", "A411"),
}
OF_ANY_ROWS = ("A201", "A202", "A203", "A207", "A208", "A209", "A303")
"""Checks that look at labels and roles alone."""
OF_WINDOWS = ("A4",)
"""What the codes of checks of series begin with; all others are about texts."""

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


def codes_of(corpus: Corpus) -> list[str]:
    """Return the codes of the checks that apply to texts, or to windows of series."""
    series = corpus.recorded is not None
    return [
        code
        for code in AUDITS.names()
        if code in OF_ANY_ROWS or code.startswith(OF_WINDOWS) is series
    ]


def audit(corpus: Corpus) -> list[Finding]:
    """Return what is wrong with the rows, worst first; nothing where all is well."""
    found = (AUDITS.build(code, corpus, settings={}) for code in codes_of(corpus))
    return sorted(filter(None, found), key=by_urgency)
