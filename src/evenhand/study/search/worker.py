"""A worker: takes one trial after another, its own and those that dead workers left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evenhand.durable import make_folder
from evenhand.locks import Lock, held, take
from evenhand.study.search.folder import SearchLayout
from evenhand.study.search.plan import Plan
from evenhand.study.search.propose import next_trial, recipe_trial
from evenhand.study.search.trial import refusal, run_trial
from evenhand.study.work import stopping
from evenhand.toml import toml_text

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

CHOOSING = "choosing"
"""Lock under which trials are begun, one worker at a time."""


@dataclass(frozen=True)
class Worker:
    """What a process needs to take part in a search.

    Args:
        study: open, and ours.
        plan: of the search.
        layout: of its folder.
        say: prints one line.
        until: time after which no trial is begun, in seconds since 1970; None has no end.
    """

    study: Study
    plan: Plan
    layout: SearchLayout
    say: Callable[[str], None]
    until: float | None = None

    def work(self) -> None:
        """Run trials until there are as many as were asked for, and none is left half done.

        Trials that other workers run are waited for: should one die, its trial is taken up.

        Raises:
            StoppedBySignal: E305, with a checkpoint on disk.
            EvenhandError: as ``run_trial``.
        """
        while (trial := self._claim()) is not None:
            with self._mine(trial) as frozen:
                self._run(frozen)

    def _run(self, trial: FrozenTrial) -> None:
        with stopping(self.layout.root, command="tune"):
            outcome = run_trial(self.study, trial, self.plan, self.layout.trial(trial.number))
        self.say(f"trial {trial.number + 1}/{self.plan.trials}  {outcome.line()}  {_words(trial)}")

    @contextmanager
    def _mine(self, claimed: tuple[FrozenTrial, Lock]) -> Iterator[FrozenTrial]:
        trial, lock = claimed
        try:
            yield trial
        finally:
            lock.release()

    def _claim(self) -> tuple[FrozenTrial, Lock] | None:
        """Return a trial that is this worker's now; None where nothing is left to do."""
        while True:
            with held(self.layout.lock(CHOOSING)):
                trials = self.study.get_trials(deepcopy=False)
                running = [trial for trial in trials if not trial.state.is_finished()]
                for trial in running:
                    if (lock := take(self.layout.lock(trial.number))) is not None:
                        return trial, lock
                if (begun := self._begin(trials)) is not None:
                    return begun
            if not running:
                return None
            # Let go by the other worker when its trial has ended, and by the system if it dies.
            with held(self.layout.lock(running[0].number)):
                pass

    def _begin(self, trials: Sequence[FrozenTrial]) -> tuple[FrozenTrial, Lock] | None:
        plan, number = self.plan, len(trials)
        if number >= plan.trials or (number and self._late()):
            return None
        proposed: FrozenTrial | None
        if number:
            proposed = next_trial(
                trials, plan.space, seed=plan.seed, refusal=lambda params: refusal(plan, params)
            )
        else:
            proposed = recipe_trial(plan.space, plan.effective)
        if proposed is None:
            return None
        make_folder(self.layout.trial(number).root.parent)
        lock = take(self.layout.lock(number))
        if lock is None:
            return None
        self.study.add_trial(proposed)
        return self.study.get_trials(deepcopy=False)[number], lock

    def _late(self) -> bool:
        return self.until is not None and time.time() >= self.until


def _words(trial: FrozenTrial) -> str:
    if not trial.number:
        return "the recipe itself"
    return ", ".join(f"{key} {_short(value)}" for key, value in trial.params.items())


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else toml_text(value)
