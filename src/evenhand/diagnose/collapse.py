"""Collapse: the same answer whatever the row says."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.diagnose.ranking import GOOD_GAIN, MIN_POSITIVES
from evenhand.finding import Finding
from evenhand.types import Floats, Task

SAME_ANSWER = 0.99
"""Share of rows with one and the same answer that counts as a collapse; the last hundredth is
left for rows on which even a collapsed model wavers."""
OTHERS = 0.05
"""Share of rows that truly want another answer, below which answering alike is no mistake."""
ALWAYS = 0.95
"""Share of rows from which on a label is given to everything."""
MOST_LABELS = 0.5
"""Share of labels given to everything from which on it is the model's habit, not one label's."""


@check("D101", live=True)
def one_answer(patient: Patient) -> Finding | None:
    """Every row gets the same labels."""
    found = _last_pass(patient) if patient.running else _decided(patient)
    if found is None:
        return None
    answer, share, others, rows = found
    return Finding(
        "D101",
        "error",
        "one answer for every row",
        f"{share:.1%} of {rows:,} rows get {answer}, while {others:.1%} of them want another "
        "answer",
        _balance(patient),
        "the scores carry the labels' shares and nothing of the rows",
    )


@check("D103")
def never_given(patient: Patient) -> Finding | None:
    """A label is never given, and its scores do not tell its rows apart either."""
    figures = patient.figures
    if figures is None:
        return None
    silent_C = (figures.given_C == 0) & (figures.positives_C >= MIN_POSITIVES)
    lost = np.flatnonzero(silent_C & (figures.gain_C < GOOD_GAIN))
    if not len(lost):
        return None
    worst = int(lost[np.argmax(figures.positives_C[lost])])
    return Finding(
        "D103",
        "warning",
        "a label that is never given",
        f"{len(lost)} of {len(silent_C)} labels: {patient.names(lost)}; {patient.names([worst])} "
        f"has {figures.positives_C[worst]:.0f} rows, {patient.fit.positives_C[worst]:.0f} to fit "
        f"on, and AP {figures.ap_C[worst]:.3f} where chance has "
        f"{figures.prevalence_C[worst]:.3f}",
        _balance(patient),
        "a cut cannot help, as the scores do not rank this label's rows first; more rows of it can",
    )


@check("D108", live=True)
def everything_given(patient: Patient) -> Finding | None:
    """Nearly every label is given to nearly every row."""
    shares = _given_shares(patient)
    if patient.fit.task is Task.MULTICLASS or shares is None:
        return None
    given_C, true_C = shares
    always = np.flatnonzero((given_C >= ALWAYS) & (true_C <= ALWAYS - OTHERS))
    if len(always) < MOST_LABELS * len(given_C):
        return None
    return Finding(
        "D108",
        "error",
        "everything is positive",
        f"{len(always)} of {len(given_C)} labels are given to at least {ALWAYS:.0%} of the rows, "
        f"which truly have {true_C[always].mean():.1%} of them on average",
        _plain(patient),
        "a high recall and the F1 of all-positive are what this always gives",
    )


def _decided(patient: Patient) -> tuple[str, float, float, int] | None:
    """Return the commonest answer if it is a collapse: in words, its share, what it misses."""
    if patient.measured is None or patient.decided_NC is None or not len(patient.measured):
        return None
    answers_KC, counts_K = np.unique(patient.decided_NC, axis=0, return_counts=True)
    common = int(counts_K.argmax())
    answer_C, share = answers_KC[common], float(counts_K[common] / counts_K.sum())
    truth_NC = patient.measured.truth_NC
    others = float((((truth_NC == 1) != answer_C) & ~np.isnan(truth_NC)).any(axis=1).mean())
    if share < SAME_ANSWER or others < OTHERS or answer_C.sum() > max(1, len(answer_C) - 1):
        return None
    words = patient.names(np.flatnonzero(answer_C)) or "no label at all"
    return words, share, others, len(truth_NC)


def _last_pass(patient: Patient) -> tuple[str, float, float, int] | None:
    """Judge a run under way by how often argmax gave each class in the last pass."""
    shares = _given_shares(patient)
    if patient.fit.task is Task.MULTILABEL or shares is None:
        return None
    given_C, true_C = shares
    common = int(given_C.argmax())
    others = 1.0 - float(true_C[common])
    if given_C[common] < SAME_ANSWER or others < OTHERS:
        return None
    rows = sum(patient.epochs[-1]["predicted_C"])
    return patient.names([common]), float(given_C[common]), others, rows


def _given_shares(
    patient: Patient,
) -> tuple[Floats, Floats] | None:
    """Return the shares of rows that get each label, and that truly have it."""
    if patient.figures is not None:
        known_C = patient.figures.positives_C + patient.figures.negatives_C
        rows = len(patient.measured or ())
        return patient.figures.given_C / max(rows, 1), patient.figures.positives_C / known_C
    given_C = (patient.epochs[-1] if patient.epochs else {}).get("predicted_C")
    if given_C is None:
        return None
    one_each = patient.fit.task is Task.MULTICLASS
    rows = sum(given_C) if one_each else patient.rows.get("tune", 0)
    true_C = patient.fit.positives_C / np.maximum(patient.fit.known_C, 1)
    return (np.array(given_C) / rows, true_C) if rows else None


def _balance(patient: Patient) -> dict[str, object]:
    """Return one correction for imbalance, where the run has none yet."""
    if not patient.plain_loss:
        return {}
    weighted = "weighted-ce" if patient.fit.task is Task.MULTICLASS else "weighted-bce"
    return {"loss": {"name": weighted, "weights": "sqrt"}}


def _plain(patient: Patient) -> dict[str, object]:
    """Return the settings without any correction for imbalance, where the run has one."""
    return {} if patient.plain_loss else {"loss": {"name": "auto"}, "sampler": {"name": "natural"}}
