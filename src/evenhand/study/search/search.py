"""A search from its question to its end; begun, joined, or gone on with."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.durable import make_folder, write_json
from evenhand.errors import ConfigError, MissingFileError, TrainingError
from evenhand.extras import need
from evenhand.locks import held
from evenhand.run.screen import Screen
from evenhand.run.sound import read_sound
from evenhand.study.search import storage
from evenhand.study.search.best import conclude
from evenhand.study.search.folder import SearchLayout
from evenhand.study.search.plan import Plan, Question, settle
from evenhand.study.search.processes import STORAGE, Workers
from evenhand.study.search.worker import CHOOSING, Worker
from evenhand.study.work import stopping

if TYPE_CHECKING:
    from optuna import Study

HIDDEN = "hidden"
"""Stands in ``study.json`` for a URL with a password."""


@dataclass(frozen=True)
class Search:
    """A search in its folder.

    Args:
        plan: what was asked.
        layout: of the folder.
        screen: where it speaks.
        url: of the storage.
    """

    plan: Plan
    layout: SearchLayout
    screen: Screen
    url: str

    def work(self, *, until: float | None = None) -> None:
        """Take part in the trials until none is left. Raises as ``Worker.work``."""
        with self._study() as study:
            Worker(study, self.plan, self.layout, self.screen.say, until).work()

    def work_together(self, jobs: int, *, until: float | None = None) -> int:
        """Let ``jobs`` processes take part; return the gravest of their exit codes.

        Raises:
            TrainingError: E308 where they are killed again and again.
        """
        given = self.url if self.plan.storage is not None else None
        return Workers(self.layout.root, jobs, self._passes, given, until).work()

    def conclude(self) -> dict[str, Any]:
        """Train the best again and return every figure. Raises as ``best.conclude``."""
        with self._study() as study, stopping(self.layout.root, command="tune"):
            return conclude(study, self.plan, self.layout, screen=self.screen)

    def unfinished(self) -> int:
        """Return how many trials are begun and have not ended."""
        with self._study() as study:
            trials = study.get_trials(deepcopy=False)
        return sum(not trial.state.is_finished() for trial in trials)

    @contextmanager
    def _study(self) -> Iterator[Study]:
        plan = self.plan
        with storage.opened(
            self.url,
            plan.name,
            pruner=plan.pruner,
            mark=plan.mark(),
            lock=self.layout.lock(CHOOSING),
        ) as study:
            yield study

    def _passes(self) -> int:
        histories = (self.layout.root / "trials").glob("*/history.jsonl")
        return sum(file.read_bytes().count(b'"kind": "epoch"') for file in histories)


def begin(question: Question, out: Path, *, screen: Screen) -> Search:
    """Settle a search and lay out its folder, or join the same search that lies there.

    Raises:
        MissingExtraError: E104 without Optuna.
        ConfigError: E109 where something else lies there; as ``settle``.
        TrainingError: E303 where another search lies there.
    """
    need("tune", "optuna")
    layout = SearchLayout(out)
    layout.refuse_used()
    plan = settle(question)
    for line in plan.lines(None if layout.plan.is_file() else plan.pace()):
        screen.say(line)
    make_folder(layout.root)
    with held(layout.lock(CHOOSING)):
        if layout.plan.is_file():
            plan = _joined(plan, layout)
        else:
            plan = replace(plan, name=out.resolve().name, identity=uuid.uuid4().hex)
        _save(plan, layout)
    return Search(plan, layout, screen, _url(plan, layout, question.storage))


def go_on(out: Path, *, trials: int | None, url: str | None, screen: Screen) -> Search:
    """Go on with the search in a folder.

    Args:
        out: the folder.
        trials: how many in all; None leaves that as it was.
        url: of the storage, where ``study.json`` may not say it.
        screen: where to speak.

    Raises:
        MissingExtraError: E104 without Optuna.
        MissingFileError: E302 when no search was begun there.
        ConfigError: E110 for fewer trials than were asked for, or a storage that is not said.
    """
    need("tune", "optuna")
    layout = SearchLayout(out)
    if not layout.plan.is_file():
        raise MissingFileError(
            "E302", "there is no search to go on with", got=str(out), fix="begin one: --out DIR"
        )
    with held(layout.lock(CHOOSING)):
        plan = Plan.from_dict(read_sound(layout.plan, *Plan.__dataclass_fields__))
        if trials is not None and trials < plan.trials:
            raise ConfigError(
                "E110",
                "a search does not become shorter",
                got=f"--trials {trials} for a search of {plan.trials}",
                fix=f"--trials {plan.trials} or more, or leave it out",
            )
        if trials is not None and trials > plan.trials:
            plan = replace(plan, trials=trials)
            _save(plan, layout)
    return Search(plan, layout, screen, _url(plan, layout, url))


def until(seconds: float | None) -> float | None:
    """Return the time that is so many seconds from now; None for None."""
    return None if seconds is None else time.time() + seconds


def _joined(plan: Plan, layout: SearchLayout) -> Plan:
    """Return the plan that lies there, if it is the same search; with the greater number of trials.

    Raises:
        TrainingError: E303.
    """
    stored = Plan.from_dict(read_sound(layout.plan, *Plan.__dataclass_fields__))
    ours = replace(plan, identity=stored.identity).mark()
    differs = [name for name, digest in stored.mark().items() if ours[name] != digest]
    if differs:
        raise TrainingError(
            "E303",
            "another search lies there",
            got=f"{layout.root}: another {', '.join(differs)}",
            fix=f"choose another --out, or go on there: evenhand tune --resume {layout.root}",
        )
    return replace(stored, trials=max(stored.trials, plan.trials))


def _save(plan: Plan, layout: SearchLayout) -> None:
    hidden = plan.storage is not None and storage.secret(plan.storage)
    kept = replace(plan, storage=HIDDEN) if hidden else plan
    write_json(layout.plan, kept.to_dict())


def _url(plan: Plan, layout: SearchLayout, given: str | None) -> str:
    url = given or os.environ.get(STORAGE)
    if url is None and plan.storage == HIDDEN:
        raise ConfigError(
            "E110",
            "the storage of this search is named by hand: its URL holds a password",
            got=f"{layout.plan} does not keep it",
            fix="--storage URL, as the search was begun with",
        )
    return url or plan.storage or f"sqlite:///{layout.database.resolve()}"
