"""Recordings: what windows come from, and what must stay together."""
# Shapes: N windows, C labels.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import ROLES, Corpus, counted, name_list
from evenhand.audit.finding import Finding

FEW = 5
"""Groups with a label below which what is learnt, chosen or measured is theirs alone."""
TOGETHER = ("person", "subject", "participant", "user", "speaker", "session", "patient")
"""Keys of recordings whose values are seen to belong together."""


@check("A409")
def parted(corpus: Corpus) -> Finding | None:
    """Recordings of one group are in two roles."""
    if corpus.recorded is None:
        return None
    both = [
        unit
        for unit in np.unique(corpus.unit_N).tolist()
        if len(np.unique(corpus.role_N[corpus.unit_N == unit])) > 1
    ]
    if not both:
        return None
    rows_K = np.flatnonzero(np.isin(corpus.unit_N, both))
    what = corpus.recorded.schema.group or "recording"
    roles = ", ".join(ROLES[r] for r in np.unique(corpus.role_N[rows_K]).tolist())
    return Finding(
        "A409",
        "error",
        "one group in two roles",
        f"{counted(len(both), what)} of {len(np.unique(corpus.unit_N)):,} have windows in more "
        f"than one role ({roles})",
        advice="what is learnt of a person or a session helps to recognise it: let evenhand deal "
        "the roles, or give each role its own",
        marks=corpus.marks(rows_K, f"its {what} is in two roles"),
        count=len(rows_K),
    )


@check("A410")
def few(corpus: Corpus) -> Finding | None:
    """A label comes from very few recordings or groups of a role."""
    if corpus.recorded is None:
        return None
    said = []
    for role in corpus.present:
        rows = corpus.rows(role)
        for c, name in enumerate(corpus.labels.names):
            units = np.unique(corpus.unit_N[rows[corpus.truth_NC[rows, c] == 1]])
            if 0 < len(units) < FEW:
                said.append(f"{name} {len(units)} of {role}")
    if not said:
        return None
    return Finding(
        "A410",
        "warning",
        "labels from few recordings",
        f"groups of recordings with a label, fewer than {FEW}: {name_list(said)}",
        advice="a hundred windows of one recording are one example; record more of them",
    )


@check("A411")
def ungrouped(corpus: Corpus) -> Finding | None:
    """Recordings name persons or sessions, and nothing keeps them together."""
    if corpus.recorded is None or corpus.recorded.schema.group is not None:
        return None
    keys = [key for key in corpus.recorded.keys if key.casefold() in TOGETHER]
    if not keys:
        return None
    return Finding(
        "A411",
        "warning",
        "groups that nothing keeps together",
        f"recordings have the key {name_list(list(map(repr, keys)))}, and windows of one value "
        "may be in two roles",
        {"data": {"group": keys[0]}},
        "a person who was learnt is recognised: the score of new ones is lower",
    )
