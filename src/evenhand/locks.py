"""Who does what: locks that the system itself lets go when their holder dies, however it dies.

A lock is a file held by ``flock``. Nothing has to be timed out or guessed: a run that is not
finished and whose file nobody holds has lost its worker.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lock:
    """A lock that this process holds.

    Args:
        descriptor: of the open file; closing it lets go.
    """

    descriptor: int

    def release(self) -> None:
        """Let go."""
        os.close(self.descriptor)


def take(path: Path) -> Lock | None:
    """Return the lock of ``path``, or None where another process holds it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Lock(descriptor)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock of ``path`` and hold it as long as the context lasts."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def claim(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold the lock of ``path`` as long as the context lasts, and say whether it could be had.

    Args:
        path: made if it is not there; it stays, empty.
        wait: until whoever holds it lets go.
    """
    if wait:
        with held(path):
            yield True
        return
    lock = take(path)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
