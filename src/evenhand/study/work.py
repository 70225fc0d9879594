"""The runs of a study, trained once each, by as many processes as there are."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.errors import StoppedBySignal, TrainingError
from evenhand.evaluate.terminal import number
from evenhand.locks import claim
from evenhand.run import Run, Screen, trained
from evenhand.study.folder import Study


@dataclass(frozen=True)
class Training:
    """One run of a study.

    Args:
        name: of its folder.
        asked: nested settings, as in a run file.
        may_diverge: whether the study goes on without it where its loss is not finite.
    """

    name: str
    asked: Mapping[str, Any]
    may_diverge: bool = False

    def over(self, study: Study) -> bool:
        """Whether nothing is left to train."""
        layout = study.run(self.name)
        return layout.finished or (self.may_diverge and layout.divergence is not None)


def train_all(
    study: Study, trainings: Sequence[Training], *, screen: Screen, jobs: int = 1
) -> dict[str, Run]:
    """Return the finished runs by name, in the order of ``trainings``, after training the missing.

    One that may diverge and has is left out.

    What another process has in hand is left to it, and taken over should that process die. A run
    that was broken off goes on from its newest checkpoint. So the same study may be gone on with
    twice at once, and again after any interruption, and nothing is trained twice.

    Args:
        study: begun.
        trainings: all it needs.
        screen: where to speak: a line a run.
        jobs: processes that work on it, this one included.

    Raises:
        EvenhandError: of the first run that fails here.
    """
    told = _Told(screen, trainings, jobs)
    with stopping(study.root, command=study.kind), _others(study, jobs - 1):
        for wait in (False, True):
            for training in trainings:
                with claim(study.root / "runs" / f"{training.name}.lock", wait=wait) as mine:
                    if mine and not training.over(study):
                        _train(study, training, told)
    layouts = {training.name: study.run(training.name) for training in trainings}
    return {name: Run(layout.root) for name, layout in layouts.items() if layout.finished}


@contextmanager
def stopping(root: Path, *, command: str) -> Iterator[None]:
    """Let a run that is asked to stop say how the whole study goes on."""
    try:
        yield
    except StoppedBySignal as stopped:
        raise StoppedBySignal(stopped.signal, root, step=stopped.step, command=command) from stopped


def _train(study: Study, training: Training, told: _Told) -> None:
    root, screen = study.run(training.name).root, Screen(live=told.screen.live)
    begun = time.monotonic()
    try:
        run = trained(study.sources, training.asked, root, screen=screen)
        figure = f"macro-F1 {number(run.metrics['overall']['macro_f1']['value'])}"
    except TrainingError as error:
        if not (training.may_diverge and error.code == "E301"):
            raise
        figure = f"diverged, not finite: {error.got}"
    told.done(study, f"{training.name}: {figure}", time.monotonic() - begun)


@dataclass
class _Told:
    """What is said after each run: what it is worth, how many are left, how long that takes."""

    screen: Screen
    trainings: Sequence[Training]
    jobs: int
    seconds: float = 0.0
    runs: int = 0

    def done(self, study: Study, what: str, seconds: float) -> None:
        """Say that a run has ended, and how."""
        self.seconds += seconds
        self.runs += 1
        total, over = len(self.trainings), sum(t.over(study) for t in self.trainings)
        left = (total - over) * self.seconds / self.runs / self.jobs
        self.screen.say(
            f"{over:>3} of {total}  {what}, {duration(seconds)}"
            + (f"; about {duration(left)} left" if left else "")
        )


def duration(seconds: float) -> str:
    """Return seconds in words that fit a line: ``42 s``, ``7 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def _others(study: Study, count: int) -> Iterator[None]:
    """Let further processes go on with the study; only what goes wrong there is heard."""
    if count < 1:
        yield
        return
    threads = max(1, (os.cpu_count() or 1) // (count + 1))
    _share_cores(threads)
    command = [sys.executable, "-m", "evenhand", study.kind, "--resume", str(study.root)]
    workers = [
        subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        )
        for _ in range(count)
    ]
    try:
        yield
        for worker in workers:
            worker.wait()
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()


def _share_cores(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
