"""Diagnose: why a run is bad, in words, with the number that shows it and what to change.

A check reads a ``Patient`` and gives one ``Finding`` or nothing. Codes: D1xx scores, D2xx
training, D3xx data and parts; each has a page in ``docs/checks/``. No torch here, and no files.
"""

from evenhand.diagnose.checks import CHECKS
from evenhand.diagnose.doctor import diagnose, live
from evenhand.diagnose.patient import Patient
from evenhand.diagnose.remedy import apply, settings
from evenhand.finding import Finding

__all__ = ["CHECKS", "Finding", "Patient", "apply", "diagnose", "live", "settings"]
