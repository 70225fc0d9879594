"""Curves: what the losses of fit and tune rows say about each other and about themselves."""
# Shapes: W windows of steps.

from __future__ import annotations

import numpy as np

from evenhand.diagnose.checks import check
from evenhand.diagnose.patient import Patient, Record
from evenhand.finding import Finding

GAP = 2.0
"""Tune loss over fit loss of the same pass; 1.3 is usual after three passes over many rows."""
SUBSTANTIAL = 0.3
"""Share of the loss at the start below which a tune loss is small, whatever its ratio."""
ALL_KNOWN = 0.99
"""Share of known labels below which the two losses are means over different things."""
AT_HALF = ("macro_f1_at_half", "micro_f1", "weighted_f1")
"""Metrics for choosing a pass that cut every probability at 0.5, or take the likeliest class."""
RISE = 1.1
"""Tune loss over its lowest that is beyond the noise from pass to pass."""
WINDOWS, FEWEST_IN_WINDOW = 20, 5
"""The steps are cut into twenty windows, or fewer so that each has five."""
FEWEST_WINDOWS = 8
"""Windows without which a zigzag cannot be told from a trend."""
JUMP, JUMP_ERRORS = 0.2, 3.0
"""A window's mean loss jumps when it rises by a fifth and by three standard errors."""
JUMPY = 0.25
"""Share of windows that jump; warm restarts make three or four of twenty."""


@check("D205")
def overfit_gap(patient: Patient) -> Finding | None:
    """The kept pass fits the fit rows far better than the tune rows."""
    kept = patient.chosen
    known = patient.fit.known_C.sum() >= ALL_KNOWN * patient.fit.known_C.size * patient.fit.rows
    if kept is None or not (patient.plain_loss and known) or not kept["fit_loss"] > 0:
        return None
    ratio = kept["tune_loss"] / kept["fit_loss"]
    if ratio < GAP or not kept["tune_loss"] >= SUBSTANTIAL * patient.first_loss:
        return None
    name = patient.setting("model.head.name", "linear")
    dropout = {"model": {"head": {"name": name, "dropout": 0.3}}}
    return Finding(
        "D205",
        "warning",
        "overfitting",
        f"in pass {kept['epoch']}, which was kept, the tune loss {kept['tune_loss']:.3f} is "
        f"{ratio:.1f} times the fit loss {kept['fit_loss']:.3f}",
        {"optim": {"weight_decay": 0.1}} | dropout,
        "more rows help most; then fewer passes, augmentation, a smaller head",
    )


@check("D206", live=True)
def tune_loss_rising(patient: Patient) -> Finding | None:
    """The tune loss has been rising since an earlier pass."""
    losses = [float(record["tune_loss"]) for record in patient.epochs]
    if len(losses) < 2:
        return None
    lowest = int(np.argmin(losses))
    kept = patient.chosen or patient.epochs[lowest]
    if not losses[-1] > RISE * losses[lowest]:
        return None
    calibrated = patient.setting("decision.calibrate", "none") != "none"
    harmful = float(kept["tune_loss"]) > RISE * losses[lowest] and not calibrated
    return Finding(
        "D206",
        "warning" if harmful else "tip",
        "tune loss rising",
        f"it was lowest, {losses[lowest]:.3f}, after pass {_pass(patient.epochs[lowest])} and is "
        f"{losses[-1]:.3f} after pass {_pass(patient.epochs[-1])}; pass {_pass(kept)} was kept",
        {"train": {"epochs": _pass(patient.epochs[lowest])}} if harmful else {},
        "the passes after that made the scores overconfident"
        if harmful
        else "calibration mends what the later passes overstate, and an earlier pass may be kept",
    )


@check("D212", live=True)
def chosen_at_half(patient: Patient) -> Finding | None:
    """The metric that chooses the pass reads scores at 0.5, and kept one that knew less."""
    metric, kept = patient.setting("train.metric"), patient.chosen
    if metric not in AT_HALF or kept is None:
        return None
    lowest = min(patient.epochs, key=lambda record: float(record["tune_loss"]))
    later = _pass(lowest) > _pass(kept)
    if not later or not kept["tune_loss"] > RISE * lowest["tune_loss"]:
        return None
    return Finding(
        "D212",
        "error" if patient.unlearnt else "warning",
        "the pass was chosen at 0.5",
        f"{metric} kept pass {_pass(kept)}, with a tune loss of {kept['tune_loss']:.3f}; it was "
        f"{lowest['tune_loss']:.3f} after pass {_pass(lowest)}",
        {"train": {"metric": "tuned_macro_f1"}},
        "while probabilities settle near the labels' shares few reach 0.5, however well they rank",
    )


@check("D207", live=True)
def oscillating(patient: Patient) -> Finding | None:
    """The loss jumps up and down instead of falling."""
    windows = min(WINDOWS, len(patient.losses_S) // FEWEST_IN_WINDOW)
    rate = patient.setting("optim.lr")
    if windows < FEWEST_WINDOWS or rate is None:
        return None
    parts = np.array_split(patient.losses_S, windows)
    mean_W = np.array([part.mean() for part in parts])
    error_W = np.array([part.std(ddof=1) / np.sqrt(len(part)) for part in parts])
    rise_W = np.diff(mean_W)
    noise_W = np.hypot(error_W[1:], error_W[:-1])
    jumps = int(((rise_W > JUMP * mean_W[:-1]) & (rise_W > JUMP_ERRORS * noise_W)).sum())
    if jumps < JUMPY * windows:
        return None
    return Finding(
        "D207",
        "warning",
        "oscillating loss",
        f"between {windows} stretches of the run the mean loss jumped up {jumps} times, by "
        f"{rise_W.max():.2g} at most where the median is {np.median(mean_W):.2g}",
        {"optim": {"lr": float(f"{rate / 3:.1g}")}},
        "a larger batch (train.accumulate) calms it as well",
    )


def _pass(record: Record) -> int:
    return int(record["epoch"])
