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

from evenhand.errors import StoppedBySignal
from evenhand.locks import claim
from evenhand.run import Run, Screen, resume, start
from evenhand.run.folder import Layout
from evenhand.run.sources import Sources
from evenhand.study.folder import Study


@dataclass(frozen=True)
class Training:
    """One run of a study.

    Args:
        name: of its folder.
        asked: nested settings, as in a run file.
        sources: what it reads.
    """

    name: str
    asked: Mapping[str, Any]
    sources: Sources


def train_all(
    study: Study, trainings: Sequence[Training], *, screen: Screen, jobs: int = 1
) -> list[Run]:
    """Return the finished runs, in the order of ``trainings``, after training what is missing.

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
    told = _Told(screen, len(trainings), jobs)
    with stopping(study.root, command=study.kind), _others(study, jobs - 1):
        for wait in (False, True):
            for training in trainings:
                with claim(study.root / "runs" / f"{training.name}.lock", wait=wait) as mine:
                    if mine:
                        _train(study.run(training.name), training, told)
    return [Run(study.run(training.name).root) for training in trainings]


@contextmanager
def stopping(root: Path, *, command: str) -> Iterator[None]:
    """Let a run that is asked to stop say how the whole study goes on."""
    try:
        yield
    except StoppedBySignal as stopped:
        raise StoppedBySignal(stopped.signal, root, step=stopped.step, command=command) from stopped


def _train(layout: Layout, training: Training, told: _Told) -> None:
    if layout.findings.is_file():
        return
    begun = time.monotonic()
    screen = Screen(live=told.screen.live)
    if layout.manifest.is_file():
        run = resume(layout.root, screen=screen)
    else:
        run = start(training.sources, dict(training.asked), layout.root, screen=screen)
    told.done(training.name, run, time.monotonic() - begun)


@dataclass
class _Told:
    """What is said after each run: what it is worth, how many are left, how long that takes."""

    screen: Screen
    total: int
    jobs: int
    seconds: float = 0.0
    runs: int = 0

    def done(self, name: str, run: Run, seconds: float) -> None:
        """Say that a run has ended."""
        self.seconds += seconds
        self.runs += 1
        folder = run.folder.parent
        finished = sum((path / "findings.json").is_file() for path in folder.iterdir())
        left = (self.total - finished) * self.seconds / self.runs / self.jobs
        figure = run.metrics["overall"]["macro_f1"]["value"]
        value = "n/a" if figure is None else f"{figure:.3f}"
        self.screen.say(
            f"{finished:>3} of {self.total}  {name}: macro-F1 {value}, {duration(seconds)}"
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
