"""Words of mistakes: which stand in them more often than in rows that were handled rightly.

One-sided Fisher test a term, corrected after Holm. Terms are chosen by how often they stand in
both groups together, which says nothing of the difference, so the choice costs no honesty.
Shapes: N rows, V terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.evaluate.mcnemar import holm
from evenhand.evaluate.metrics import Decided
from evenhand.types import Floats

FEWEST = 5
"""Compared rows in which a term must stand."""
ALPHA = 0.05


@dataclass(frozen=True)
class Term:
    """A word or a pair of words, and in how many rows it stands.

    Args:
        term: words joined by a blank.
        wrong: mistakes that hold it.
        wrong_rows: mistakes.
        right: rightly handled rows that hold it.
        right_rows: rightly handled rows.
        p: of the one-sided Fisher test.
        p_holm: the same, corrected for all terms that were tried.
    """

    term: str
    wrong: int
    wrong_rows: int
    right: int
    right_rows: int
    p: float
    p_holm: float

    @property
    def proven(self) -> bool:
        """Whether chance is an unlikely explanation even after so many tries."""
        return self.p_holm <= ALPHA

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"proven": self.proven}


@dataclass(frozen=True)
class TermCounts:
    """Which terms stand in which rows.

    Args:
        names: terms of at least five rows.
        cells_VN: which row holds which term, sparse, bool-like.
    """

    names: Sequence[str]
    cells_VN: Any

    @classmethod
    def of(cls, tokens: Sequence[Sequence[str]]) -> TermCounts:
        """Find single words and pairs of neighbouring words; each counts once a row."""
        from scipy.sparse import csr_array

        found = [{*row, *(f"{one} {two}" for one, two in pairwise(row))} for row in tokens]
        held = Counter(term for terms in found for term in terms)
        names = sorted(term for term, rows in held.items() if rows >= FEWEST)
        place = {term: v for v, term in enumerate(names)}
        cells = [[place[term] for term in terms if term in place] for terms in found]
        ends = np.cumsum([0, *map(len, cells)])
        at = np.fromiter((v for row in cells for v in row), np.int64, int(ends[-1]))
        shape = (len(tokens), len(names))
        return cls(names, csr_array((np.ones(len(at)), at, ends), shape=shape).T.tocsr())

    def rows_with(self, chosen_N: Decided) -> NDArray[np.int64]:
        """Return in how many of the chosen rows each term stands, ``(V,)``."""
        return np.asarray(self.cells_VN @ chosen_N.astype(np.float64)).astype(np.int64)


def over_represented(
    terms: TermCounts, wrong_N: Decided, right_N: Decided, *, shown: int = 10
) -> list[Term]:
    """Return the terms that most speak against chance, least likely first.

    Only terms that stand in a larger share of the mistakes than of the other rows are shown; a
    pair of words that stands in just the rows in which one of its words does is left out.
    Without mistakes, or without rightly handled rows, there is none.

    Args:
        terms: of all rows.
        wrong_N: mistakes.
        right_N: rows of the same truth that were handled rightly.
        shown: terms at most.
    """
    mistakes, others = int(wrong_N.sum()), int(right_N.sum())
    if not (mistakes and others and terms.names):
        return []
    wrong_V, right_V = terms.rows_with(wrong_N), terms.rows_with(right_N)
    tried_T = np.flatnonzero(wrong_V + right_V >= FEWEST)
    p_T = fisher(wrong_V[tried_T], right_V[tried_T], mistakes=mistakes, others=others)
    adjusted_T = holm(p_T)
    found = [
        Term(
            terms.names[v],
            int(wrong_V[v]),
            mistakes,
            int(right_V[v]),
            others,
            float(p_T[t]),
            float(adjusted_T[t]),
        )
        for t in np.argsort(p_T, kind="stable")
        for v in (tried_T[t],)
        if wrong_V[v] * others > right_V[v] * mistakes
    ]
    return _without_echoes(found)[:shown]


def fisher(
    wrong_T: NDArray[np.int64], right_T: NDArray[np.int64], *, mistakes: int, others: int
) -> Floats:
    """Return the chance of so many or more rows with the term among the mistakes, ``(T,)``.

    The margins are held: hypergeometric. 1 where no mistake holds the term.
    """
    from scipy.stats import hypergeom

    total = mistakes + others
    return np.asarray(hypergeom.sf(wrong_T - 1, total, wrong_T + right_T, mistakes))


def _without_echoes(found: Sequence[Term]) -> list[Term]:
    """Drop a pair that says no more than one of its words: the same counts."""
    counts = {(term.term, term.wrong, term.right) for term in found}
    return [
        term
        for term in found
        if not any(
            (word, term.wrong, term.right) in counts
            for word in term.term.split(" ")
            if word != term.term
        )
    ]
