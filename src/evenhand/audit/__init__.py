"""Audit: what is wrong with the rows themselves, before anything is trained."""

from evenhand.audit.checks import AUDITS, audit
from evenhand.audit.corpus import Baseline, Corpus, Scored
from evenhand.audit.finding import Finding, Mark

__all__ = ["AUDITS", "Baseline", "Corpus", "Finding", "Mark", "Scored", "audit"]
