"""Support: how many rows each label rests on."""
# Shapes: N rows, C labels.

from __future__ import annotations

import numpy as np

from evenhand.audit.checks import check
from evenhand.audit.corpus import Corpus, counted, name_list
from evenhand.audit.finding import Finding
from evenhand.audit.lengths import set_aside
from evenhand.types import Task

UNEVEN, VERY_UNEVEN = 10, 100
"""Most frequent over rarest label."""
UNSTABLE, HOPELESS = 20, 5
"""Positives of a role below which a label's score is a matter of luck, or means nothing."""


@check("A201")
def uneven(corpus: Corpus) -> Finding | None:
    """Some labels are far rarer than others."""
    positives_C = np.nansum(corpus.truth_NC, axis=0)
    if corpus.labels.task is Task.MULTILABEL and len(positives_C) == 1:
        positives_C = np.array([positives_C[0], (corpus.truth_NC == 0).sum()])
    present_K = positives_C[positives_C > 0]
    ratio = present_K.max() / present_K.min() if len(present_K) else 1.0
    if ratio < UNEVEN:
        return None
    names = (*corpus.labels.names, f"not {corpus.labels.names[0]}")
    least = int(np.where(positives_C > 0, positives_C, np.inf).argmin())
    most = int(positives_C.argmax())
    return Finding(
        "A201",
        "warning" if ratio >= VERY_UNEVEN else "tip",
        "labels are uneven",
        f"{names[most]} has {counted(int(positives_C[most]), 'row')}, {names[least]} "
        f"{int(positives_C[least]):,}: {ratio:,.0f} to 1",
        advice="accuracy and micro averages will not see the rare labels; read macro-F1, and a "
        "line a label (docs/howto/rare-labels.md)",
    )


@check("A202")
def too_rare(corpus: Corpus) -> Finding | None:
    """Labels have too few rows in a role to be measured there."""
    said, worst = [], UNSTABLE
    for role in corpus.present:
        positives_C = (corpus.truth_NC[corpus.rows(role)] == 1).sum(axis=0)
        rare = [c for c in np.argsort(positives_C) if 0 < positives_C[c] < UNSTABLE]
        if rare:
            names = name_list([f"{corpus.labels.names[c]} {positives_C[c]}" for c in rare])
            said.append(f"{role}: {names}" if len(corpus.present) > 1 else names)
            worst = min(worst, int(positives_C[rare[0]]))
    if not said:
        return None
    return Finding(
        "A202",
        "warning",
        "labels too rare to measure",
        f"fewer than {UNSTABLE} rows: {'; '.join(said)}",
        advice=f"below {UNSTABLE} rows a score moves by luck"
        + (f", below {HOPELESS} it says nothing" if worst < HOPELESS else "")
        + "; collect more, merge them with a neighbour, or measure by cross-validation",
    )


@check("A203")
def unlabelled(corpus: Corpus) -> Finding | None:
    """Rows have no label at all."""
    if not corpus.labelled:
        return Finding(
            "A203",
            "error",
            "no label anywhere",
            f"not one of {counted(len(corpus), 'row')} carries {name_list(corpus.labels.names)}",
            advice="there is nothing to learn: look which columns hold the labels, and whether "
            "they were filled",
        )
    return set_aside(corpus, "A203", "rows without labels", "no label")


@check("A207")
def in_name_only(corpus: Corpus) -> Finding | None:
    """The task allows several labels a row, but every row has one."""
    if corpus.one_label or len(corpus.labels) < 2:
        return None
    labels_N = (corpus.truth_NC == 1).sum(axis=1)
    if np.isnan(corpus.truth_NC).any() or (labels_N != 1).any():
        return None
    return Finding(
        "A207",
        "tip",
        "multi-label in name only",
        f"every one of {len(corpus):,} rows has exactly one of {len(corpus.labels)} labels",
        {"data": {"task": "multiclass"}},
        "one label a row is the easier question: softmax, and no cut a label",
    )
