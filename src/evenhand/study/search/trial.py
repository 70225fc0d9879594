"""One trial: an ordinary run without report rows, measured on its stored tune rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.durable import remove_folder
from evenhand.errors import ConfigError, TrainingError
from evenhand.evaluate.selection import SELECTION
from evenhand.predictions import load_predictions
from evenhand.run import Run, Screen, trained
from evenhand.run.folder import Layout
from evenhand.run.prepare import check_parts
from evenhand.study.search.hook import Pruned, Reporter
from evenhand.study.search.plan import OBJECTIVE, Plan, settled

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

FAULT = "fault"
"""Attribute of a trial: why it has no value."""
STARTS = "starts"
"""Attribute of a trial: finished passes each time that a worker took it up."""
MOST_STARTS = 10
"""Workers that may die on a trial, one after the other and in the same pass, before it is left."""
DIVERGED = ("E301", "E304")
"""Faults that are a result: with such settings there is no model."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Args:
        value: of the objective; None where there is none.
        fault: why, or why it was ended early; empty where it came to its end.
        failed: whether it could not be run at all.
    """

    value: float | None
    fault: str = ""
    failed: bool = False

    def line(self) -> str:
        """Return it in a few words."""
        return self.fault if self.value is None else f"{self.value:.4f}"


def refusal(plan: Plan, params: Mapping[str, Any]) -> ConfigError | None:
    """Return why no run would take such settings together; None where one would."""
    try:
        check_parts(settled(plan.trial_file(1, params)))
    except ConfigError as error:
        return error
    return None


def run_trial(study: Study, trial: FrozenTrial, plan: Plan, layout: Layout) -> Outcome:
    """Train a trial, or go on where a dead worker left it, and tell the study how it ended.

    Args:
        study: is told of every pass.
        trial: runs, and is this worker's alone.
        plan: of the search.
        layout: of the trial's folder.

    Raises:
        StoppedBySignal: E305; the trial stays as it is.
        EvenhandError: where no trial could do better: the disk is full, a file has changed.
    """
    outcome = _worn_out(study, trial)
    if outcome is None:
        outcome = _outcome(study, trial, plan, layout)
    live = _live(study, trial)
    if outcome.fault:
        live.set_user_attr(FAULT, outcome.fault)
    drop_weights(layout)
    from optuna.trial import TrialState

    state = TrialState.FAIL if outcome.failed else TrialState.PRUNED
    if outcome.value is None:
        study.tell(trial.number, state=state)
    else:
        study.tell(trial.number, outcome.value)
    return outcome


def drop_weights(layout: Layout) -> None:
    """Remove checkpoints and weights; predictions, decision and figures stay."""
    for folder in (layout.checkpoints, layout.bundle):
        if folder.is_dir():
            remove_folder(folder)


def value_of(layout: Layout) -> float:
    """Return the objective of a finished trial, from the scores that it stored."""
    measured: Any = SELECTION.factory(OBJECTIVE)
    return float(measured(load_predictions(layout.predictions("tune"))))


def _outcome(study: Study, trial: FrozenTrial, plan: Plan, layout: Layout) -> Outcome:
    try:
        _train(study, trial, plan, layout)
    except Pruned as pruned:
        return Outcome(None, f"pruned {pruned}")
    except TrainingError as error:
        if error.code not in DIVERGED:
            raise
        return Outcome(None, f"[{error.code}] {error.what}: {error.got}")
    except ConfigError as error:
        if not trial.number:
            raise
        return Outcome(None, f"[{error.code}] {error.what}: {error.got}", failed=True)
    _refuse_other_rows(plan, layout)
    value = value_of(layout)
    if not math.isfinite(value):
        return Outcome(None, "the objective is not a number")
    return Outcome(value)


def _train(study: Study, trial: FrozenTrial, plan: Plan, layout: Layout) -> None:
    known = frozenset(trial.intermediate_values)
    hooks = (Reporter(_live(study, trial), known=known),)
    asked = plan.trial_file(trial.number, trial.params)
    trained(plan.sources.closed(), asked, layout.root, screen=Screen(), hooks=hooks)


def _worn_out(study: Study, trial: FrozenTrial) -> Outcome | None:
    """Note that a worker takes the trial up; say so where too many have died on it."""
    starts = [*trial.user_attrs.get(STARTS, []), len(trial.intermediate_values)]
    if len(starts) > MOST_STARTS and len(set(starts[-MOST_STARTS - 1 :])) == 1:
        return Outcome(None, f"{MOST_STARTS} workers died in the same pass", failed=True)
    _live(study, trial).set_user_attr(STARTS, starts)
    return None


def _refuse_other_rows(plan: Plan, layout: Layout) -> None:
    """Raise where a trial was trained on other rows than the search began with.

    Files are known by what they hold: a search goes on from any folder.

    Raises:
        TrainingError: E303; the trial is removed, and made again when the search goes on.
    """
    if set(Run(layout.root).manifest["sha256"].values()) == set(plan.sha256.values()):
        return
    remove_folder(layout.root)
    raise TrainingError(
        "E303",
        "the data is no longer what the search was started on",
        got=", ".join(Path(name).name for name in plan.sha256 if name != "split"),
        fix="restore the files and go on with --resume, or start a new search with another --out",
    )


def _live(study: Study, trial: FrozenTrial) -> Any:
    """Return the trial as one that can be told things; Optuna has no public way to take one up."""
    from optuna import Trial

    return Trial(study, trial._trial_id)
