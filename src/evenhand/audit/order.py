"""Order: rows that stand sorted by label."""

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus
from evenhand.audit.finding import Finding
from evenhand.types import Role

FEWEST = 50
AGREEMENT = 0.2
"""Agreement of neighbours beyond chance from which on labels stand in blocks."""
SURE = 5.0
"""Standard errors beyond chance that it must be, so that a small file does not look sorted."""
LAST = 0.2
"""Share of the rows that a split by position holds back as a rule."""


@check("A107")
def sorted_rows(corpus: Corpus) -> Finding | None:
    """Neighbouring rows have the same labels more often than chance allows."""
    rows_M = corpus.rows(Role.FIT)
    if len(rows_M) < FEWEST:
        return None
    answer_M = corpus.answer_N[rows_M]
    share_K = np.bincount(answer_M) / len(answer_M)
    chance = float((share_K**2).sum())
    same = float((answer_M[1:] == answer_M[:-1]).mean())
    if chance == 1.0:
        return None
    agreement = (same - chance) / (1 - chance)
    error = np.sqrt(chance * (1 - chance) / len(answer_M))
    if agreement < AGREEMENT or same - chance < SURE * error:
        return None
    return Finding(
        "A107",
        "tip",
        "rows are sorted by label",
        f"{same:.1%} of neighbouring rows have the same labels where chance has {chance:.1%}; "
        f"{_last_rows(corpus)}",
        advice="never split such a file by position; evenhand draws its roles by label and at "
        "random. If neighbours come from one source, name it: --group COLUMN",
    )


def _last_rows(corpus: Corpus) -> str:
    positive_MC = corpus.truth_NC[corpus.rows(Role.FIT)] == 1
    cut = int(len(positive_MC) * (1 - LAST))
    before_C, after_C = positive_MC[:cut].mean(axis=0), positive_MC[cut:].mean(axis=0)
    worst = int(np.abs(after_C - before_C).argmax())
    return (
        f"of the last {LAST:.0%} of rows {after_C[worst]:.1%} are {corpus.labels.names[worst]}, "
        f"of the others {before_C[worst]:.1%}"
    )
