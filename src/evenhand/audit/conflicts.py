"""Conflicts: one text, and labels that disagree."""
# Shapes: N rows, U distinct texts, P pairs, K rows found.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, counted
from evenhand.audit.finding import Finding

ALIKE = 0.85
"""Jaccard similarity from which on different labels are a doubt; less alike texts may well differ
in the word that decides."""


@check("A204")
def conflicts(corpus: Corpus) -> Finding | None:
    """Equal texts carry different labels."""
    first_N = corpus.first_U[corpus.text_N]
    differs_N = corpus.answer_N != corpus.answer_N[first_N]
    mixed_U = np.bincount(corpus.text_N, weights=differs_N) > 0
    found_K = np.flatnonzero(mixed_U[corpus.text_N])
    if not len(found_K):
        return None
    found_K = found_K[np.argsort(corpus.text_N[found_K], kind="stable")]
    copied = int((np.bincount(corpus.text_N) > 1).sum())
    return Finding(
        "A204",
        "warning",
        "one text, different labels",
        f"{counted(int(mixed_U.sum()), 'text')} of {copied:,} that stand more than once carry "
        f"different labels, {counted(len(found_K), 'row')} in all",
        advice="no model can be right on all of them; settle each text once, or take their "
        "disagreement as the ceiling of any score",
        marks=corpus.marks(
            found_K, [f"{corpus.given(i)}; elsewhere otherwise" for i in found_K.tolist()]
        ),
        count=len(found_K),
    )


@check("A205")
def near_conflicts(corpus: Corpus) -> Finding | None:
    """Nearly equal texts carry different labels."""
    alike_P = corpus.near.jaccard_P >= ALIKE
    row_P2 = corpus.first_U[corpus.near.pairs_P2[alike_P]]
    row_P2 = row_P2[corpus.answer_N[row_P2[:, 0]] != corpus.answer_N[row_P2[:, 1]]]
    if not len(row_P2):
        return None
    partner = dict(row_P2[:, ::-1].tolist()) | dict(row_P2.tolist())
    found_K = np.array(sorted(partner), dtype=np.int64)
    details = [
        f"{corpus.given(i)}; {corpus.given(partner[i])} at the near twin {corpus.ids[partner[i]]}"
        for i in found_K.tolist()
    ]
    return Finding(
        "A205",
        "tip",
        "nearly one text, different labels",
        f"{counted(len(row_P2), 'pair')} of texts at a Jaccard similarity of {ALIKE} or more "
        f"carry different labels, of {counted(int(alike_P.sum()), 'such pair')}",
        advice="one word may rightly decide; look at a dozen",
        marks=corpus.marks(found_K, details),
        count=len(found_K),
    )
