"""Duplicates: rows that say the same within one role."""
# Shapes: N rows, U distinct texts, P pairs, K rows found.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, Rows, counted
from evenhand.audit.finding import Finding
from evenhand.audit.nearby import THRESHOLD, WIDTH

MANY = 0.05
"""Share of the rows from which on copies weigh enough to bend what is learnt and measured."""


@check("A101")
def copies(corpus: Corpus) -> Finding | None:
    """Rows of one role have the same text."""
    key_N = corpus.text_N * 4 + corpus.role_N
    _, first_K, inverse_N = np.unique(key_N, return_index=True, return_inverse=True)
    original_N = first_K[inverse_N]
    found_K = np.flatnonzero(original_N != np.arange(len(corpus)))
    if not len(found_K):
        return None
    share = len(found_K) / len(corpus)
    most = int(np.bincount(inverse_N).max())
    return Finding(
        "A101",
        "warning" if share >= MANY else "tip",
        "copies of a text",
        f"{counted(len(found_K), 'row')} ({share:.1%}) repeat the text of another row of their "
        f"role, case, blanks and character width aside; the commonest text stands {most:,} times",
        advice="copies count as often as they stand there, in training and in every score; keep "
        "one of each unless they truly come so often",
        marks=corpus.marks(found_K, [f"same text as {corpus.ids[original_N[i]]}" for i in found_K]),
        count=len(found_K),
    )


@check("A102")
def near_copies(corpus: Corpus) -> Finding | None:
    """Rows of one role have nearly the same text."""
    partner_N = near_partners(corpus)
    found_K = np.flatnonzero(partner_N >= 0)
    if not len(found_K):
        return None
    share = len(found_K) / len(corpus)
    return Finding(
        "A102",
        "warning" if share >= MANY else "tip",
        "texts that are nearly the same",
        f"{counted(len(found_K), 'row')} ({share:.1%}) have a near twin in their role: "
        f"{measure(corpus)}",
        advice="templates and edited copies make a random split look better than new texts will; "
        "give rows of one origin a group: --group COLUMN",
        marks=corpus.marks(found_K, [f"nearly {corpus.ids[partner_N[i]]}" for i in found_K]),
        count=len(found_K),
    )


def measure(corpus: Corpus) -> str:
    """Say when two texts count as nearly the same."""
    width = WIDTH[corpus.spaced]
    return f"at least {THRESHOLD:.0%} of their pieces of {width} characters in common (Jaccard)"


def near_partners(corpus: Corpus) -> Rows:
    """Return for each row one of its own role with a nearly equal text, -1 where there is none."""
    roles, count = 4, len(corpus.first_U)
    first_UR = np.full((count, roles), -1)
    backwards_N = np.arange(len(corpus))[::-1]
    first_UR[corpus.text_N[backwards_N], corpus.role_N[backwards_N]] = backwards_N
    twin_UR = np.full((count, roles), -1)
    for one, other in (corpus.near.pairs_P2[:, ::-1].T, corpus.near.pairs_P2.T):
        role_P = np.arange(roles)
        better_PR = first_UR[other]
        row, role = np.nonzero(better_PR >= 0)
        twin_UR[one[row], role_P[role]] = better_PR[row, role]
    return np.asarray(twin_UR[corpus.text_N, corpus.role_N])
