"""Parts: cut-off texts, stacked corrections, augmentation without effect, loose parameters."""
# Shapes: C classes.

from __future__ import annotations

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding
from evenhand.types import Task

MANY_CUT, SOME_CUT = 0.25, 0.05
"""Shares of texts cut off at the maximum length: a quarter may well hold what decides a label;
below a twentieth it is not worth longer batches."""
LONGEST = 512
"""Tokens beyond which the usual backbones know no position."""
UNCHANGED = 0.01
"""Share of changed texts below which an augmenter does nothing."""
UNDONE = 0.5
"""Share of changes that the tokenizer takes back from which on the augmenter is mostly for show."""


@check("D302", live=True)
def truncated(patient: Patient) -> Finding | None:
    """Many texts are cut off at the maximum length."""
    share = patient.facts.get("truncated_share")
    length = patient.setting("model.max_length")
    if share is None or length is None or share < SOME_CUT:
        return None
    longer = min(2 * length, LONGEST)
    return Finding(
        "D302",
        "warning" if share >= MANY_CUT else "tip",
        "texts are cut off",
        f"{share:.1%} of the fit texts are longer than {length} tokens",
        {"model": {"max_length": longer}} if longer > length else {},
        "time grows with length; or put what matters first in the text",
    )


@check("D303", live=True)
def stacked_corrections(patient: Patient) -> Finding | None:
    """Several corrections for imbalance work at once."""
    corrections = [str(phrase) for phrase in patient.facts.get("corrections") or ()]
    if len(corrections) < 2:
        return None
    natural = patient.setting("sampler.name", "natural") == "natural"
    keep = {"loss": {"name": "auto"}} if natural else {"sampler": {"name": "natural"}}
    return Finding(
        "D303",
        "warning",
        "stacked corrections",
        f"{' + '.join(corrections)}{_prior(patient)}",
        {**keep, "mix": {"name": "none"}} if patient.setting("mix.name") == "smote" else keep,
        "each is meant to be enough; together they over-correct, up to all-positive",
    )


@check("D304", live=True)
def idle_augmentation(patient: Patient) -> Finding | None:
    """Augmentation changes nothing that the network sees."""
    augmented = patient.facts.get("augmented") or {}
    changed, undone = augmented.get("changed"), augmented.get("undone")
    if changed is None:
        return None
    if changed < UNCHANGED:
        evidence = f"{changed:.1%} of the drawn texts were changed"
    elif undone is not None and undone >= UNDONE:
        evidence = f"{changed:.1%} of the drawn texts were changed, and the tokenizer undid "
        evidence += f"{undone:.0%} of these changes"
    else:
        return None
    return Finding(
        "D304",
        "warning",
        "augmentation without effect",
        evidence,
        {"augment": []},
        "case noise is nothing to an uncased tokenizer; or raise the augmenter's rate",
    )


@check("D305", live=True)
def loose_parameters(patient: Patient) -> Finding | None:
    """Parameters that may learn get no gradient."""
    loose = list(patient.facts.get("never_reached") or ())
    if not loose:
        return None
    more = f" and {len(loose) - 3} more" if len(loose) > 3 else ""
    return Finding(
        "D305",
        "warning",
        "parameters without gradient",
        f"{len(loose)} may learn and never got a gradient: {', '.join(loose[:3])}{more}",
        {},
        "a part of the network leads nowhere: built but not called, or cut off from the loss",
    )


def _prior(patient: Patient) -> str:
    """Say how far the rarest label's share was moved, where that is known."""
    natural, effective = (patient.facts.get(f"{k}_prior") for k in ("natural", "effective"))
    if not natural or not effective:
        return ""
    rarest = int(np.argmin(natural))
    more_than_half = int((np.asarray(effective) > 0.5).sum())
    moved = f"; they make {patient.names([rarest])}, {natural[rarest]:.1%} of the rows, "
    moved += f"look like {effective[rarest]:.1%}"
    if patient.fit.task is Task.MULTILABEL and more_than_half:
        moved += f", and {more_than_half} of {len(natural)} labels more likely than not"
    return moved
