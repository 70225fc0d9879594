"""Rate: a learning rate that is absurd, or that is zero too early."""
# Shapes: S steps.

from __future__ import annotations

import numpy as np

from evenhand.diagnose.amount import BARELY
from evenhand.diagnose.baselines import better_baseline
from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient
from evenhand.finding import Finding

USUAL_LR = 1e-4
"""The default peak rate of the backbone; a head learns ten times as fast."""
HEAD_RATIO = 10
LOW_LR = 5e-6
"""Rate below which a backbone keeps its weights: a step moves a weight by the rate at most, so a
thousand steps move it by 0.005, a tenth of a usual weight."""
SLOW_HEAD = 3e-4
"""Rate below which a new head may get nowhere: from random weights it has further to go than a
backbone, and a thousand steps move it by 0.3 at most."""
HIGH_LR = 1e-3
"""Rate from which on a pretrained backbone loses what it knew; large only for random weights."""
NEW = {"bytes": 2e-3, "series": 1e-3}
"""Networks whose weights all start at random, and their default peak rate, the head's as well."""
EXPLODED = 1.5
"""Loss at the end over loss at the start that no noise explains."""
ENOUGH_FOR_TREND = 20
"""Steps that a trend of the loss needs."""
NEARLY_ZERO = 1e-4
"""Share of the peak that counts as zero; schedules that end at zero pass it on the last steps."""
IDLE_SHARE = 0.1
"""Share of the steps that may pass at rate zero."""


@check("D202", live=True)
def rate_too_low(patient: Patient) -> Finding | None:
    """The learning rate is too low for any weight to move."""
    rate = _rate(patient)
    if rate is None or rate >= LOW_LR:
        return None
    steps = patient.planned
    useless = patient.unlearnt or patient.fall < BARELY
    remedy: dict[str, float] = {"lr": _usual(patient)}
    if patient.setting("optim.head_lr") is not None:
        remedy["head_lr"] = _head_ratio(patient) * _usual(patient)
    return Finding(
        "D202",
        "error" if useless else "warning",
        "learning rate too low",
        f"the peak rate is {rate:.1e}, so {steps:,} steps move a weight of the backbone by at "
        f"most {rate * steps:.1e}; {patient.fall_in_words}",
        {"optim": remedy},
        _usual_in_words(patient),
    )


@check("D203", live=True)
def rate_too_high(patient: Patient) -> Finding | None:
    """The learning rate is so high that the loss grows or never falls."""
    rate = patient.setting("optim.lr")
    if rate is None or len(patient.losses_S) < ENOUGH_FOR_TREND:
        return None
    begin = _first_loss(patient)
    grown = patient.last_loss > EXPLODED * begin
    high = HIGH_LR if _pretrained(patient) else HEAD_RATIO * HIGH_LR
    stuck = rate >= high and patient.fall < BARELY and patient.unlearnt
    if not grown and not stuck:
        return None
    return Finding(
        "D203",
        "error" if grown else "warning",
        "learning rate too high",
        f"at a peak rate of {rate:.1e} the loss went from {begin:.3g} to {patient.last_loss:.3g}",
        {"optim": _lower(patient, min(rate / 10, _usual(patient)))},
        f"{_usual_in_words(patient)}; a longer warm-up helps as well",
    )


@check("D204", live=True)
def zero_too_early(patient: Patient) -> Finding | None:
    """The learning rate reached zero long before the end."""
    rates_S = np.array([record["lr"] for record in patient.steps], dtype=np.float64)
    if not len(rates_S) or rates_S.max() <= 0:
        return None
    moving = np.flatnonzero(rates_S > NEARLY_ZERO * rates_S.max())
    idle = len(rates_S) - 1 - int(moving[-1])
    if idle < max(2, IDLE_SHARE * len(rates_S)):
        return None
    total = max(patient.planned, patient.done)
    first = int(patient.steps[int(moving[-1]) + 1]["step"])
    fits = patient.setting("schedule.steps") is not None
    return Finding(
        "D204",
        "error" if idle >= len(rates_S) / 2 else "warning",
        "learning rate zero too early",
        f"the rate is 0 from step {first:,} on: {idle:,} of {len(rates_S):,} steps so far changed "
        "nothing",
        {"schedule": {"steps": total}} if fits else {"schedule": {"name": "linear"}},
        "the schedule was made for fewer steps than the run has (counted without accumulation, "
        "or copied from a shorter run)",
    )


@check("D213")
def slow_head(patient: Patient) -> Finding | None:
    """The head learns about as slowly as the backbone, and the run has learnt too little."""
    rate, head = patient.setting("optim.lr"), patient.setting("optim.head_lr")
    if rate is None or head is None or head >= min(SLOW_HEAD, _head_ratio(patient) * rate):
        return None
    rival = better_baseline(patient)
    if not patient.unlearnt and rival is None:
        return None
    return Finding(
        "D213",
        "error" if patient.unlearnt else "warning",
        "the head learns slowly",
        f"its peak rate is {head:.1e}, so {patient.done:,} steps move its random weights by at "
        f"most {head * patient.done:.1e}; {patient.fall_in_words}",
        {"optim": {"head_lr": float(f"{_head_ratio(patient) * rate:.1g}")}},
        "what is new can learn ten times as fast as what is pretrained; unset, it does"
        if _pretrained(patient)
        else "where all weights are new they can learn alike; unset, they do",
    )


def _first_loss(patient: Patient) -> float:
    """Return the loss before the first step, where that is known to be the shares' loss.

    At an absurd rate the loss has grown long before a tenth of the steps is done.
    """
    at_shares = patient.plain_loss and patient.setting("model.prior_bias", False)
    return min(patient.first_loss, patient.prior_loss) if at_shares else patient.first_loss


def _rate(patient: Patient) -> float | None:
    """Return the highest rate that acts, in terms of the backbone's."""
    rate = patient.setting("optim.lr")
    if rate is None:
        return None
    ratio = _head_ratio(patient)
    head = patient.setting("optim.head_lr", ratio * rate)
    return float(max(rate, head / ratio))


def _pretrained(patient: Patient) -> bool:
    return patient.network not in NEW


def _usual(patient: Patient) -> float:
    """Return the default peak rate of the run's backbone."""
    return NEW.get(patient.network, USUAL_LR)


def _head_ratio(patient: Patient) -> int:
    """Return how many times as fast as the backbone the head learns where nobody said."""
    return HEAD_RATIO if _pretrained(patient) else 1


def _usual_in_words(patient: Patient) -> str:
    if _pretrained(patient):
        return "usual rates are 2e-5 to 2e-4 for the backbone"
    return "usual rates are 1e-3 to 3e-3 for weights that start at random"


def _lower(patient: Patient, rate: float) -> dict[str, float]:
    """Return ``rate`` to one digit, and a head's rate lowered as much."""
    lowered = {"lr": float(f"{rate:.1g}")}
    head = patient.setting("optim.head_lr")
    if head is not None:
        lowered["head_lr"] = float(f"{head * rate / patient.setting('optim.lr'):.1g}")
    return lowered
