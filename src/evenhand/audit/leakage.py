"""Leakage: what is to be measured on was seen before."""
# Shapes: N rows, U distinct texts, P pairs, R roles, K rows found.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import ROLES, Corpus, Rows, counted
from evenhand.audit.duplicates import measure
from evenhand.audit.finding import Finding

ADVICE = (
    "take these rows out of the later role (--review names each one), or measure anew with others"
)
NONE = np.iinfo(np.int64).max


@check("A301")
def leaks(corpus: Corpus) -> Finding | None:
    """Texts of a later role stand in an earlier one too."""
    return _finding(corpus, "A301", "texts in two roles", equal_before(corpus))


@check("A302")
def near_leaks(corpus: Corpus) -> Finding | None:
    """Texts of a later role nearly stand in an earlier one."""
    title = "nearly the same texts in two roles"
    before_N = near_before(corpus)
    before_N[equal_before(corpus) != NONE] = NONE
    return _finding(corpus, "A302", title, before_N)


def equal_before(corpus: Corpus) -> Rows:
    """Return for each row one of an earlier role with the same text; ``NONE`` if there is none."""
    first_U = _earliest(corpus)
    row_N = first_U[corpus.text_N]
    return np.where(corpus.role_N[row_N] < corpus.role_N, row_N, NONE)


def near_before(corpus: Corpus) -> Rows:
    """Return for each row one of an earlier role with a near text; ``NONE`` if there is none."""
    first_U = _earliest(corpus)
    order_U = corpus.role_N[first_U] * len(corpus) + first_U
    least_U = np.full(len(first_U), NONE)
    for one, other in (corpus.near.pairs_P2.T, corpus.near.pairs_P2[:, ::-1].T):
        np.minimum.at(least_U, one, order_U[other])
    least_N = least_U[corpus.text_N]
    role_N = np.where(least_N == NONE, len(ROLES), least_N // len(corpus))
    return np.where(role_N < corpus.role_N, least_N % len(corpus), NONE)


def _earliest(corpus: Corpus) -> Rows:
    """Return the row of each distinct text whose role comes first."""
    order_N = np.lexsort((np.arange(len(corpus)), corpus.role_N))
    _, at_U = np.unique(corpus.text_N[order_N], return_index=True)
    return np.asarray(order_N[at_U])


def _finding(corpus: Corpus, code: str, title: str, before_N: Rows) -> Finding | None:
    found_K = np.flatnonzero(before_N != NONE)
    if not len(found_K):
        return None
    said = []
    for role in corpus.present:
        rows_M = found_K[corpus.role_N[found_K] == ROLES.index(role)]
        if len(rows_M):
            where = sorted({corpus.roles[before_N[i]].value for i in rows_M})
            share = len(rows_M) / len(corpus.rows(role))
            said.append(
                f"{counted(len(rows_M), f'{role} text')} ({share:.1%}) stand among the "
                f"{' and '.join(where)} rows"
            )
    equal = code == "A301"
    how = "case, blanks and character width aside" if equal else measure(corpus)
    words = "same text as" if equal else "nearly"
    return Finding(
        code,
        "error",
        title,
        f"{'; '.join(said)}: {how}",
        advice=ADVICE,
        marks=corpus.marks(
            found_K,
            [f"{words} {corpus.roles[j]} row {corpus.ids[j]}" for j in before_N[found_K]],
        ),
        count=len(found_K),
    )
