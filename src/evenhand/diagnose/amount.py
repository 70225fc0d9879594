"""Amount: too few optimizer steps, or too few of the rows, to learn anything."""

from __future__ import annotations

import math

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding
from evenhand.types import Task

FEW_STEPS = 100
"""Steps below which fine-tuning that is still getting better was stopped early: AdamW moves a
weight by at most its learning rate a step, 0.01 in all at the default rate."""
ENOUGH_STEPS = 600
"""Steps that a run plans of its own accord; one that learnt nothing in fewer may need just them."""
HOPELESS_STEPS = 30
"""Steps below which whatever ranking there is comes from the first few batches alone; planned ones
need no waiting for the end."""
STILL_FALLING = 0.05
"""Fall of the tune loss in the last pass that shows that more passes would help."""
BARELY = 0.2
"""Fall of the fit loss below which the steps have not even fitted the fit rows."""
MOST_EPOCHS, SMALL_BATCH = 40, 8
SMALL_SHARE = 0.5
"""Share of the available rows below which scores are those of another, smaller data set."""
STARVED = 20
"""Fit rows of a label below which more rows come first, and drawing these more often second."""
UNEVEN = 10
"""Rows of the commonest label over the rarest one's from which on there is much to even out."""


@check("D201", live=True)
def too_few_steps(patient: Patient) -> Finding | None:
    """Too few optimizer steps to learn from."""
    steps = patient.planned if patient.running else patient.done
    if not 0 < steps < _needed(patient):
        return None
    return Finding(
        "D201",
        "error" if patient.unlearnt or steps < HOPELESS_STEPS else "warning",
        "too few steps",
        f"{steps} optimizer step{'s' * (steps != 1)} over {patient.fit.rows:,} fit rows; "
        f"{_judgement(patient)}",
        _more_steps(patient, steps),
        "look at imbalance only after a run of some hundred steps",
    )


@check("D301", live=True)
def few_of_the_rows(patient: Patient) -> Finding | None:
    """Only a part of the available rows was used."""
    share = patient.facts.get("data_share")
    if share is None or not 0 < share < SMALL_SHARE:
        return None
    rarest = int(np.argmin(patient.fit.positives_C))
    fewest = int(patient.fit.positives_C[rarest])
    harmful = patient.unlearnt or fewest < STARVED
    available = math.ceil(patient.fit.rows / share)
    return Finding(
        "D301",
        "warning" if harmful else "tip",
        "most rows are left out",
        f"{share:.1%} of the rows were used; the rarest label, {patient.names([rarest])}, has "
        f"{fewest} fit rows",
        _more_rows(patient, available),
        "scores on a sample say little about all rows; use them all before anything else",
    )


@check("D308", live=True)
def seldom_drawn(patient: Patient) -> Finding | None:
    """Classes of a few rows are drawn no more often than the others.

    Only of one label a row: with several it was worth something in a few passes alone, and nothing
    in those that a run plans of its own accord (benchmarks/results.md).
    """
    # Balance needs rows enough to choose from: a sampler refuses less than a batch.
    enough = patient.fit.rows >= _batch(patient)
    if patient.fit.task is not Task.MULTICLASS or not patient.uncorrected or not enough:
        return None
    positives_C = patient.fit.positives_C
    few_K = np.flatnonzero((positives_C > 0) & (positives_C < STARVED))
    if not len(few_K):
        return None
    rarest = int(few_K[np.argmin(positives_C[few_K])])
    fewest, most = int(positives_C[rarest]), int(positives_C.max())
    if most < UNEVEN * fewest:
        return None
    return Finding(
        "D308",
        "tip",
        "classes of a few rows are drawn no more often",
        f"{len(few_K)} of {len(positives_C)} classes have fewer than {STARVED} fit rows; "
        f"the rarest, {patient.names([rarest])}, has {fewest}, and the commonest {most:,}",
        {"sampler": {"name": "square-root"}},
        "rows of rare classes then come more often, and the scores are put right for it afterwards",
    )


def _batch(patient: Patient) -> int:
    return int(patient.setting("train.batch_size", 32))


def _needed(patient: Patient) -> int:
    if patient.running:
        return HOPELESS_STEPS
    if patient.unlearnt and not patient.fall >= BARELY:
        return ENOUGH_STEPS
    return 0 if _settled(patient) else FEW_STEPS


def _settled(patient: Patient) -> bool:
    """Say whether the last pass no longer helped, as far as the tune loss shows it."""
    if patient.facts.get("stopped") == "patience":
        return True
    losses = [float(record["tune_loss"]) for record in patient.epochs[-2:]]
    return len(losses) == 2 and losses[1] > (1 - STILL_FALLING) * losses[0]


def _judgement(patient: Patient) -> str:
    if patient.running:
        return "no fine-tuning gets anywhere in so few"
    if patient.unlearnt:
        return f"the scores are no better than chance, and {patient.fall_in_words}"
    if len(patient.epochs) < 2:
        return "there was one pass only"
    return "the tune loss was still falling in the last pass"


def _more_steps(patient: Patient, steps: int) -> dict[str, object]:
    """Return passes, and if these do not suffice smaller batches, that make 600 steps."""
    train: dict[str, int] = {}
    capped = patient.setting("train.max_steps")
    if capped is not None and capped < ENOUGH_STEPS:
        train["max_steps"] = ENOUGH_STEPS
    batch, group = _batch(patient), patient.setting("train.accumulate", 1)
    a_pass = max(1, math.ceil(math.ceil(patient.fit.rows / batch) / group))
    train["epochs"] = max(
        min(math.ceil(ENOUGH_STEPS / a_pass), MOST_EPOCHS), patient.setting("train.epochs", 1)
    )
    if a_pass * MOST_EPOCHS < ENOUGH_STEPS:
        batch, group = min(batch, SMALL_BATCH), 1
        train |= {"batch_size": batch, "accumulate": group}
        a_pass = max(1, math.ceil(patient.fit.rows / batch))
    epochs = int(train["epochs"])
    if 0 < patient.setting("train.patience", 0) < epochs // 2:
        train["patience"] = epochs // 2
    if patient.setting("schedule.steps") is None:
        return {"train": train}
    return {"train": train, "schedule": {"steps": epochs * a_pass}}


def _more_rows(patient: Patient, available: int) -> dict[str, object]:
    if patient.setting("data.sample") is not None:
        return {"data": {"sample": available}}
    if patient.setting("train.steps_per_epoch") is not None:
        rows = _batch(patient) * patient.setting("train.accumulate", 1)
        return {"train": {"steps_per_epoch": math.ceil(available / rows)}}
    return {}
