"""The account of a search: what was tried, what it gave and what it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evenhand.errors import TrainingError
from evenhand.run.sound import read_sound
from evenhand.study.search.folder import SearchLayout
from evenhand.study.search.plan import OBJECTIVE, Plan
from evenhand.study.search.trial import FAULT

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}


@dataclass(frozen=True)
class Tried:
    """A trial that has ended.

    Args:
        number: from 0, which is the recipe itself.
        state: ``complete``, ``pruned`` or ``failed``.
        value: of the objective; None unless complete.
        passes: selection metric after each finished pass.
        planned: passes that it would have made at most.
        params: what was chosen, as the storage keeps it.
        settings: the same as a run file has it.
        fault: why it has no value.
    """

    number: int
    state: str
    value: float | None
    passes: Sequence[float]
    planned: int
    params: Mapping[str, Any]
    settings: Mapping[str, Any]
    fault: str = ""


@dataclass(frozen=True)
class Account:
    """All trials of a search that have ended.

    Args:
        trials: in order of their numbers.
    """

    trials: Sequence[Tried]

    @property
    def best(self) -> Tried:
        """The trial with the highest value; the earliest of several.

        Raises:
            TrainingError: E304 where no trial has a value.
        """
        valued = [trial for trial in self.trials if trial.value is not None]
        if not valued:
            raise TrainingError(
                "E304",
                "no trial came to its end with a value",
                got=self.trials[0].fault if self.trials else "no trial has ended",
                fix="try the recipe alone first: evenhand train DATA --recipe ... --out DIR",
            )
        return max(valued, key=lambda trial: (trial.value or 0.0, -trial.number))

    def to_dict(self) -> dict[str, Any]:
        """Return every figure as plain values for JSON."""
        counts = {state: sum(t.state == state for t in self.trials) for state in STATES.values()}
        made = sum(len(trial.passes) for trial in self.trials)
        saved = sum(t.planned - len(t.passes) for t in self.trials if t.state == "pruned")
        return {
            "objective": OBJECTIVE,
            "counts": counts,
            "best": self.best.number,
            "value": self.best.value,
            "recipe_value": self.trials[0].value,
            "passes": {"made": made, "without_pruning_at_most": made + saved},
            "trials": [
                {**vars(trial), "passes": list(trial.passes), "settings": dict(trial.settings)}
                for trial in self.trials
            ],
        }


def account_of(trials: Sequence[FrozenTrial], plan: Plan, layout: SearchLayout) -> Account:
    """Return the account of those of ``trials`` that have ended."""
    ended = [trial for trial in trials if trial.state.name in STATES]
    return Account([_tried(trial, plan, layout) for trial in ended])


def _tried(trial: FrozenTrial, plan: Plan, layout: SearchLayout) -> Tried:
    passes = [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)]
    resolved = layout.trial(trial.number).resolved
    planned = len(passes)
    if resolved.is_file():
        planned = read_sound(resolved, "train")["train"]["epochs"]
    complete = trial.state.name == "COMPLETE"
    return Tried(
        trial.number,
        STATES[trial.state.name],
        trial.value if complete else None,
        passes,
        max(planned, len(passes)),
        trial.params,
        {key: plan.space.value(key, kept) for key, kept in trial.params.items()},
        "" if complete else str(trial.user_attrs.get(FAULT, "")),
    )
