"""The doctor: run the checks, put causes before symptoms, and leave out what another explains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from evenhand.diagnose.amount import HOPELESS_STEPS
from evenhand.diagnose.checks import CHECKS, LIVE
from evenhand.diagnose.patient import Patient
from evenhand.finding import URGENCY, Finding

GRACE = 0.2
"""Share of the planned steps in which scores are not judged yet: warm-up, and as much again."""
ROOMS = {"D2": 0, "D3": 1, "D1": 2}
"""Of equally severe findings, training comes first, then data and parts, then scores: the first
two cause the third."""
CAUSES = ("D201", "D202", "D203", "D204", "D208", "D209", "D211", "D212", "D213", "D301")
"""A run with one of these has not been trained, so its scores say nothing about imbalance."""
IMBALANCE = ("D101", "D102", "D103", "D104", "D106", "D107", "D108")
"""Symptoms for which one reaches for weights, samplers and cuts."""
EXPLAINS = {
    "D101": ("D103", "D106", "D107"),
    "D104": ("D103", "D106", "D107", "D110"),
    "D108": ("D107",),
    "D202": ("D213",),
}
"""What the first says includes what the others say."""


def diagnose(patient: Patient) -> list[Finding]:
    """Return what is wrong with a run, most urgent first; nothing for a healthy one."""
    return _examine(patient, CHECKS.names())


def live(patient: Patient) -> list[Finding]:
    """Return what is wrong with a run that is under way, judged by its history so far.

    Meant to be called after each pass, with ``tune``, ``report`` and ``decision`` left out.
    """
    for code in CHECKS.names():
        CHECKS.factory(code)
    early = patient.done < max(HOPELESS_STEPS, GRACE * patient.planned)
    return _examine(patient, [code for code in sorted(LIVE) if not (early and _by_score(code))])


def _by_score(code: str) -> bool:
    """Say whether a check judges what the model gives, which a warm-up has not moved yet."""
    return code.startswith("D1") or code == "D209"


def _examine(patient: Patient, codes: Iterable[str]) -> list[Finding]:
    found = [CHECKS.build(code, patient, settings={}) for code in codes]
    findings = sorted(filter(None, found), key=_rank)
    hidden = {code for finding in findings for code in EXPLAINS.get(finding.code, ())}
    return _causes_first([f for f in findings if f.code not in hidden])


def _rank(finding: Finding) -> tuple[int, int, str]:
    return URGENCY[finding.severity], ROOMS[finding.code[:2]], finding.code


def _causes_first(findings: list[Finding]) -> list[Finding]:
    """Take the remedies for imbalance away where the run was hardly trained at all."""
    causes = [f for f in findings if f.code in CAUSES and f.severity != "tip"]
    if not causes:
        return findings
    names = " and ".join(f"{f.code} ({f.title})" for f in causes)
    advice = f"first mend {names}; this may go with it"
    return [replace(f, remedy={}, advice=advice) if f.code in IMBALANCE else f for f in findings]
