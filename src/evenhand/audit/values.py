"""Values: numbers of recordings that cannot be, or hardly can, and frames without any."""

from __future__ import annotations

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus
from evenhand.audit.finding import Finding
from evenhand.finding import Severity


@check("A401")
def impossible(corpus: Corpus) -> Finding | None:
    """Values are larger, or things move faster, than can be."""
    return _told(corpus, "A401", "error", "values that cannot be", "limit", "speed", "angle")


@check("A402")
def unlike(corpus: Corpus) -> Finding | None:
    """Streams in one unit spread over very different ranges."""
    return _told(corpus, "A402", "warning", "streams in one unit are unlike", "units")


@check("A403")
def clock(corpus: Corpus) -> Finding | None:
    """Time stamps do not go with the rate."""
    return _told(corpus, "A403", "warning", "time stamps and rate disagree", "clock")


@check("A404")
def unmeasured(corpus: Corpus) -> Finding | None:
    """Frames hold NaN, or recordings lack a stream."""
    return _told(corpus, "A404", "tip", "frames that were not measured", "unknown")


@check("A405")
def constant(corpus: Corpus) -> Finding | None:
    """Numbers of a stream never change."""
    return _told(corpus, "A405", "tip", "numbers that never change", "constant")


def _told(corpus: Corpus, code: str, severity: Severity, title: str, *kinds: str) -> Finding | None:
    """Return a finding of what reading found odd; None where nothing was."""
    found = [] if corpus.recorded is None else corpus.recorded.said(*kinds)
    if not found:
        return None
    return Finding(
        code,
        severity,
        title,
        "; ".join(oddity.said for oddity in found),
        advice="; ".join(dict.fromkeys(oddity.advice for oddity in found)),
    )
