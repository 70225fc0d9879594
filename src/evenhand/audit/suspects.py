"""Suspects: labels that models which never saw the row contradict."""
# Shapes: S scored rows, C labels, K rows found.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.audit.checks import check
from evenhand.audit.confident import (
    TINY,
    UNLIKELY,
    confident_joint,
    first,
    half_relative,
    suspects,
)
from evenhand.audit.corpus import Corpus, Rows, Scored, counted
from evenhand.audit.finding import Finding
from evenhand.types import Floats

FEWEST_ROWS = 100
MANY = 0.05
"""Share of suspected rows from which on the labels as such are in doubt."""
HALF = 0.5
EASY = 0.95
"""Macro-F1 of counted words above which the task is words."""


@dataclass(frozen=True)
class Suspects:
    """Rows whose labels are in doubt, worst first.

    Args:
        rows_K: positions in the corpus.
        details: a phrase a row.
        most: the commonest mistake in words; empty for several labels a row.
    """

    rows_K: Rows
    details: list[str]
    most: str = ""


@check("A208")
def mislabelled(corpus: Corpus) -> Finding | None:
    """Labels are probably wrong, by confident learning on cross-fitted probabilities."""
    if corpus.scored is None or len(corpus.scored.rows_S) < FEWEST_ROWS:
        return None
    found = one_label(corpus, corpus.scored) if corpus.one_label else several(corpus, corpus.scored)
    if not len(found.rows_K):
        return None
    looked = len(corpus.scored.rows_S)
    share = len(found.rows_K) / looked
    return Finding(
        "A208",
        "warning" if share >= MANY else "tip",
        "suspected label errors",
        f"{counted(len(found.rows_K), 'row')} of {looked:,} ({share:.1%}) have labels that "
        f"{corpus.scored.model} models of the other rows contradict{found.most}",
        advice=f"a suspicion by {corpus.scored.reads}, worst first in --review: read the first "
        "fifty before you mend anything",
        marks=corpus.marks(found.rows_K, found.details),
        count=len(found.rows_K),
    )


@check("A209")
def easy(corpus: Corpus) -> Finding | None:
    """Counted words alone solve the task; not where an answer that reads nothing does too."""
    if corpus.scored is None or not corpus.scored.baselines:
        return None
    *others, best = corpus.scored.baselines
    blind = others[:-1]  # the last two are one model, under its own cuts and under chosen ones
    if not best.macro_f1 >= EASY or any(other.macro_f1 >= EASY for other in blind):
        return None
    return Finding(
        "A209",
        "tip",
        f"{corpus.scored.reads} solve it",
        f"{best.name} has macro-F1 {best.macro_f1:.3f}, cross-fitted with {corpus.scored.kept} "
        "kept together",
        advice="a larger model has nothing to add on rows like these; if they come from templates, "
        "measure on rows that do not",
    )


def one_label(corpus: Corpus, scored: Scored) -> Suspects:
    """Suspect the rows whose class another one puts most in doubt."""
    given_S = corpus.truth_NC[scored.rows_S].argmax(axis=1)
    found_K, other_K = suspects(given_S, scored.probs_SC)
    joint_CC = confident_joint(given_S, scored.probs_SC)
    np.fill_diagonal(joint_CC, 0)
    names = corpus.labels.names
    one, other = np.unravel_index(joint_CC.argmax(), joint_CC.shape)
    most = f"; most often {names[one]} that looks like {names[other]}"
    details = [
        f"given {names[given_S[s]]}, looks like {names[c]} ({scored.probs_SC[s, c]:.0%})"
        for s, c in zip(found_K.tolist(), other_K.tolist(), strict=True)
    ]
    return Suspects(scored.rows_S[found_K], details, most)


def several(corpus: Corpus, scored: Scored) -> Suspects:
    """Suspect the rows whose given labels are all unlikely beside one that is missing."""
    doubt_S, other_S = doubts(corpus.truth_NC[scored.rows_S], scored.probs_SC)
    found_K = first(doubt_S, len(doubt_S))
    rows_K = scored.rows_S[found_K]
    details = [
        f"given {corpus.given(i)}, "
        f"looks like {corpus.labels.names[c]} ({scored.probs_SC[s, c]:.0%})"
        for i, s, c in zip(
            rows_K.tolist(), found_K.tolist(), other_S[found_K].tolist(), strict=True
        )
    ]
    return Suspects(rows_K, details)


def doubts(truth_SC: NDArray[np.float32], probs_SC: NDArray[np.float32]) -> tuple[Floats, Rows]:
    """Return how doubtful each row is, 0 where it is not, and the label it lacks most.

    Confident learning with several labels a row: a label's level is its mean probability over
    its own rows. There are as many doubtful rows as rows whose given labels each stay below 0.4
    of their level while a label not given reaches its own. Which ones is decided by the log loss
    of the labels not given, less ``half_relative`` of the likeliest given one. A row without
    labels can only be doubtful where one reaches its level and one half, and counts as if its
    label stood at 0.4. Unknown labels say nothing.
    """
    level_C = np.array([_level(t_S, p_S) for t_S, p_S in zip(truth_SC.T, probs_SC.T, strict=True)])
    absent_SC, bare_S = truth_SC == 0, ~(truth_SC == 1).any(axis=1)
    lacking_SC = np.where(absent_SC, _logs(probs_SC) - np.log(level_C), -np.inf)
    likely_S = probs_SC[np.arange(len(probs_SC)), lacking_SC.argmax(axis=1)] >= HALF
    sure_S = (lacking_SC.max(axis=1) >= 0) & (likely_S | ~bare_S)
    number = int((sure_S & _unlikely(truth_SC, probs_SC, level_C)).sum())

    scores_SC = half_relative(probs_SC, level_C)
    given_S = np.where(truth_SC == 1, scores_SC, -np.inf).max(axis=1)
    loss_S = -np.where(absent_SC, _logs(1 - probs_SC), 0.0).sum(axis=1)
    doubt_S = loss_S - np.where(bare_S, np.log(UNLIKELY), given_S)
    found_K = first(np.where(absent_SC.any(axis=1) & (sure_S | ~bare_S), doubt_S, 0.0), number)
    doubtful_S = np.zeros(len(probs_SC))
    doubtful_S[found_K] = doubt_S[found_K]
    return doubtful_S, np.where(absent_SC, scores_SC, -np.inf).argmax(axis=1)


def _unlikely(
    truth_SC: NDArray[np.float32], probs_SC: NDArray[np.float32], level_C: Floats
) -> NDArray[np.bool_]:
    """Say of each row whether every label given to it stays below 0.4 of its level."""
    likely_S: NDArray[np.bool_] = ((truth_SC == 1) & (probs_SC > UNLIKELY * level_C)).any(axis=1)
    return ~likely_S


def _logs(probs_SC: NDArray[np.float32]) -> Floats:
    return np.log(np.maximum(probs_SC, TINY, dtype=np.float64))


def _level(truth_S: NDArray[np.float32], probs_S: NDArray[np.float32]) -> float:
    """Return a label's mean probability over its own rows; infinite without rows."""
    own_K = probs_S[truth_S == 1]
    return max(TINY, float(own_K.mean())) if len(own_K) else np.inf
