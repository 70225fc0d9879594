"""Suspects: labels that models which never saw the row contradict."""
# Shapes: S scored rows, C labels, K rows found.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.audit.checks import check
from evenhand.audit.confident import UNLIKELY, confident_joint, suspects
from evenhand.audit.corpus import Corpus, Rows, Scored, counted
from evenhand.audit.finding import Finding
from evenhand.types import Floats

FEWEST_ROWS = 100
MANY = 0.05
"""Share of suspected rows from which on the labels as such are in doubt."""
HALF = 0.5
TINY = 1e-9
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
    """Counted words alone solve the task."""
    if corpus.scored is None or not corpus.scored.baselines:
        return None
    best = corpus.scored.baselines[-1]
    if not best.macro_f1 >= EASY:
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
    """Suspect rows that confidently belong to another class than the one given."""
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
    """Suspect rows whose given labels are all unlikely while another reaches its usual level."""
    doubt_S, other_S = doubts(corpus.truth_NC[scored.rows_S], scored.probs_SC)
    found_K = np.flatnonzero(doubt_S > 0)
    found_K = found_K[np.argsort(-doubt_S[found_K], kind="stable")]
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
    """Return how doubtful each row is, 0 where it is not, and the label it lacks.

    Confident learning with several labels a row: a label's level is its mean probability over
    its own rows. A row is doubtful where each label given to it stays below 0.4 of its level,
    and a label not given reaches its own. The doubt is the log of how far the likeliest given
    label falls short, and half the log of how far the other one goes beyond. A row without
    labels is doubtful where one reaches its level and one half. Unknown labels say nothing.
    """
    level_C = np.array([_level(t_S, p_S) for t_S, p_S in zip(truth_SC.T, probs_SC.T, strict=True)])
    logs_SC = np.log(np.maximum(probs_SC, TINY)) - np.log(level_C)
    lacking_SC = np.where(truth_SC == 0, logs_SC, -np.inf)
    other_S = lacking_SC.argmax(axis=1)
    over_S = lacking_SC.max(axis=1)
    bare_S = ~(truth_SC == 1).any(axis=1)
    given_S = np.where(truth_SC == 1, logs_SC, -np.inf).max(axis=1)
    sure_S = probs_SC[np.arange(len(probs_SC)), other_S] >= HALF
    doubtful_S = (over_S >= 0) & np.where(bare_S, sure_S, given_S <= np.log(UNLIKELY))
    short_S = np.where(bare_S, np.log(UNLIKELY), given_S)
    return np.where(doubtful_S, np.maximum(over_S, 0) / 2 - short_S, 0.0), other_S


def _level(truth_S: NDArray[np.float32], probs_S: NDArray[np.float32]) -> float:
    """Return a label's mean probability over its own rows; infinite without rows."""
    own_K = probs_S[truth_S == 1]
    return max(TINY, float(own_K.mean())) if len(own_K) else np.inf
