"""A new bundle while the old one answers: read beside it, tested, and taken only if it is sound."""

from __future__ import annotations

import asyncio
import gc
import logging
from pathlib import Path

from evenhand.errors import EvenhandError, MissingFileError, ServingError
from evenhand.memory import give_back
from evenhand.serve import ready
from evenhand.serve.batching import Queue
from evenhand.serve.logs import LOG, tell
from evenhand.serve.metrics import Metrics

LOOK = 1.0
"""Seconds between two looks at the file that changes with the bundle."""

Stamp = tuple[int, int, int] | None


class Reloader:
    """Replaces a queue's model when what is at ``path`` changes, or when told to.

    Args:
        path: a run, a bundle or a file of stages.
        queue: whose model it is.
        metrics: count what was taken and refused.
    """

    def __init__(self, path: Path, queue: Queue, metrics: Metrics) -> None:
        self._path, self._queue, self._metrics = path, queue, metrics
        self._asked = asyncio.Event()
        self._seen = stamp(path)

    def ask(self) -> None:
        """Read what is at the path, changed or not."""
        self._asked.set()

    async def work(self) -> None:
        """Look at the path and reload, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK):
                    await self._asked.wait()
            except TimeoutError:
                pass
            now = stamp(self._path)
            if self._asked.is_set() or (now is not None and now != self._seen):
                self._asked.clear()
                self._seen = now
                await self.reload()

    async def reload(self) -> bool:
        """Read, test and take what is at the path; True if it answers from now on.

        Whatever goes wrong, the old model goes on answering.
        """
        reading = asyncio.ensure_future(asyncio.to_thread(self._sound))
        await asyncio.wait([reading])
        fault = reading.exception()
        if fault is None:
            self._queue.replace(reading.result())
            self._metrics.answers(self._queue.model.name)
            self._metrics.reloaded("taken")
            tell("reloaded", model=self._queue.model.name, golden=self._queue.model.golden)
            await asyncio.to_thread(_forget)
            return True
        self._metrics.reloaded("refused")
        if isinstance(fault, EvenhandError):
            said = {"code": fault.code, "what": fault.what}
            tell("reload refused", level=logging.ERROR, model=self._queue.model.name, **said)
        else:
            LOG.error("reload refused", exc_info=fault)
        return False

    def _sound(self) -> ready.Model:
        new, old = ready.load(self._path), self._queue.model
        if new.pipeline.labels != old.pipeline.labels:
            raise ServingError(
                "E513",
                "the new bundle has other labels",
                got=f"{', '.join(new.pipeline.labels.names[:8])}",
                fix="start a new service for it: clients of this one rely on its labels",
            )
        return new


def _forget() -> None:
    """Give the old model's memory back: parts of it hang in cycles, and all of it in holes."""
    gc.collect()
    give_back()


def stamp(path: Path) -> Stamp:
    """Return what tells what is at ``path`` from what was there before; None where nothing is."""
    try:
        found = ready.watched(path).stat()
    except (OSError, MissingFileError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
