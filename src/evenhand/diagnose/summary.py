"""Summary: the findings on a terminal, most urgent first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from evenhand.diagnose.remedy import settings
from evenhand.finding import Finding

STYLES = {"error": "bold red", "warning": "bold yellow", "tip": "bold cyan"}
HEALTHY = "no finding: nothing that the checks know is wrong with this run"


def summary(findings: Sequence[Finding], *, console: Console) -> None:
    """Print every finding: what, the numbers, what to type, where to read on.

    Args:
        findings: as ``diagnose`` returns them.
        console: where to print; colour only where it has it.
    """
    if not findings:
        console.print(Text(HEALTHY, style="bold green"))
        return
    for finding in findings:
        head, *rest = lines(finding)
        console.print(Text(head, style=STYLES[finding.severity]))
        for line in rest:
            console.print(Text(line), soft_wrap=True)
    console.print(Text(tally(findings), style="dim"))


def lines(finding: Finding) -> list[str]:
    """Return the lines of one finding; without colour they read the same."""
    shown = [f"{finding.severity} {finding.code} {finding.title}", f"  {finding.evidence}"]
    if finding.remedy:
        words = " ".join(f"--set {_quoted(setting)}" for setting in settings(finding.remedy))
        shown.append(f"  try:  {words}")
    if finding.advice:
        shown.append(f"  note: {finding.advice}")
    return [*shown, f"  more: {finding.page}"]


def line(finding: Finding) -> str:
    """Return one line for a run under way."""
    return f"{finding.severity} {finding.code} {finding.title}: {finding.evidence}"


def tally(findings: Sequence[Finding]) -> str:
    """Count the findings by severity, ``2 errors, 1 warning``."""
    counts = {kind: sum(f.severity == kind for f in findings) for kind in STYLES}
    return ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in counts.items() if n)


def _quoted(setting: str) -> str:
    """Quote what a shell would take apart."""
    return f"'{setting}'" if set(setting) & set(' []{}"') else setting
