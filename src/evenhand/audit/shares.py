"""Shares: labels that one role has and another lacks."""
# Shapes: N rows, C labels, T tests.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, name_list
from evenhand.audit.finding import Finding
from evenhand.types import Floats, Role

LEVEL = 0.01
"""Chance of one false alarm over all labels and roles."""
FACTOR = 1.25
"""Ratio of shares from which on a sure difference also matters."""


@check("A303")
def missing(corpus: Corpus) -> Finding | None:
    """A label has no row in a role."""
    said = []
    for role in corpus.present:
        absent_C = ~(corpus.truth_NC[corpus.rows(role)] == 1).any(axis=0)
        if absent_C.any():
            names = [corpus.labels.names[c] for c in np.flatnonzero(absent_C)]
            said.append(f"no {role} row has {name_list(names)}")
    if not said or not corpus.labelled:
        return None
    return Finding(
        "A303",
        "warning",
        "a label that a role lacks",
        "; ".join(said),
        advice="what no row carries can be neither learnt, nor cut, nor measured there; let "
        "evenhand share out one file, which gives every role its part of each label",
    )


@check("A304")
def shifted(corpus: Corpus) -> Finding | None:
    """Labels are more frequent in one role than in another, beyond chance."""
    found = []
    counts = {role: _counts(corpus, role) for role in corpus.present}
    tests = max(1, len(corpus.labels) * (len(counts) - 1))
    for role in counts:
        if role is not Role.FIT and Role.FIT in counts:
            for c, p in enumerate(p_values(counts[Role.FIT], counts[role])):
                one, other = (counts[r][0, c] / counts[r].sum(axis=0)[c] for r in (Role.FIT, role))
                low, high = sorted((one, other))
                if p * tests <= LEVEL and high >= FACTOR * low:
                    words = f"{corpus.labels.names[c]} {one:.1%} of fit, {other:.1%} of {role} rows"
                    found.append((p, words))
    if not found:
        return None
    shown = name_list([words for _, words in sorted(found)])
    return Finding(
        "A304",
        "warning",
        "label shares differ between roles",
        f"beyond chance (Fisher, {LEVEL:.0%} over all labels): {shown}",
        advice="cuts and calibration chosen under one share do not fit another; if new rows will "
        "look like neither, say so before trusting a score",
    )


def p_values(one_2C: Floats, other_2C: Floats) -> list[float]:
    """Return Fisher's exact two-sided p for each label, given positives and negatives."""
    from scipy.stats import fisher_exact

    return [
        float(fisher_exact([one_2C[:, c], other_2C[:, c]]).pvalue) for c in range(one_2C.shape[1])
    ]


def _counts(corpus: Corpus, role: Role) -> Floats:
    truth_MC = corpus.truth_NC[corpus.rows(role)]
    return np.array([(truth_MC == 1).sum(axis=0), (truth_MC == 0).sum(axis=0)])
