"""Targets: labels of windows that look where they must not, or cannot be known."""
# Shapes: N windows.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, counted
from evenhand.audit.finding import Finding

MANY_BEGUN = 0.5
"""Share of positive windows that lie in an event already from which on a score says little of
foretelling."""
MANY_ASIDE = 0.25
"""Share of windows without a label from which on those that have one may be of another kind."""


@check("A406")
def leaking(corpus: Corpus) -> Finding | None:
    """The label of what comes is taken from the window itself."""
    if corpus.recorded is None:
        return None
    said = [oddity.said for oddity in corpus.recorded.said("future")]
    advice = [oddity.advice for oddity in corpus.recorded.said("future")]
    if corpus.recorded.schema.target == "any" and corpus.recorded.schema.horizon:
        said.append("series.target = any: an event in the window itself counts as foretold")
        advice.append("series.target=horizon looks at the frames after the window alone")
    if not said:
        return None
    return Finding(
        "A406",
        "warning",
        "labels of the future hold the present",
        "; ".join(said),
        {"series": {"target": "horizon"}},
        "; ".join(dict.fromkeys(advice)),
    )


@check("A407")
def begun(corpus: Corpus) -> Finding | None:
    """Most positive windows lie in an event that has begun."""
    if corpus.recorded is None or corpus.recorded.schema.target == "majority":
        return None
    current_N = corpus.recorded.windows.current_N
    positive_N = (corpus.truth_NC[:, 1:] == 1).any(axis=1) & ~np.isnan(current_N)
    in_one_N = positive_N & (np.nan_to_num(current_N) > 0)
    share = in_one_N.sum() / max(1, positive_N.sum())
    if share < MANY_BEGUN:
        return None
    return Finding(
        "A407",
        "tip",
        "events that have begun",
        f"{counted(int(in_one_N.sum()), 'window')} of {positive_N.sum():,} with an event ahead "
        f"({share:.1%}) end in one already",
        advice="to see that something goes on is no foretelling: read the score of windows before "
        "the event by itself",
    )


@check("A408")
def aside(corpus: Corpus) -> Finding | None:
    """Windows have no label, because the recording ends or frames are unlabelled."""
    if corpus.recorded is None:
        return None
    read = sum(file.read for file in corpus.ledger.files)
    reasons: dict[str, int] = {}
    for file in corpus.ledger.files:
        for reason, gone in file.aside.items():
            reasons[reason] = reasons.get(reason, 0) + gone.rows
    lost = sum(reasons.values())
    if not lost:
        return None
    told = ", ".join(f"{count:,}: {reason}" for reason, count in reasons.items())
    return Finding(
        "A408",
        "warning" if lost / read >= MANY_ASIDE else "tip",
        "windows without a label",
        f"{counted(lost, 'window')} of {read:,} ({lost / read:.1%}) are set aside ({told})",
        advice="nobody knows what came after a recording ends; a shorter series.horizon, or longer "
        "recordings, lose fewer",
    )
