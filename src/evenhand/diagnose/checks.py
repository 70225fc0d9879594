"""The roll call of the checks, and how a function enters it."""

from __future__ import annotations

from collections.abc import Callable

from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding
from evenhand.registry import Registry

Check = Callable[[Patient], Finding | None]

_HOME = {
    "collapse": ("D101", "D103", "D108"),
    "baselines": ("D102", "D109"),
    "ranking": ("D104", "D105"),
    "balance": ("D106", "D107"),
    "cuts": ("D110", "D111"),
    "amount": ("D201", "D301", "D308"),
    "rate": ("D202", "D203", "D204", "D213"),
    "curves": ("D205", "D206", "D207", "D212"),
    "faults": ("D208", "D209"),
    "shares": ("D210", "D211"),
    "parts": ("D302", "D303", "D304", "D305"),
    "series": ("D112", "D113", "D306", "D307"),
}

CHECKS: Registry[Finding | None] = Registry(
    "check",
    {
        code: f"evenhand.diagnose.{module}"
        for code, module in sorted((c, m) for m, codes in _HOME.items() for c in codes)
    },
)
"""Checks by code: ``CHECKS.build(code, patient, settings={})`` is a finding or None."""

LIVE: set[str] = set()
"""Codes of the checks that a running patient can be judged by; filled as modules are imported."""


def check(code: str, *, live: bool = False) -> Callable[[Check], Check]:
    """Return a decorator that enters a check under ``code``.

    Args:
        code: such as ``"D104"``.
        live: whether it can judge by the history so far, without predictions.
    """

    def enter(function: Check) -> Check:
        if live:
            LIVE.add(code)
        return CHECKS.register(code)(function)

    return enter
