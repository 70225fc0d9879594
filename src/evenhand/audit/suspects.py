"""Suspects: labels that models which never saw the row firmly contradict."""
# Shapes: S scored rows, C labels, K rows found.

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.audit.checks import check
from evenhand.audit.confident import confident_joint, noise_share, suspects, thresholds
from evenhand.audit.corpus import Corpus, Rows, Scored, counted, name_list
from evenhand.audit.finding import Finding
from evenhand.types import Floats

FEWEST_ROWS = 100
MANY = 0.02
"""Share of suspected rows from which on the labels as such are in doubt."""
RECOGNISED = 0.3
"""Mean probability of a label over its own rows from which on its absence is evidence: a label
that words hardly show is missed on most of its rows."""
UNLIKELY = 0.2
"""Share of a label's usual probability below which a row that has it is suspected."""
EASY = 0.95
"""Macro-F1 of counted words above which the task is words."""


@dataclass(frozen=True)
class Suspects:
    """Rows whose labels are in doubt, worst first.

    Args:
        rows_K: positions in the corpus.
        details: a phrase a row.
        noise: estimated share of wrong labels; NaN for several labels a row.
    """

    rows_K: Rows
    details: list[str]
    noise: float


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
    noise = "" if np.isnan(found.noise) else f"; about {found.noise:.1%} of labels may be wrong"
    return Finding(
        "A208",
        "warning" if share >= MANY else "tip",
        "suspected label errors",
        f"{counted(len(found.rows_K), 'row')} of {looked:,} ({share:.1%}) have labels that "
        f"TF-IDF models of the other rows firmly contradict{noise}",
        advice="a suspicion by counted words, worst first in --review: read the first fifty "
        "before you mend anything",
        marks=corpus.marks(found.rows_K, found.details),
        count=len(found.rows_K),
    )


@check("A209")
def easy(corpus: Corpus) -> Finding | None:
    """Counted words alone solve the task."""
    if corpus.scored is None or not corpus.scored.macro_f1 >= EASY:
        return None
    return Finding(
        "A209",
        "tip",
        "counted words solve it",
        f"TF-IDF with logistic regression has macro-F1 {corpus.scored.macro_f1:.3f}, cross-fitted "
        "with equal and near-equal texts kept together",
        advice="a larger model has nothing to add on rows like these; if they come from templates, "
        "measure on rows that do not",
    )


def one_label(corpus: Corpus, scored: Scored) -> Suspects:
    """Suspect rows that confidently belong to another class than the one given."""
    given_S = corpus.truth_NC[scored.rows_S].argmax(axis=1)
    found_K, other_K = suspects(given_S, scored.probs_SC)
    joint_CC = confident_joint(given_S, scored.probs_SC)
    given_C = np.bincount(given_S, minlength=len(corpus.labels)).astype(np.float64)
    names = corpus.labels.names
    details = [
        f"given {names[given_S[s]]}, looks like {names[c]} ({scored.probs_SC[s, c]:.0%})"
        for s, c in zip(found_K.tolist(), other_K.tolist(), strict=True)
    ]
    return Suspects(scored.rows_S[found_K], details, noise_share(joint_CC, given_C))


def several(corpus: Corpus, scored: Scored) -> Suspects:
    """Suspect, label by label, rows that confidently have what they lack, or lack what they have.

    A label is missing where its probability reaches both one half and the mean over its own
    rows. It is too much where the model knows it on its own rows (mean at least 0.3), and here
    gives it less than a fifth of that.
    """
    missing_SC, surplus_SC, doubt_S = doubts(corpus.truth_NC[scored.rows_S], scored.probs_SC)
    found_K = np.flatnonzero((missing_SC | surplus_SC).any(axis=1))
    found_K = found_K[np.argsort(-doubt_S[found_K], kind="stable")]
    details = []
    for s in found_K.tolist():
        lacks = [corpus.labels.names[c] for c in np.flatnonzero(missing_SC[s])]
        extra = [corpus.labels.names[c] for c in np.flatnonzero(surplus_SC[s])]
        parts = [f"given {corpus.given(int(scored.rows_S[s]))}"]
        parts += [f"looks like {name_list(lacks)}"] if lacks else []
        parts += [f"not like {name_list(extra)}"] if extra else []
        details.append(", ".join(parts))
    return Suspects(scored.rows_S[found_K], details, float("nan"))


def doubts(
    truth_SC: NDArray[np.float32], probs_SC: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]:
    """Return which labels seem missing, which too much, and how strong the doubt of each row is.

    The doubt of a row adds up, over its doubtful labels, the probability of what is missing and
    one less the share of its usual probability for what is too much.
    """
    missing_SC = np.zeros(truth_SC.shape, dtype=np.bool_)
    surplus_SC = np.zeros(truth_SC.shape, dtype=np.bool_)
    doubt_S = np.zeros(len(truth_SC))
    for c, (truth_S, p_S) in enumerate(zip(truth_SC.T, probs_SC.T, strict=True)):
        known_K = np.flatnonzero(~np.isnan(truth_S))
        two_K2 = np.column_stack([1 - p_S[known_K], p_S[known_K]])
        usual = float(thresholds(truth_S[known_K].astype(np.int64), two_K2)[1])
        missing_SC[:, c] = (truth_S == 0) & (p_S >= max(0.5, usual))
        if RECOGNISED <= usual < np.inf:
            surplus_SC[:, c] = (truth_S == 1) & (p_S < UNLIKELY * usual)
            doubt_S += np.where(surplus_SC[:, c], 1 - p_S / usual, 0.0)
        doubt_S += np.where(missing_SC[:, c], p_S, 0.0)
    return missing_SC, surplus_SC, doubt_S
