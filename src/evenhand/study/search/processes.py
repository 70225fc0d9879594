"""Several workers, each a process of its own; one that is killed is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.errors import TrainingError

MOST_DEATHS = 25
"""Workers that may be killed one after the other while nothing gets on at all."""
STORAGE = "EVENHAND_TUNE_STORAGE"
"""Variable by which workers are told the URL of the storage: a command line is for all to see."""


@dataclass
class Workers:
    """The workers of one command.

    Args:
        root: folder of the search.
        jobs: how many at a time.
        progress: counts the finished passes of all trials.
        storage: URL, where it is not the file in the folder.
        until: time after which no trial is begun, in seconds since 1970.
    """

    root: Path
    jobs: int
    progress: Callable[[], int]
    storage: str | None = None
    until: float | None = None
    _running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _deaths: list[int] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> int:
        """Run them until each has ended by itself; return the gravest exit code.

        Ctrl-C asks them to stop at a checkpoint. They do so as well where this process is no
        more: each reads a pipe that then ends.

        Raises:
            TrainingError: E308 where workers are killed again and again, and nothing gets on.
        """
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                return max(pool.map(self._seat, range(self.jobs)))
            finally:
                self._stop()

    def _seat(self, seat: int) -> int:
        """Keep one seat taken: a worker that was killed is followed by another."""
        while (process := self._start(seat)) is not None:
            code = process.wait()
            if process.stdin is not None:
                process.stdin.close()
            if code >= 0:
                return code
            self._mourn(code)
        return 128 + signal.SIGTERM

    def _start(self, seat: int) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._ending.is_set():
                return None
            process = subprocess.Popen(
                self._command(), env=self._environment(os.environ), stdin=subprocess.PIPE
            )
            self._running[seat] = process
            return process

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "evenhand", "tune", "--resume", str(self.root), "--worker"]
        if self.until is not None:
            command += ["--max-time", str(max(round(self.until - time.time()), 1))]
        return command

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Return ours, with each worker's share of the cores unless the user said something."""
        share = max((os.cpu_count() or 1) // self.jobs, 1)
        environment = {"OMP_NUM_THREADS": str(share), **own}
        return environment if self.storage is None else environment | {STORAGE: self.storage}

    def _mourn(self, code: int) -> None:
        self._deaths.append(self.progress())
        last = self._deaths[-MOST_DEATHS:]
        if len(last) == MOST_DEATHS and len(set(last)) == 1:
            self._ending.set()
            raise TrainingError(
                "E308",
                "workers are killed again and again, and nothing gets on",
                got=f"{len(last)} in a row, the last by signal {-code}",
                fix=f"free memory, or fewer --jobs; then evenhand tune --resume {self.root}",
            )

    def _stop(self) -> None:
        """Ask those that still run to stop at a checkpoint."""
        with self._lock:
            self._ending.set()
            for process in self._running.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)


def end_with_parent() -> None:
    """Stop this worker, at a checkpoint if it trains, once the process that started it is gone."""

    def wait() -> None:
        # Not through sys.stdin: its lock, held by this thread, would abort the process at its end.
        os.read(sys.stdin.fileno(), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
