"""Ranking: F1 near 0 told apart: nothing learnt (AP is chance), or a bad cut (AP is high)."""
# Shapes: N rows, C classes.

from __future__ import annotations

import numpy as np

from evenhand.decide import best_cut
from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.evaluate.metrics import macro
from evenhand.evaluate.selection import ranking_scores
from evenhand.finding import Finding
from evenhand.types import Floats, Predictions

MIN_POSITIVES = 5
"""Rows of a label below which missing them all is within luck: five misses at a true recall of
one half come about once in thirty times."""
GOOD_GAIN = 0.25
"""Share of the way from chance to 1 that AP covers from which on a good cut gives a useful F1."""
LOST_SHARE = 0.5
"""F1 below half of what some cut reaches on the same rows is the cut's fault; cross-fitted cuts
lose a tenth at worst."""
MEMORISED = 0.5
"""Fall of the fit loss that, without any gain in ranking, only learning rows by heart explains."""


@check("D104")
def nothing_learnt(patient: Patient) -> Finding | None:
    """Nothing is learnt: the scores rank no better than chance."""
    figures = patient.figures
    if figures is None or figures.learnt or not (figures.positives_C > 0).any():
        return None
    memorised = patient.fall >= MEMORISED
    advice = (
        "the fit rows were learnt by heart and nothing carries over: look whether labels and "
        "texts still belong together (shuffled column, wrong id join), and whether rows are too few"
        if memorised
        else "no cut, weight or sampler mends this: check steps and learning rate, then the labels"
    )
    return Finding(
        "D104",
        "error",
        "nothing is learnt",
        f"macro-AP is {macro(figures.ap_C):.3f} where chance has "
        f"{macro(figures.prevalence_C):.3f}, and the mean AUC lies {figures.auc_errors:.1f} "
        f"standard errors from one half; {patient.fall_in_words}",
        {},
        advice,
    )


@check("D105")
def bad_cut(patient: Patient) -> Finding | None:
    """The cut loses a label that the scores rank well."""
    figures = patient.figures
    if figures is None or patient.measured is None:
        return None
    able_C = (figures.positives_C >= MIN_POSITIVES) & (figures.gain_C >= GOOD_GAIN)
    able_C &= patient.judged_C
    reached_C, possible_C = np.nan_to_num(figures.f1_C), _possible(patient.measured)
    lost = np.flatnonzero(able_C & (reached_C < LOST_SHARE * possible_C))
    if not len(lost):
        return None
    worst = int(lost[np.argmax(possible_C[lost] - reached_C[lost])])
    fixed = patient.setting("decision.cuts") != "per-label"
    return Finding(
        "D105",
        "warning",
        "the cut loses a label, not the model",
        f"{len(lost)} of {len(able_C)} labels: {patient.names(lost)}; {patient.names([worst])} "
        f"has AP {figures.ap_C[worst]:.3f} (chance {figures.prevalence_C[worst]:.3f}), but F1 "
        f"{reached_C[worst]:.3f} where the best cut on these rows gives {possible_C[worst]:.3f}",
        {"decision": {"cuts": "per-label"}} if fixed else {},
        "no training is needed: evenhand decide on the stored predictions sets the cuts anew"
        if fixed
        else "tune and measured rows differ, or the label has too few tune rows for a cut: "
        "give it more tune rows",
    )


def _possible(measured: Predictions) -> Floats:
    """Return the best F1 that any cut gives each label on these very rows, ``(C,)``."""
    columns = zip(ranking_scores(measured).T, measured.truth_NC.T, strict=True)
    return np.array([best_cut(scores_N, truth_N)[1] for scores_N, truth_N in columns])
